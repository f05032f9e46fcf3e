// How long a server with a large library takes to start, and to say what of many contents it has.
//
//     npm run campaign -- large-library --files 500000
//
// --files N   in the library, small ones (default 500000)
// --starts N  times it is started once it knows them (default 5)
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { loadBlake3 } from '../../src/hash/blake3.ts';
import { Accounts } from '../../src/serve/users/accounts.ts';
import { numberOf } from './number-of.ts';

const { values } = parseArgs({
  options: { files: { type: 'string', default: '500000' }, starts: { type: 'string', default: '5' } },
});
const files = numberOf(values, 'files', 1000);
const starts = numberOf(values, 'starts');
const IN_FOLDER = 1000;
/** Contents that are asked for at once, half of them there. */
const ASKED = 1000;
const CHECKS = 9;

const root = mkdtempSync(join(tmpdir(), 'snapshot-large-'));
const library = join(root, 'library');
const blake3 = await loadBlake3();

async function make(): Promise<string> {
  const top = join(library, 'files', 'anna');
  mkdirSync(join(library, 'var', 'accounts', 'anna'), { recursive: true });
  for (let i = 0; i < files; i++) {
    const folder = join(top, String(Math.floor(i / IN_FOLDER)));
    if (i % IN_FOLDER === 0) mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, String(i)), `file ${i}\n`);
  }
  const accounts = new Accounts(join(library, 'var', 'users.jsonl'));
  await accounts.add('anna', undefined, new Date());
  return await accounts.addToken('anna', 'all', new Date());
}

interface Started {
  readonly child: ChildProcess;
  readonly lines: AsyncIterator<string>;
  readonly url: string;
}

async function start(): Promise<Started> {
  const args = ['dist/bin/main.js', 'serve', library, '--listen', '127.0.0.1:0', '--json', '--min-free', '0'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { url } = JSON.parse(await lineWith(lines, '"serving"')) as { url: string };
  return { child, lines, url };
}

async function lineWith(lines: AsyncIterator<string>, text: string): Promise<string> {
  for (;;) {
    const { value, done } = await lines.next();
    if (done === true) throw new Error('it has ended');
    if (value.includes(text)) return value;
  }
}

/** Milliseconds of one check, in which every other content is there. */
async function check(url: string, token: string, seed: number): Promise<number> {
  const asked = Array.from({ length: ASKED }, (_, id) => {
    const i = (id * 7919 + seed * 104_729) % files;
    const content = Buffer.from(`${id % 2 === 0 ? 'file' : 'none'} ${i}\n`);
    return { id, size: content.length, blake3: Buffer.from(blake3.hash(content)).toString('hex') };
  });
  const body = JSON.stringify({ files: asked });
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const begun = performance.now();
  const answer = await fetch(`${url}/v1/check`, { method: 'POST', headers, body });
  const { files: told } = (await answer.json()) as { files: readonly { status: string }[] };
  const ms = performance.now() - begun;
  const have = told.filter(({ status }) => status === 'have').length;
  if (have !== ASKED / 2) throw new Error(`${have} of ${ASKED / 2} are known`);
  return ms;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

try {
  const token = await make();
  const first = await start();
  first.child.kill('SIGTERM');
  await once(first.child, 'exit');
  for (let n = 0; n < starts; n++) {
    const begun = performance.now();
    const { child, lines, url } = await start();
    const listens = performance.now() - begun;
    await lineWith(lines, '"sync"');
    const seen = performance.now() - begun;
    const times: number[] = [];
    for (let i = 0; i < CHECKS; i++) times.push(await check(url, token, n * CHECKS + i));
    const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024;
    process.stdout.write(
      `${files} files: listens after ${(listens / 1000).toFixed(1)} s, has looked at all after ${(seen / 1000).toFixed(1)} s, ` +
        `a check of ${ASKED} in ${Math.round(median(times))} ms, memory ${Math.round(peak)} MiB at most\n`,
    );
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
