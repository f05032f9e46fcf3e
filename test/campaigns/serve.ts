// Proves that a server may be killed at any moment under uploads: each file is whole or not there, and it knows which.
//
//     npm run campaign -- serve --rounds 500 --seed 7
//
// --rounds N   so many times it is killed (default 500)
// --seed N     when it is killed follows from it; the machine's speed has a say as well (default 1)
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { KilledLibrary } from '../support/killed-library.ts';
import { numberOf } from './number-of.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '500' }, seed: { type: 'string', default: '1' } },
});
const rounds = numberOf(values, 'rounds');
const seed = numberOf(values, 'seed', 0);
const root = mkdtempSync(join(tmpdir(), 'snapshot-campaign-'));
const library = new KilledLibrary(join(process.cwd(), 'dist', 'cli', 'main.js'), root, seed);

function tell(): void {
  const { kills, stored, unanswered, parts } = library.count;
  process.stdout.write(
    `${kills} of ${rounds} kills, seed ${seed}: ${stored} files answered for, ${unanswered} times one was there that no answer had come for, ` +
      `${parts} parts removed\n`,
  );
}

try {
  await library.begin();
  for (let round = 1; round <= rounds; round++) {
    await library.round();
    if (round % 25 === 0) tell();
  }
  await library.end();
  tell();
  process.stdout.write('each file was whole or not there, and the journal agreed\n');
  rmSync(root, { recursive: true, force: true });
} catch (error) {
  tell();
  process.stdout.write(`FAULT, seed ${seed}, all of it is in ${root}: ${String(error)}\n`);
  process.exitCode = 1;
}
