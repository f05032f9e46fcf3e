// Lets the n-th file call of a run fail, for n = 1, 2, 3, … until the run does not come so far: once, and from then
// on; in each night of a small series. After SQLite's tests, see https://sqlite.org/testing.html#i_o_error_testing
//
//     npm run campaign:faults -- --step 7 --faults EIO,kill
//
// --step N     only each N-th call, the first one drawn by the seed (default 1: all)
// --faults A,B some kinds only (default: all, see fault-plan.ts)
// --kinds N    1: tar.zst with hard links; 2: zip too; 3: without hard links too (default 3)
// --seed N     (default 1)
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { randomOf } from '../history.ts';
import { lookAt } from '../trees.ts';
import { plan } from './fault-calls.ts';
import { type Fault, FAULTS } from './fault-plan.ts';
import type { Kind, Tree } from './proofs.ts';
import { type Ended, KINDS, SmallSeries } from './small-series.ts';

const { values } = parseArgs({
  options: {
    step: { type: 'string', default: '1' },
    faults: { type: 'string', default: Object.keys(FAULTS).join(',') },
    kinds: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
  },
});
const random = randomOf(Number(values.seed));
const PRELOAD = fileURLToPath(new URL('fault-calls.js', import.meta.url));
const ONE_RUN = fileURLToPath(new URL('one-run.js', import.meta.url));

const found: string[] = [];
let injected = 0;
let runs = 0;

/** All faults of one kind in all nights. */
async function campaign(kind: Kind): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'snapshot-faults-'));
  try {
    const series = new SmallSeries(root, kind);
    for (let night = 0; night < SmallSeries.nights; night++) {
      series.begin();
      const tree = lookAt(series.source);
      if (night === SmallSeries.nights - 1) cutShort(series, kind);
      series.save(join(root, 'base'));
      const known = new Map(series.trees);
      const before = injected;
      for (const fault of values.faults.split(',') as Fault[]) {
        for (const lasts of fault === 'kill' || fault === 'delay' ? [false] : [false, true])
          await sweep(series, kind, { fault, lasts }, tree, known);
      }
      process.stdout.write(
        `${kind.format}${kind.links ? '' : ', no links'}, ${series.title}: ${injected - before} faults\n`,
      );
      series.restore(join(root, 'base'));
      await settle(series, tree, known, 'without a fault', 0);
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** The run before this one was killed when some of its archives were finished. */
function cutShort(series: SmallSeries, kind: Kind): void {
  series.save(join(series.root, 'whole'));
  for (let n = 10; ; n += 10) {
    series.restore(join(series.root, 'whole'));
    if (!killAt(series, kind, n)) throw new Error('no archive is finished before the run is');
    if (series.finished() >= 2) return;
  }
}

/** @returns Whether the run came so far. */
function killAt(series: SmallSeries, kind: Kind, n: number): boolean {
  const args = ['--import', PRELOAD, ONE_RUN, series.root, `${series.night}`, `${n}`, JSON.stringify(kind)];
  const { signal, status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (signal === 'SIGKILL') return true;
  if (status !== 0) throw new Error(`one run ended with ${status}: ${stderr}`);
  return false;
}

async function sweep(
  series: SmallSeries,
  kind: Kind,
  { fault, lasts }: { fault: Fault; lasts: boolean },
  tree: Tree,
  known: ReadonlyMap<string, Tree>,
): Promise<void> {
  const step = Number(values.step);
  for (let n = 1 + random(step); ; n += step) {
    series.restore(join(series.root, 'base'));
    series.reset(known);
    const where = `${series.title}, ${fault}${lasts ? ' lasting' : ''} at ${n}`;
    let ended: Ended | undefined;
    let isHit: boolean;
    if (fault === 'kill') isHit = killAt(series, kind, n);
    else {
      plan.arm(fault, n, lasts);
      ended = await series.run();
      isHit = plan.disarm() > 0;
    }
    if (!isHit) return;
    injected++;
    const faults = series.faultsAfter(known, tree, ended);
    if (faults.length > 0) tell(where, faults);
    await settle(series, tree, known, where, 1);
  }
}

/** The next run needs no hand. */
async function settle(
  series: SmallSeries,
  tree: Tree,
  known: ReadonlyMap<string, Tree>,
  where: string,
  later: number,
): Promise<void> {
  runs++;
  const ended = await series.run(later);
  const faults = await series.faultsAtRest(known, tree, ended);
  if (faults.length > 0) tell(`${where}, then`, faults);
}

function tell(where: string, faults: readonly string[]): void {
  for (const fault of faults) {
    found.push(fault);
    process.stdout.write(`FAULT ${where}: ${fault}\n`);
  }
}

for (const kind of KINDS.slice(0, Number(values.kinds))) await campaign(kind);
process.stdout.write(
  `${injected} faults injected, ${runs} runs after them, seed ${values.seed}: ${found.length} broke a promise\n`,
);
process.exitCode = found.length > 0 ? 1 : 0;
