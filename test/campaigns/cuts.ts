// Cuts the line to a server for SFTP, loses an answer, takes the server away, or kills the run, at its n-th request, for n = 1, 2, 3, …
// until the run does not come so far; in each night of a small series. No snapshot may be lost, and the next run needs no hand.
//
//     npm run campaign -- cuts --step 5 --cuts lost,killed
//
// --step N     only each N-th request, the first one drawn by the seed (default 1: all)
// --cuts A,B   some kinds only: lost, done, away, killed (default: all)
// --format F   tar.zst or zip (default tar.zst)
// --plain      of a server that has only what the protocol says
// --seed N     (default 1)
import { parseArgs } from 'node:util';
import { type Cut, CUTS } from '../support/servers/cut-ssh.ts';
import { CutSweep } from './cut-sweep.ts';
import { numberOf } from './number-of.ts';

const { values } = parseArgs({
  options: {
    step: { type: 'string', default: '1' },
    cuts: { type: 'string', default: CUTS.join(',') },
    format: { type: 'string', default: 'tar.zst' },
    plain: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
  },
});
const { format } = values;
if (format !== 'tar.zst' && format !== 'zip') throw new Error(`--format ${format}: use tar.zst or zip`);
const isCut = (name: string): name is Cut => CUTS.some((cut) => cut === name);
const cuts = values.cuts.split(',').map((name) => {
  if (!isCut(name)) throw new Error(`--cuts ${name}: use some of ${CUTS.join(',')}`);
  return name;
});
const sweep = new CutSweep({
  seed: numberOf(values, 'seed', 0),
  step: numberOf(values, 'step'),
  cuts,
  tell: (line) => process.stdout.write(`${line}\n`),
});
await sweep.play(format, values.plain);
process.stdout.write(`${sweep.injected} cuts, seed ${values.seed}: ${sweep.broken.length} broke a promise\n`);
// A campaign that did nothing has shown nothing.
process.exitCode = sweep.broken.length > 0 || sweep.injected === 0 ? 1 : 0;
