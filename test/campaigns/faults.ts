// Lets the n-th file call of a run fail, for n = 1, 2, 3, … until the run does not come so far: once, and from then
// on; in each night of a small series. After SQLite's tests, see https://sqlite.org/testing.html#i_o_error_testing
//
//     npm run campaign -- faults --step 7 --faults EIO,kill
//     TMPDIR=/dev/shm npm run campaign -- faults --share 1/2
//
// In memory, as in the second line, it takes half of the time: no fault of this kind asks what a disk does.
//
// --step N     only each N-th call, the first one drawn by the seed (default 1: all)
// --share I/N  the I-th of N equal parts of the work, for N processes at once (default 1/1)
// --faults A,B some kinds only (default: all, see fault-plan.ts)
// --kinds N    1: tar.zst with hard links; 2: zip too; 3: without hard links too (default 3)
// --from N     begins with that kind (default 1)
// --seed N     (default 1)
import { parseArgs } from 'node:util';
import { type Fault, FAULTS } from './fault-plan.ts';
import { FaultSweep } from './fault-sweep.ts';
import { numberOf } from './number-of.ts';
import { KINDS } from './small-series.ts';

const { values } = parseArgs({
  options: {
    step: { type: 'string', default: '1' },
    share: { type: 'string', default: '1/1' },
    faults: { type: 'string', default: Object.keys(FAULTS).join(',') },
    kinds: { type: 'string', default: '3' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
  },
});
const say = (line: string): boolean => process.stdout.write(`${line}\n`);
const [number = 1, of = 1] = values.share.split('/').map(Number);
if (!(Number.isInteger(number) && Number.isInteger(of) && number >= 1 && number <= of))
  throw new Error(`--share ${values.share}: use something like 1/2`);
const isFault = (name: string): name is Fault => Object.hasOwn(FAULTS, name);
const faults = values.faults.split(',').map((name) => {
  if (!isFault(name)) throw new Error(`--faults ${name}: use some of ${Object.keys(FAULTS).join(',')}`);
  return name;
});
const sweep = new FaultSweep({
  seed: numberOf(values, 'seed', 0),
  step: numberOf(values, 'step'),
  share: { number, of },
  faults,
  tell: say,
});
const kinds = numberOf(values, 'kinds', 1, KINDS.length);
for (const kind of KINDS.slice(numberOf(values, 'from', 1, kinds) - 1, kinds)) await sweep.play(kind);
const { injected, runs, broken } = sweep;
say(
  `${injected} faults injected, ${runs} runs after them, seed ${values.seed}: ${broken.length} broke a promise`,
);
// A campaign that did nothing has shown nothing.
process.exitCode = broken.length > 0 || injected === 0 ? 1 : 0;
