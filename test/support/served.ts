// A served folder, and curl against it.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { JsonEvent, Running } from './command.ts';
import { Accounts } from '../../src/serve/users/accounts.ts';
import type { Scope } from '../../src/serve/users/secrets.ts';
import { Place } from './place.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly json: Readonly<Record<string, unknown>>;
}

export class Served {
  readonly place: Place;
  readonly folder: string;
  url = '';
  #running: Running | undefined;
  readonly #more: readonly string[];

  private constructor(more: readonly string[]) {
    this.place = Place.open();
    this.folder = this.place.path('library');
    this.#more = more;
  }

  /** One that ends with the test, with an account `anna`. @param more - Options of `serve`. */
  static async open(more: readonly string[] = [], account: readonly string[] = []): Promise<Served> {
    const served = new Served(more);
    await served.command(['user', 'add', served.folder, 'anna', ...account]);
    await served.start();
    onTestFinished(async () => {
      await served.stop();
    });
    return served;
  }

  /** Runs `snapshot serve ...args`; what it prints. */
  async command(args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.place.command(['serve', ...args]);
    if (status !== 0) throw new Error(`serve ${args.join(' ')}: status ${status}\n${stdout}${stderr}`);
    return stdout.trim();
  }

  async token(scope: Scope = 'all', account = 'anna'): Promise<string> {
    // In this process, which takes a tenth of the time; that the command does it is asked elsewhere.
    const accounts = new Accounts(join(this.folder, 'var', 'users.jsonl'));
    return await accounts.addToken(account, scope, new Date());
  }

  /** @returns What the first look at each account came to. */
  async start(): Promise<readonly JsonEvent[]> {
    const listen = this.#more.includes('--listen') ? [] : ['--listen', '127.0.0.1:0'];
    const minFree = this.#more.includes('--min-free') ? [] : ['--min-free', '0'];
    this.#running = this.place.start(['serve', this.folder, '--json', ...listen, ...minFree, ...this.#more]);
    const accounts = new Accounts(join(this.folder, 'var', 'users.jsonl'));
    await accounts.refresh();
    const running = this.#running;
    const event = async (is: (one: JsonEvent) => boolean): Promise<JsonEvent> =>
      JSON.parse(await running.line((line) => is(JSON.parse(line) as JsonEvent))) as JsonEvent;
    this.url = String((await event((one) => one.event === 'serving'))['url']);
    const names = accounts.accounts.map(({ name }) => name);
    return await Promise.all(
      names.map(async (name) => await event((one) => one.event === 'sync' && one['account'] === name)),
    );
  }

  /** Ends it as Ctrl-C does. @returns Its exit status. */
  async stop(): Promise<number | null> {
    this.#running?.child.kill('SIGTERM');
    return (await this.#running?.ended)?.status ?? null;
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    this.#running?.child.kill('SIGKILL');
    await this.#running?.ended;
  }

  /** Everything it has written to its terminal, once it has ended. */
  async said(): Promise<string> {
    const { stdout = '', stderr = '' } = (await this.#running?.ended) ?? {};
    return stdout + stderr;
  }

  /** Runs `curl ...args`, `token` in its header. @param path - With the query. */
  async curl(path: string, token: string | undefined, args: readonly string[] = []): Promise<Answer> {
    const header = token === undefined ? [] : ['-H', `Authorization: Bearer ${token}`];
    return await curl([...header, ...args, `${this.url}${path}`]);
  }

  /** A file of the account. */
  file(path: string, account = 'anna'): string {
    return join(this.folder, 'files', account, path);
  }

  /** Writes a file of the account, as somebody on the server would. */
  write(path: string, content: string | Uint8Array, account = 'anna'): string {
    const file = this.file(path, account);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  }

  /** SHA-256 by path of all that an account has. */
  holds(account = 'anna'): Readonly<Record<string, string>> {
    const root = join(this.folder, 'files', account);
    const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).toSorted();
    const files = names.filter((name) => statSync(join(root, name)).isFile());
    return Object.fromEntries(files.map((name) => [name, sha256(readFileSync(join(root, name)))]));
  }

  /** What is arriving. */
  parts(account = 'anna'): readonly string[] {
    return readdirSync(join(this.folder, 'var', 'accounts', account, 'parts'));
  }
}

export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Runs curl; its answer has status 0 when there is none. */
export async function curl(args: readonly string[]): Promise<Answer> {
  const child = spawn('curl', ['-sS', '-w', '\n%{http_code}', '--path-as-is', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const out: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const text = Buffer.concat(out).toString();
  const end = text.lastIndexOf('\n');
  const body = text.slice(0, end);
  let json: Readonly<Record<string, unknown>> = {};
  try {
    json = JSON.parse(body) as typeof json;
  } catch {
    // It is no JSON.
  }
  return { status: Number(text.slice(end + 1)), body, json };
}
