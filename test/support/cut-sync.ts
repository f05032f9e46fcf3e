// Syncs with a server whose line is cut at a request, and all that has to be true after the next one.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { isDeepStrictEqual } from 'node:util';
import { LivingTree, randomOf } from './history.ts';
import { type Cut, cutSsh } from './servers/cut-ssh.ts';
import { bring, differences, keptBy, lost } from './synced.ts';

export class CutSync {
  readonly #root: string;
  readonly #main: string;
  readonly #isBare: boolean;
  readonly #random: (below: number) => number;
  readonly #trees: readonly LivingTree[];
  readonly #here: string;
  readonly #there: string;
  #cuts = 0;

  /**
   * @param main - The module that the command begins with.
   * @param isBare - Of a server that has only what the protocol says.
   */
  constructor(main: string, root: string, seed: number, isBare: boolean) {
    this.#main = main;
    this.#root = root;
    this.#isBare = isBare;
    this.#random = randomOf(seed);
    [this.#here, this.#there] = [join(root, 'here'), join(root, 'there')];
    for (const folder of [this.#here, this.#there]) mkdirSync(folder, { recursive: true });
    this.#trees = [new LivingTree(this.#here, seed), new LivingTree(this.#there, seed + 1)];
  }

  /**
   * Both sides change, and a sync is cut at its `n`-th request; the next one has to put all right.
   * @returns Whether it came so far.
   */
  async round(n: number, how: Cut): Promise<boolean> {
    for (const tree of this.#trees) tree.change(1 + this.#random(6));
    const [here, there] = [this.#here, this.#there];
    const before = keptBy(here, there);
    const mark = join(this.#root, `cut-${(this.#cuts += 1)}`);
    // What it says of itself matters less than what the next sync finds.
    const ended = await (how === 'killed' ? this.#command(n, mark) : this.#sync(n, how, mark)).catch(
      (error: unknown) => error,
    );
    const isCut = existsSync(mark);
    rmSync(mark, { force: true });
    if (!isCut && ended instanceof Error) throw ended;
    expectNone('lost by the cut', lost(before, here, there));
    const result = await this.#sync(0, how, mark);
    expectNone('in trouble', result.troubles);
    expectNone('not the same', differences(here, there, result));
    expectNone('lost', lost(before, here, there));
    const again = await this.#sync(0, how, mark);
    const left = again.actions.filter(({ decision }) => decision.do !== 'apart');
    expectNone('left to do', left);
    return isCut;
  }

  /** A sync in a process of its own. */
  async #command(n: number, mark: string): Promise<void> {
    const args = [this.#main, 'sync', this.#here, this.#address, '--accept-changes', '--json'];
    const env = { ...process.env, SNAPSHOT_SSH: cutSsh({ n, how: 'killed', mark, isBare: this.#isBare }) };
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    const [told, [status, signal]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    if (signal !== 'SIGKILL' && status !== 0) throw new Error(`the sync ended with ${status}: ${told}`);
  }

  async #sync(n: number, how: Cut, mark: string): ReturnType<typeof bring> {
    process.env['SNAPSHOT_SSH'] = cutSsh({ n, how, mark, isBare: this.#isBare });
    return await bring(this.#here, this.#address);
  }

  get #address(): string {
    return `sftp://host${this.#there}`;
  }
}

function expectNone(what: string, found: readonly unknown[]): void {
  if (!isDeepStrictEqual(found, [])) throw new Error(`${what}: ${JSON.stringify(found)}`);
}
