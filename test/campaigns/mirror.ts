// Proves that a mirror may be killed and stopped at any moment while its source changes: nothing that was mirrored is lost.
//
//     npm run campaign -- mirror --kills 200 --seed 7
//
// --kills N   so many watches are killed (default 200)
// --seed N    what happens to the source follows from it; when, from the machine (default 1)
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { LivingTree, randomOf } from '../support/history.ts';
import { allContentsOf, contentsOf, differencesOf } from '../support/mirrored.ts';
import { numberOf } from './number-of.ts';

const { values } = parseArgs({
  options: { kills: { type: 'string', default: '200' }, seed: { type: 'string', default: '1' } },
});
const [kills, seed] = [numberOf(values, 'kills'), numberOf(values, 'seed', 0)];
const main = join(process.cwd(), 'dist', 'cli', 'main.js');
const root = mkdtempSync(join(tmpdir(), 'snapshot-campaign-'));
const [source, mirror] = [join(root, 'source'), join(root, 'mirrors', 'data')];
const env = { ...process.env, HOME: root, XDG_STATE_HOME: root };
const random = randomOf(seed);
const tree = new LivingTree(source, seed);
const settled = new Set<string>();
const faults: string[] = [];
let stops = 0;

mkdirSync(source);
const plan = join(root, 'plan.csv');
writeFileSync(plan, 'source,destination,name,strategy\nsource,mirrors,data,mirror\n');
tree.change(60);

for (let round = 1; round <= kills && faults.length === 0; round++) {
  await watchAndKill();
  // What was not finished goes on half of the time with the next watch, and half of the time with a run.
  if (random(2) === 0 || round === kills) look(round);
  if (round % 25 === 0)
    process.stdout.write(`${round} of ${kills} kills, ${stops} stops, ${settled.size} contents\n`);
}
for (const fault of faults) process.stdout.write(`FAULT, all of it is in ${root}: ${fault}\n`);
process.stdout.write(
  `${kills} kills, ${stops} stops, seed ${seed}, ${settled.size} contents: ${faults.length === 0 ? 'nothing was lost' : 'see above'}\n`,
);
process.exitCode = faults.length === 0 ? 0 : 1;
if (faults.length === 0) rmSync(root, { recursive: true });

/** The source changes while a watch is at work, which is stopped and killed. */
async function watchAndKill(): Promise<void> {
  const watch = spawn(process.execPath, [main, 'watch', '--quiet', '--accept-changes', '--plan', plan], {
    env,
    stdio: 'ignore',
  });
  const ended = once(watch, 'close');
  for (let i = 1 + random(6); i > 0; i--) {
    await delay(random(700));
    tree.change(1 + random(8));
    if (random(5) === 0) {
      stops++;
      watch.kill('SIGSTOP');
      tree.change(3);
      await delay(random(300));
      watch.kill('SIGCONT');
    }
  }
  await delay(random(500));
  watch.kill('SIGKILL');
  await ended;
}

/** A run has to put everything right without a hand. */
function look(round: number): void {
  const args = [main, 'run', '--quiet', '--accept-changes', '--plan', plan];
  const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
  if (status !== 0) faults.push(`round ${round}: status ${status}: ${stderr}`);
  faults.push(...differencesOf(source, mirror).map((one) => `round ${round}: ${one}`));
  for (const hash of contentsOf(source)) settled.add(hash);
  const kept = allContentsOf(mirror);
  for (const hash of settled) if (!kept.has(hash)) faults.push(`round ${round}: the content ${hash} is lost`);
}
