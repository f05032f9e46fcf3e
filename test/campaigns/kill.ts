// Proves that a run may be killed at any moment: nothing that was whole is lost, and the next run needs no hand.
//
//     npm run campaign -- kill --rounds 500 --seed 7
//
// --rounds N   so many runs are killed (default 500)
// --seed N     the trees, and how far each run comes, follow from it; the machine's speed has a say as well (default 1)
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { KilledPlace } from '../support/killed.ts';
import { numberOf } from './number-of.ts';

/** Every so many kills, one run is left alone, and everything is looked at. */
const KILLS_PER_CHECK = 5;

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '500' }, seed: { type: 'string', default: '1' } },
});
const rounds = numberOf(values, 'rounds');
const seed = numberOf(values, 'seed', 0);
const root = mkdtempSync(join(tmpdir(), 'snapshot-campaign-'));
const place = new KilledPlace(join(process.cwd(), 'dist', 'cli', 'main.js'), root, seed, 300);

function tell(done: number): void {
  const { kills, hits, locked, unfinished, snapshots, restores } = place.count;
  process.stdout.write(
    `${done} of ${rounds} rounds, seed ${seed}: ${kills} kills, ${hits} of a run at work (${locked} left a lock, ` +
      `${unfinished} an unfinished snapshot); ${snapshots} times a snapshot was still there, ${restores} restores\n`,
  );
}

try {
  await place.begin();
  for (let round = 1; round <= rounds; round++) {
    await place.kill();
    if (round % KILLS_PER_CHECK === 0 || round === rounds) await place.check();
    if (round % 25 === 0) tell(round);
  }
  tell(rounds);
  process.stdout.write('nothing was lost\n');
  rmSync(root, { recursive: true, force: true });
} catch (error) {
  tell(rounds);
  process.stdout.write(`FAULT, seed ${seed}, all of it is in ${root}: ${String(error)}\n`);
  process.exitCode = 1;
}
