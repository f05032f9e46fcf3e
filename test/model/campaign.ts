// Proves, step by step, that a series is what a model of it says, whatever happens.
//
//     npm run campaign -- model --steps 20000 --seed 7
//
// --steps N    at least so many steps (default 10000)
// --seed N     what happens follows from it (default 1)
import { parseArgs } from 'node:util';
import * as fc from 'fast-check';
import { numberOf } from '../campaigns/number-of.ts';
import type { Tally } from './model.ts';
import { prove } from './play.ts';
import { histories } from './steps.ts';

const { values } = parseArgs({
  options: { steps: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
});
const steps = numberOf(values, 'steps');
const seed = numberOf(values, 'seed', 0);
const tally: Tally = {};
let played = 0;
let faults = 0;

for (; (tally['steps'] ?? 0) < steps && faults === 0; played++) {
  const [history = []] = fc.sample(histories, { seed: seed * 1_000_000 + played, numRuns: 1 });
  try {
    await prove(history, tally);
  } catch (error) {
    faults++;
    const what = error instanceof Error ? error.message : String(error);
    process.stdout.write(`FAULT in history ${played} of seed ${seed}, at step ${tally['steps']}: ${what}\n`);
  }
  if (played % 5 === 4) process.stdout.write(`${tally['steps']} of ${steps} steps\n`);
}
const counts = Object.entries(tally).map(([what, times]) => `${what} ${times}`);
process.stdout.write(`seed ${seed}: ${played} histories, ${counts.join(', ')}: ${faults} faults\n`);
process.exitCode = faults > 0 ? 1 : 0;
