// Puts a server under load: many clients at once send known and new files, and nothing may be lost or there twice. Then the same files go to
// `rclone serve webdav`, which neither hashes nor flushes, from as many clients.
//
//     npm run campaign -- load --seconds 300 --clients 200
//
// --seconds N   so long to our server (default 300); the other one gets the files that ours got
// --clients N   so many at once, 25 to an account (default 200)
// --bytes N     of a file (default 100000)
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { Accounts } from '../../src/serve/users/accounts.ts';
import { numberOf } from './number-of.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '300' },
    clients: { type: 'string', default: '200' },
    bytes: { type: 'string', default: '100000' },
  },
});
const seconds = numberOf(values, 'seconds');
const clients = numberOf(values, 'clients');
const bytes = numberOf(values, 'bytes', 64);

/** An account takes 32 files at once. */
const CLIENTS_OF_ACCOUNT = 25;
/** One of so many is known: the content of an earlier one, under another name. */
const KNOWN_EVERY = 4;

interface Sent {
  readonly account: string;
  readonly number: number;
}

const root = mkdtempSync(join(tmpdir(), 'snapshot-load-'));
const agent = new Agent({ keepAlive: true, maxSockets: clients });

/** Content `number` of an account. */
function contentOf(account: string, number: number): Buffer {
  const own = number % KNOWN_EVERY === KNOWN_EVERY - 1 ? number - 1 : number;
  const head = Buffer.from(`${account} ${own}\n`);
  return Buffer.concat([head, Buffer.alloc(Math.max(0, bytes - head.length), own % 251)]);
}

async function send(method: string, url: string, body: Buffer, token: string): Promise<number> {
  return await new Promise((resolve, reject) => {
    const headers = { Authorization: `Bearer ${token}`, 'Content-Length': body.length };
    const asked = request(url, { method, headers, agent }, (answer) => {
      answer.on('error', reject);
      answer.on('end', () => resolve(answer.statusCode ?? 0));
      answer.resume();
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

async function ours(): Promise<{ readonly sent: readonly Sent[]; readonly rate: number }> {
  const library = join(root, 'library');
  mkdirSync(join(library, 'var'), { recursive: true });
  const accounts = new Accounts(join(library, 'var', 'users.jsonl'));
  const names = Array.from({ length: Math.ceil(clients / CLIENTS_OF_ACCOUNT) }, (_, i) => `a${i}`);
  const tokens = new Map<string, string>();
  for (const name of names) {
    mkdirSync(join(library, 'files', name), { recursive: true });
    mkdirSync(join(library, 'var', 'accounts', name), { recursive: true });
    await accounts.add(name, undefined, new Date());
    tokens.set(name, await accounts.addToken(name, 'all', new Date()));
  }
  const args = ['dist/bin/main.js', 'serve', library, '--listen', '127.0.0.1:0', '--json', '--min-free', '0'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const url = await urlIn(child);
    const sent: Sent[] = [];
    const times: number[] = [];
    const next = new Map<string, number>();
    const begun = performance.now();
    const client = async (_: unknown, i: number): Promise<void> => {
      const account = names[i % names.length] ?? '';
      while (performance.now() - begun < seconds * 1000) {
        const number = next.get(account) ?? 0;
        next.set(account, number + 1);
        const at = performance.now();
        const target = `${url}/upload?name=${number % 50}/${number}`;
        const status = await send('POST', target, contentOf(account, number), tokens.get(account) ?? '');
        if (status !== 200 && status !== 201) throw new Error(`${account} ${number}: status ${status}`);
        times.push(performance.now() - at);
        sent.push({ account, number });
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
    const rate = (sent.length * bytes) / (performance.now() - begun);
    times.sort((a, b) => a - b);
    const ms = (share: number): string => `${Math.round(times[Math.floor(times.length * share)] ?? 0)} ms`;
    const peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024;
    process.stdout.write(
      `serve: ${sent.length} files, ${(rate / 1000).toFixed(1)} MB/s, half of them within ${ms(0.5)}, 99 % within ${ms(0.99)}, ` +
        `memory ${Math.round(peak)} MiB at most\n`,
    );
    lookAt(library, sent);
    return { sent, rate };
  } finally {
    child.kill('SIGTERM');
  }
}

function hashOf(account: string, content: Buffer): string {
  return `${account} ${createHash('sha256').update(content).digest('hex')}`;
}

/** Each content that was answered for is there, once. */
function lookAt(library: string, sent: readonly Sent[]): void {
  const wanted = new Set(sent.map(({ account, number }) => hashOf(account, contentOf(account, number))));
  const there = new Set<string>();
  for (const account of readdirSync(join(library, 'files'))) {
    const top = join(library, 'files', account);
    for (const entry of readdirSync(top, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const one = hashOf(account, readFileSync(join(entry.parentPath, entry.name)));
      if (there.has(one)) throw new Error(`"${entry.name}" of ${account} is there twice`);
      if (!wanted.delete(one)) throw new Error(`nobody has sent "${entry.name}" of ${account}`);
      there.add(one);
    }
  }
  if (wanted.size > 0) throw new Error(`${wanted.size} contents are lost`);
  process.stdout.write(`${there.size} contents, each is there once, and nothing else\n`);
}

async function rclone(sent: readonly Sent[]): Promise<number> {
  const folder = join(root, 'rclone');
  for (const { account, number } of sent)
    mkdirSync(join(folder, account, String(number % 50)), { recursive: true });
  const args = ['serve', 'webdav', folder, '--addr', '127.0.0.1:0'];
  const child = spawn('rclone', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    const url = await new Promise<string>((resolve, reject) => {
      child.on('error', reject);
      child.stderr.on('data', (text: Buffer) => {
        const found = /http:\/\/[\d.]+:\d+/.exec(text.toString())?.[0];
        if (found !== undefined) resolve(found);
      });
    });
    const left = [...sent];
    const begun = performance.now();
    const client = async (): Promise<void> => {
      for (let one = left.pop(); one !== undefined; one = left.pop()) {
        const target = `${url}/${one.account}/${one.number % 50}/${one.number}`;
        const status = await send('PUT', target, contentOf(one.account, one.number), '');
        if (status !== 201 && status !== 204) throw new Error(`rclone: ${one.number}: status ${status}`);
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
    return (sent.length * bytes) / (performance.now() - begun);
  } finally {
    child.kill('SIGTERM');
  }
}

async function urlIn(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('it says nothing');
  for await (const line of createInterface({ input: child.stdout })) {
    const { url } = JSON.parse(line) as { url?: string };
    if (url !== undefined) return url;
  }
  throw new Error('it has ended');
}

try {
  const { sent, rate } = await ours();
  const other = await rclone(sent);
  process.stdout.write(
    `rclone serve webdav: ${(other / 1000).toFixed(1)} MB/s; ours is ${(rate / other).toFixed(2)} times that\n`,
  );
} catch (error) {
  process.stdout.write(`FAULT: ${String(error)}\n`);
  process.exitCode = 1;
} finally {
  agent.destroy();
  rmSync(root, { recursive: true, force: true });
}
