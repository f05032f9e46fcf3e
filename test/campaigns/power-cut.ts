// Cuts the power after each thing that a run does to a destination, keeps any part of what was not flushed, and
// looks whether the promises hold: for each night of a small series.
//
//     npm run campaign -- power-cut --luck 5 --seed 1
//
// --luck N     disks tried for each moment, besides those on which all was kept, nothing, and renames only (default 3)
// --every N    only every N-th moment (default 1: all)
// --kinds N    1: tar.zst with hard links; 2: zip too; 3: without hard links too (default 3)
// --seed N     (default 1)
// --flushes    leaves out one flush of the program after the other, and shows which promise breaks then
import { parseArgs } from 'node:util';
import { numberOf } from './number-of.ts';
import { PowerCuts } from './power-cuts.ts';
import { KINDS } from './small-series.ts';

const { values } = parseArgs({
  options: {
    luck: { type: 'string', default: '3' },
    every: { type: 'string', default: '1' },
    kinds: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    flushes: { type: 'boolean', default: false },
  },
});
const say = (line: string): boolean => process.stdout.write(`${line}\n`);
const power = new PowerCuts({
  seed: numberOf(values, 'seed', 0),
  luck: numberOf(values, 'luck', 0),
  every: numberOf(values, 'every'),
  tell: say,
});
for (const kind of KINDS.slice(0, numberOf(values, 'kinds', 1, KINDS.length))) {
  const told = power.faults.length;
  await (values.flushes ? power.leaveOut(kind) : power.cut(kind));
  for (const fault of power.faults.slice(told)) say(`FAULT ${fault}`);
}
for (const [site, fault] of power.flushes)
  say(`without the flush in ${site}: ${fault?.slice(0, 160) ?? 'nothing breaks'}`);
// A flush that nothing needs is not there for nothing: it costs time.
const spare = [...power.flushes.values()].filter((fault) => fault === undefined).length;
const broken = power.faults.length + spare;
say(
  `${power.cuts} power cuts, ${power.disks} different disks, seed ${values.seed}: ${broken} broke a promise`,
);
process.exitCode = broken > 0 ? 1 : 0;
