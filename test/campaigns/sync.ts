// Proves that a sync may be cut or killed at any of its requests to a server: no content is lost, and the next one needs no hand.
//
//     npm run campaign -- sync --rounds 1000 --seed 7
//
// --rounds N   so many syncs are tried to be cut (default 1000)
// --seed N     the trees follow from it (default 1)
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CutSync } from '../support/cut-sync.ts';
import { type Cut, CUTS } from '../support/servers/cut-ssh.ts';
import { numberOf } from './number-of.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '1000' }, seed: { type: 'string', default: '1' } },
});
const rounds = numberOf(values, 'rounds');
const seed = numberOf(values, 'seed', 0);
const root = mkdtempSync(join(tmpdir(), 'snapshot-campaign-'));
// The past is kept at home.
process.env['HOME'] = process.env['XDG_STATE_HOME'] = join(root, 'home');
const main = join(process.cwd(), 'dist', 'cli', 'main.js');
const servers = [false, true].map((isBare) => new CutSync(main, join(root, String(isBare)), seed, isBare));
const counts: Record<Cut, number> = { lost: 0, done: 0, away: 0, killed: 0 };

/** Cuts at one request after the other, on each server, until no sync comes so far; and again. */
async function play(): Promise<void> {
  for (let round = 0, n = 1; round < rounds; n++) {
    let isHit = false;
    for (const server of servers)
      for (const how of CUTS) {
        round++;
        if (!(await server.round(n, how))) continue;
        counts[how]++;
        isHit = true;
      }
    if (!isHit) n = 0;
    if (n % 10 === 0) tell(round);
  }
}

function tell(round: number): void {
  const { lost, done, away, killed } = counts;
  process.stdout.write(
    `${round} of ${rounds} rounds, seed ${seed}: ${lost} requests lost, ${done} answers lost, ${away} times away, ${killed} kills\n`,
  );
}

try {
  await play();
  tell(rounds);
  process.stdout.write('nothing was lost, and no sync needed a hand\n');
  rmSync(root, { recursive: true, force: true });
} catch (error) {
  tell(rounds);
  process.stdout.write(`FAULT, seed ${seed}, all of it is in ${root}: ${String(error)}\n`);
  process.exitCode = 1;
}
