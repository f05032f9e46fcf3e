// A server that is killed under uploads at any moment, and all that has to be true after that.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';
import { Accounts } from '../../src/serve/users/accounts.ts';
import { homeVariables, NODE } from './command.ts';
import { randomOf } from './history.ts';

/** What was done, and how often. */
export interface LibraryKills {
  kills: number;
  /** Answers that said that a file is there. */
  stored: number;
  /** Files that were there whole although no answer came. */
  unanswered: number;
  /** Starts that found a part, and removed it. */
  parts: number;
}

const CLIENTS = 6;
/** Files that are uploaded under two names. */
const TWIN_EVERY = 7;

export class KilledLibrary {
  readonly count: LibraryKills = { kills: 0, stored: 0, unanswered: 0, parts: 0 };
  readonly #main: string;
  readonly #root: string;
  readonly #random: (below: number) => number;
  /** Names of which an answer said that their content is there. */
  readonly #answered = new Set<number>();
  readonly #tried = new Set<number>();
  #token = '';
  #next = 0;

  /** @param main - The built command. @param root - An empty folder. */
  constructor(main: string, root: string, seed: number) {
    this.#main = main;
    this.#root = root;
    this.#random = randomOf(seed);
  }

  /** Makes the library. */
  async begin(): Promise<void> {
    mkdirSync(join(this.#root, 'files', 'anna'), { recursive: true });
    mkdirSync(join(this.#root, 'var', 'accounts', 'anna', 'parts'), { recursive: true });
    const accounts = new Accounts(join(this.#root, 'var', 'users.jsonl'));
    await accounts.add('anna', undefined, new Date());
    this.#token = await accounts.addToken('anna', 'all', new Date());
  }

  /** Serves, uploads, and kills. Throws when anything is not as it must be. */
  async round(): Promise<void> {
    // Some die while they start.
    const early = this.#random(8) === 0 ? this.#random(600) : undefined;
    const { child, url } = await this.#start(early);
    try {
      if (url !== '') {
        await this.#compare(url);
        const clients = Array.from({ length: CLIENTS }, async () => await this.#upload(url));
        const timer = setTimeout(() => child.kill('SIGKILL'), this.#random(400));
        await Promise.all(clients);
        clearTimeout(timer);
      }
    } finally {
      child.kill('SIGKILL');
    }
    if (child.exitCode === null && child.signalCode === null)
      await new Promise((resolve) => {
        child.once('exit', resolve);
      });
    this.count.kills++;
    this.#look();
  }

  /** Starts it once more, and looks at everything. */
  async end(): Promise<void> {
    const { child, url } = await this.#start(undefined);
    await this.#compare(url);
    child.kill('SIGTERM');
    await new Promise((resolve) => {
      child.once('exit', resolve);
    });
  }

  async #start(
    killAfterMs: number | undefined,
  ): Promise<{ readonly child: ChildProcess; readonly url: string }> {
    const args = [this.#main, 'serve', this.#root, '--listen', '127.0.0.1:0', '--json', '--min-free', '0'];
    const env = { ...process.env, ...homeVariables(this.#root) };
    const child = spawn(NODE, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const timer =
      killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    this.count.parts += this.#parts().length;
    for await (const line of createInterface({ input: child.stdout })) {
      const event = JSON.parse(line) as {
        event: string;
        url?: string;
        problems?: unknown[];
        removed?: number;
      };
      if (event.event === 'sync' && (event.problems?.length !== 0 || event.removed !== 0))
        throw new Error(line);
      if (event.url === undefined) continue;
      clearTimeout(timer);
      if (this.#parts().length > 0) throw new Error('a part has stayed');
      return { child, url: event.url };
    }
    clearTimeout(timer);
    return { child, url: '' };
  }

  async #upload(url: string): Promise<void> {
    for (;;) {
      const number = this.#next++;
      this.#tried.add(number);
      const status = await this.#post(url, `/upload?name=${nameOf(number)}`, contentOf(number)).catch(
        () => 0,
      );
      if (status === 0) return;
      if (status !== 201 && status !== 200) throw new Error(`${nameOf(number)}: status ${status}`);
      this.#answered.add(number);
      this.count.stored++;
    }
  }

  async #post(url: string, path: string, body: Buffer): Promise<number> {
    return await new Promise((resolve, reject) => {
      const headers = { Authorization: `Bearer ${this.#token}`, 'Content-Length': body.length };
      const asked = request(`${url}${path}`, { method: 'POST', headers }, (answer) => {
        answer.on('error', reject);
        answer.on('end', () => resolve(answer.statusCode ?? 0));
        answer.resume();
      });
      asked.on('error', reject);
      asked.end(body);
    });
  }

  /** Every file is whole, none is there twice, and none is missing of which an answer said that it is there. */
  #look(): void {
    const contents = new Set<string>();
    for (const name of this.#names()) {
      const number = numberIn(name);
      const content = readFileSync(join(this.#root, 'files', 'anna', name));
      if (!content.equals(contentOf(number)))
        throw new Error(`"${name}" is not whole: ${content.length} bytes`);
      const text = content.subarray(0, 20).toString();
      if (contents.has(text)) throw new Error(`the content of "${name}" is there twice`);
      contents.add(text);
      if (!this.#answered.has(number)) this.count.unanswered++;
    }
    for (const number of this.#answered)
      if (!contents.has(contentOf(number).subarray(0, 20).toString()))
        throw new Error(`"${nameOf(number)}" is lost`);
  }

  /** The journal says what the folder has. */
  async #compare(url: string): Promise<void> {
    const response = await fetch(`${url}/v1/changes?after=0`, {
      headers: { Authorization: `Bearer ${this.#token}` },
    });
    const lines = (await response.text()).trim().split('\n');
    const entries = lines.map((line) => JSON.parse(line) as { path?: string; size?: number });
    const said = entries.flatMap(({ path, size }) => (path === undefined ? [] : [`${path} ${size ?? ''}`]));
    const there = this.#names().map((name) => `${name} ${contentOf(numberIn(name)).length}`);
    if (!isDeepStrictEqual(said.toSorted(), there.toSorted())) throw new Error('journal and folder differ');
  }

  #names(): readonly string[] {
    const names = readdirSync(join(this.#root, 'files', 'anna'), { recursive: true, encoding: 'utf8' });
    return names.filter((name) => name.endsWith('.bin'));
  }

  #parts(): readonly string[] {
    return readdirSync(join(this.#root, 'var', 'accounts', 'anna', 'parts'));
  }
}

function nameOf(number: number): string {
  return `${number % 5}/${number}.bin`;
}

function numberIn(name: string): number {
  return Number(/(\d+)\.bin$/.exec(name)?.[1]);
}

/** Some are the same as the one before. */
function contentOf(number: number): Buffer {
  const own = number % TWIN_EVERY === 0 && number > 0 ? number - 1 : number;
  return Buffer.from(`content ${own}\n`.padEnd(20).repeat(1 + ((own * 7919) % 9973)));
}
