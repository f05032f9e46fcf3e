// Breaks the sources of a room in every small way that Stryker knows, and sees whether the room's tests notice.
//
//     npm run mutate -- ROOM [--fresh] [--at FILE[:LINE-LINE]] [--threads N]
//
// --fresh       forgets what an earlier run found; without it only what changed since is tried again
// --at FILE     this source only, or these lines of it
// --threads N   so many at a time (1)
//
// Each survivor is a line, and `.stryker/ROOM.html` shows all in their places; the last line is the room's row of the table in docs/reliability.md. Exit code 1 when the
// score is below 85%.
import { mkdirSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';
import { ROOMS, type Room } from './mutate-rooms.ts';
import { numberOf } from './number-of.ts';

/** Of the mutants that can be noticed, so many are. */
const LEAST_SCORE = 85;
/** What Stryker remembers, and where it works; not committed. */
const FOLDER = '.stryker';

type Mutant = Awaited<ReturnType<Stryker['runMutationTest']>>[number];

/** @param at - This source only. @param threads - So many at a time. */
async function tryRoom(room: Room, at: string | undefined, threads: number): Promise<readonly Mutant[]> {
  process.env['SNAPSHOT_MUTATE_TESTS'] = room.tests.map((glob) => `src/${glob}`).join('\n');
  const sources = at === undefined ? room.sources.map((glob) => `src/${glob}`) : [at];
  const stryker = new Stryker({
    mutate: [...sources, '!src/**/*.test.ts', '!src/**/*.lab.ts'],
    plugins: ['@stryker-mutator/vitest-runner'],
    testRunner: 'vitest',
    vitest: { configFile: 'test/campaigns/mutate.config.ts', related: false },
    concurrency: threads,
    incremental: at === undefined,
    incrementalFile: `${FOLDER}/${room.name}.json`,
    tempDirName: `${FOLDER}/sandbox`,
    reporters: ['html'],
    htmlReporter: { fileName: `${FOLDER}/${room.name}.html` },
    logLevel: 'warn' as never,
    ignorePatterns: ['/test/dist', '/bench'],
    // Stryker reads it by TypeScript's older interface, which version 7 has not; nothing in it needs a change.
    tsconfigFile: 'none',
    disableTypeChecks: 'src/**/*.ts',
    allowConsoleColors: false,
    thresholds: { high: 100, low: LEAST_SCORE, break: null },
  });
  return await stryker.runMutationTest();
}

function survivorLine({ fileName, location, mutatorName, replacement, status }: Mutant): string {
  const to = (replacement ?? '').replaceAll(/\s+/g, ' ').slice(0, 100);
  const unseen = status === 'NoCoverage' ? ' (no test comes by)' : '';
  const { line, column } = location.start;
  return `${fileName}:${line}:${column} ${mutatorName} -> ${to}${unseen}`;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    at: { type: 'string' },
    fresh: { type: 'boolean', default: false },
    threads: { type: 'string', default: '1' },
  },
});
const rooms = ROOMS.filter(({ name }) => positionals.includes(name));
if (rooms.length === 0 || rooms.length < positionals.length) {
  process.stderr.write(`Rooms: ${ROOMS.map(({ name }) => name).join(' ')}\n`);
  process.exitCode = 2;
}
mkdirSync(FOLDER, { recursive: true });
for (const room of rooms) {
  if (values.fresh) rmSync(`${FOLDER}/${room.name}.json`, { force: true });
  const mutants = await tryRoom(room, values.at, numberOf(values, 'threads'));
  const counted = mutants.filter(({ status }) => !['Ignored', 'CompileError'].includes(status));
  const same = mutants.filter(({ status }) => status === 'Ignored').length;
  const alive = counted.filter(({ status }) => !['Killed', 'Timeout', 'RuntimeError'].includes(status));
  for (const mutant of alive) process.stdout.write(`${survivorLine(mutant)}\n`);
  const killed = counted.length - alive.length;
  const score = counted.length === 0 ? 0 : (100 * killed) / counted.length;
  process.stdout.write(
    `| ${room.name} | ${mutants.length} | ${killed} | ${alive.length} | ${same} | ${score.toFixed(1)}% |\n`,
  );
  if (score < LEAST_SCORE) process.exitCode = 1;
}
