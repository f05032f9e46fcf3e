// Proves that a source that never holds still is stored as it was at some moment, file by file, or named.
//
//     npm run campaign -- moving --seconds 60 --seed 7
//
// --seconds N   so long the command runs again and again, while three processes churn its source (default 60)
// --seed N      what they do follows from it; when, from the machine (default 1)
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { end, startChurning } from '../support/churn.ts';
import { ChurnedPlace } from '../support/churned.ts';
import { startWriting } from '../support/large-churn.ts';
import { numberOf } from './number-of.ts';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' } },
});
const seconds = numberOf(values, 'seconds');
const seed = numberOf(values, 'seed', 0);
/** 32 MiB in each large file: reading it takes longer than the pauses between writes. */
const CHUNKS = 512;
const root = mkdtempSync(join(tmpdir(), 'snapshot-campaign-'));
const place = new ChurnedPlace(join(process.cwd(), 'dist', 'cli', 'main.js'), root, CHUNKS);
const [small, large] = ['small', 'large'].map((name) => join(place.source, name));
mkdirSync(small ?? '');
mkdirSync(large ?? '');
const churners = [
  await startChurning(small ?? '', seed, 200, 1000),
  // Some are larger than one piece.
  await startChurning(large ?? '', seed + 1, 4, 150_000),
  await startWriting(place.large, seed + 2, CHUNKS),
];

function tell(): void {
  const { runs, snapshots, files, changed, again, largeChanged } = place.count;
  process.stdout.write(
    `seed ${seed}: ${runs} runs, ${snapshots} snapshots, ${files} files looked at, ${changed} named as changed; ` +
      `large ones: ${again} times caught in the middle of a change, ${largeChanged} of them named in the end\n`,
  );
}

try {
  const until = performance.now() + seconds * 1000;
  while (performance.now() < until) {
    place.run();
    if (place.count.runs % 10 === 0) tell();
  }
  place.verify();
  tell();
  process.stdout.write('every file is stored as it was at one moment, or named\n');
} catch (error) {
  tell();
  process.stdout.write(`FAULT, all of it is in ${root}: ${String(error)}\n`);
  process.exitCode = 1;
} finally {
  for (const churner of churners) await end(churner);
}
if (process.exitCode !== 1) rmSync(root, { recursive: true, force: true });
