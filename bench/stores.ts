// Measures snapshot and restic side by side on real servers, over a line that counts what goes over it, and takes its time.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { spreadOf } from './compare.ts';
import { FAR_SERVERS, type FarCaseId, farRestic, type FarServer, farSnapshot } from './far-tools.ts';
import { digits, formatCount, formatSpread, formatTable, megabytes, MISSING } from './format.ts';
import { flushDisks, measure } from './measure.ts';
import { mutate } from './mutate.ts';
import type { Options } from './options.ts';
import type { Traffic } from './relay.ts';

const RELAY = fileURLToPath(new URL('relay.js', import.meta.url));

const CASES: readonly (readonly [FarCaseId, string])[] = [
  ['first', 'first run'],
  ['nothing', 'nothing changed'],
  ['changed', '1% of files changed'],
  ['restore', 'full restore'],
];

interface FarSample extends Traffic {
  readonly seconds: number;
}

/** One case on one server, round by round. */
export interface FarResult {
  readonly server: string;
  readonly isHttp: boolean;
  readonly title: string;
  readonly own: readonly FarSample[];
  readonly restic: readonly FarSample[];
}

interface Line {
  readonly port: number;
  /** What went over it by now. */
  readonly traffic: () => Promise<Traffic>;
  readonly close: () => Promise<void>;
}

/** So long nothing goes over a line of which all is counted. */
const QUIET_MS = 300;

async function openLine(port: number, delayMs: number, work: string): Promise<Line> {
  const notes = join(work, 'traffic.json');
  writeFileSync(notes, JSON.stringify({ sent: 0, received: 0, requests: 0 } satisfies Traffic));
  const child = spawn(process.execPath, [RELAY, String(port), String(delayMs), notes], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [first] = (await once(createInterface(child.stdout), 'line')) as [string];
  return {
    port: Number(first),
    traffic: async () => {
      for (let before = ''; ;) {
        const text = readFileSync(notes, 'utf8');
        if (text === before && text !== '') return JSON.parse(text) as Traffic;
        before = text;
        await wait(QUIET_MS + delayMs);
      }
    },
    close: async () => {
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
    },
  };
}

type StoreOptions = Pick<Options, 'work' | 'runs' | 'main' | 'delayMs'> & {
  readonly tree: string;
  readonly progress: (message: string) => void;
};

/** Server after server: in each round each tool begins anew, sees the same changes, and restores. */
export async function runStores(options: StoreOptions): Promise<readonly FarResult[]> {
  const results: FarResult[] = [];
  for (const [i, start] of FAR_SERVERS.entries()) {
    const server = await start();
    const line = await openLine(server.port, options.delayMs, options.work);
    try {
      results.push(...(await measureServer(server, line, i * options.runs, options)));
    } finally {
      await line.close();
      await server.stop();
    }
  }
  return results;
}

async function measureServer(
  server: FarServer,
  line: Line,
  roundsBefore: number,
  options: StoreOptions,
): Promise<readonly FarResult[]> {
  const { work, tree, main, runs, progress } = options;
  const { title, isHttp } = server;
  const results = CASES.map(([id, name]) => ({
    id,
    title: name,
    own: [] as FarSample[],
    restic: [] as FarSample[],
  }));
  for (let round = 1; round <= runs; round++) {
    const [mine, theirs] = ['own', 'restic'].map((name) => join(work, 'state', name));
    if (mine === undefined || theirs === undefined) throw new Error();
    for (const folder of [mine, theirs]) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
    }
    const tools = [
      ['own', farSnapshot(main, server.own(line.port, `own${round}`), tree, mine)],
      ['restic', farRestic(server.restic(line.port, `restic${round}`), tree, theirs)],
    ] as const;
    for (const [, tool] of tools) {
      const command = tool.prepare();
      if (command !== undefined) measure(command, work);
    }
    for (const result of results) {
      if (result.id === 'changed') mutate(tree, { fraction: 0.01, round: roundsBefore + round });
      // Another tool goes first each time.
      for (const [name, tool] of round % 2 === 1 ? tools : tools.toReversed()) {
        flushDisks();
        const before = await line.traffic();
        const { seconds } = measure(tool.commands[result.id], work);
        const after = await line.traffic();
        result[name].push({
          seconds,
          sent: after.sent - before.sent,
          received: after.received - before.received,
          requests: after.requests - before.requests,
        });
        progress(`${title}, ${result.title}, ${round} of ${runs}: ${tool.title}, ${seconds.toFixed(2)} s`);
      }
    }
    rmSync(join(work, 'state'), { recursive: true, force: true });
  }
  return results.map(({ title: name, own, restic }) => ({ server: title, isHttp, title: name, own, restic }));
}

const HEADINGS = [
  'server',
  'case',
  'tool',
  'time',
  'sent',
  'received',
  'requests',
  'snapshot takes',
  'requests of snapshot',
];

/** A table, with the ratios within each round. Pure. */
export function formatStores(results: readonly FarResult[]): string {
  return formatTable(
    HEADINGS,
    results.flatMap((result) => [rowOf(result, 'own'), rowOf(result, 'restic')]),
  );
}

function rowOf(result: FarResult, tool: 'own' | 'restic'): string[] {
  const samples = result[tool];
  const of = (figure: (sample: FarSample) => number): number | undefined =>
    spreadOf(samples.map(figure))?.median;
  const ratio = (figure: (sample: FarSample) => number): string =>
    formatSpread(spreadOf(result.own.map((one, i) => figure(one) / figure(result.restic[i] ?? one))), 'x');
  const isPeer = tool === 'restic';
  return [
    result.server,
    result.title,
    isPeer ? 'restic' : 'snapshot',
    formatSpread(spreadOf(samples.map(({ seconds }) => seconds)), ' s', digits),
    `${megabytes(of(({ sent }) => sent) ?? 0)} MB`,
    `${megabytes(of(({ received }) => received) ?? 0)} MB`,
    result.isHttp ? formatCount(of(({ requests }) => requests) ?? 0) : MISSING,
    isPeer ? ratio(({ seconds }) => seconds) : '',
    isPeer && result.isHttp ? ratio(({ requests }) => requests) : '',
  ];
}
