// Cuts the power after each thing that a run does to a destination, keeps any part of what was not flushed, and
// looks whether the promises hold: for each night of a small series.
//
//     npm run campaign:power-cut -- --luck 5 --seed 1
//
// --luck N     disks tried for each moment, besides that on which all was kept and that on which nothing was (default 3)
// --every N    only every N-th moment (default 1: all)
// --kinds N    1: tar.zst with hard links; 2: zip too; 3: without hard links too (default 3)
// --seed N     (default 1)
// --flushes    leaves out one flush of the program after the other, and shows which promise breaks then
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { randomOf } from '../history.ts';
import { lookAt } from '../trees.ts';
import { copyTree } from './copy-tree.ts';
import { CrashStates, type Luck } from './crash-state.ts';
import { Journal } from './journal.ts';
import { KINDS, SmallSeries } from './small-series.ts';

const { values } = parseArgs({
  options: {
    luck: { type: 'string', default: '3' },
    every: { type: 'string', default: '1' },
    kinds: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    flushes: { type: 'boolean', default: false },
  },
});
const random = randomOf(Number(values.seed));
const journal = new Journal();

/** Of a million. */
const draw = (): number => random(1_000_000) / 1_000_000;

/** Each change is lost, kept or torn. */
const mixed: Luck = () => [0, 1, draw()][random(3)] ?? 0;

/** All is kept; nothing is; anything. */
const lucks: readonly Luck[] = [
  () => 1,
  () => 0,
  ...Array.from({ length: Number(values.luck) }, () => mixed),
];

const found: string[] = [];
let cuts = 0;
let disks = 0;
/** For each flush that was left out, what broke without it. */
const broken = new Map<string, string | undefined>();

async function campaign(kind: (typeof KINDS)[number]): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'snapshot-power-'));
  try {
    const series = new SmallSeries(root, kind);
    for (let night = 0; night < SmallSeries.nights; night++) {
      series.begin();
      await playNight(series, kind);
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function playNight(series: SmallSeries, kind: (typeof KINDS)[number]): Promise<void> {
  const { root, destination } = series;
  const tree = lookAt(series.source);
  const known = new Map(series.trees);
  // A destination that is not there yet has a parent that is.
  mkdirSync(join(root, 'disk'), { recursive: true });
  series.save(join(root, 'base'));
  const base = join(root, 'before');
  rmSync(base, { recursive: true, force: true });
  mkdirSync(base);
  copyTree(join(root, 'disk'), base);
  journal.begin();
  const ended = await series.run();
  const states = new CrashStates(join(root, 'disk'), base, journal.end());
  const faults = await series.faultsAtRest(known, tree, ended);
  tell(`${series.title}, undisturbed`, faults);
  const after = new Map(series.trees);
  series.save(join(root, 'after'));

  const before = cuts;
  const seen = new Set<string>();
  const look = async (deeds: number, luck: Luck, without?: string): Promise<readonly string[]> => {
    const state = states.after(deeds, luck, without);
    cuts++;
    const key = `${state.key()} ${deeds === states.length}`;
    if (seen.has(key)) return [];
    seen.add(key);
    disks++;
    rmSync(destination, { recursive: true, force: true });
    rmSync(join(root, 'disk'), { recursive: true, force: true });
    mkdirSync(join(root, 'disk'));
    state.write(join(root, 'disk'));
    series.reset(known);
    const wrong = series.faultsAfter(known, tree, undefined);
    if (deeds === states.length) wrong.push(...series.faultsOfEnded(ended));
    if (wrong.length > 0 || without !== undefined) return wrong;
    return await series.faultsAtRest(known, tree, await series.run(1));
  };

  if (values.flushes) {
    for (const site of states.sites()) {
      broken.set(site, broken.get(site) ?? (await firstFault(states, look, series.title, site)));
    }
  } else {
    for (let deeds = 0; deeds <= states.length; deeds += Number(values.every)) {
      for (const luck of lucks) {
        tell(`${series.title}, power cut after ${deeds} of ${states.length}`, await look(deeds, luck));
      }
    }
  }
  process.stdout.write(
    `${kind.format}${kind.links ? '' : ', no links'}, ${series.title}: ${states.length} deeds, ${cuts - before} cuts\n`,
  );
  series.restore(join(root, 'after'));
  series.reset(after);
}

/** What breaks first when the flush at `site` does nothing. */
async function firstFault(
  states: CrashStates,
  look: (deeds: number, luck: Luck, without: string) => Promise<readonly string[]>,
  night: string,
  site: string,
): Promise<string | undefined> {
  for (let deeds = 0; deeds <= states.length; deeds++) {
    for (const luck of lucks) {
      const [fault] = await look(deeds, luck, site);
      if (fault !== undefined) return `${night}: ${fault.split('\n')[0]}`;
    }
  }
  return undefined;
}

function tell(where: string, faults: readonly string[]): void {
  for (const fault of faults) {
    found.push(fault);
    process.stdout.write(`FAULT ${where}: ${fault}\n`);
  }
}

for (const kind of KINDS.slice(0, Number(values.kinds))) await campaign(kind);
for (const [site, fault] of broken) {
  process.stdout.write(`without the flush in ${site}: ${fault?.slice(0, 160) ?? 'nothing breaks'}\n`);
  // One that nothing needs is not there for nothing: it costs time.
  if (fault === undefined) found.push(site);
}
process.stdout.write(
  `${cuts} power cuts, ${disks} different disks, seed ${values.seed}: ${found.length} broke a promise\n`,
);
process.exitCode = found.length > 0 ? 1 : 0;
