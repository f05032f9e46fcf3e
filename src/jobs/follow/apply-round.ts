// Does what was planned: takes what is here and moves away, fetches the rest, four at once, and removes what is gone.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BytePath } from '../../tree/path.ts';
import { eachOf } from './each-of.ts';
import { problemOf } from './file-problem.ts';
import { PartFile } from './part-file.ts';
import type { FromHere, RoundPlan, ToFetch } from './plan-round.ts';
import type { RemoteFile } from './remote-changes.ts';
import type { RoundTools } from './round-tools.ts';
import { copyPart, takeHere } from './take-here.ts';

export type RoundCount = Record<'fetched' | 'bytes' | 'copied' | 'moved' | 'retimed' | 'removed', number>;

/** So many files arrive at once. */
const AT_ONCE = 4;

export class RoundRun {
  readonly #tools: RoundTools;
  readonly #plan: RoundPlan;
  readonly #onFetched: (files: number, bytes: number) => void;
  readonly count: RoundCount = { fetched: 0, bytes: 0, copied: 0, moved: 0, retimed: 0, removed: 0 };
  /** What could not be done, and why. */
  readonly failed: Map<BytePath, string> = new Map();
  #arriving = 0;

  /** @param onFetched - Told of what has arrived so far. */
  constructor(tools: RoundTools, plan: RoundPlan, onFetched: (files: number, bytes: number) => void) {
    this.#tools = tools;
    this.#plan = plan;
    this.#onFetched = onFetched;
  }

  /** @throws SnapshotError for what stands against all files; what was done by then is whole. */
  async go(): Promise<void> {
    const { gone, leave, fromHere, retimes } = this.#plan;
    const toFetch: ToFetch[] = [...this.#plan.toFetch];
    const place = async (one: FromHere, part: string | undefined): Promise<void> => {
      if (part === undefined) toFetch.push({ ...one.file, files: [one.file] });
      else if (await this.#placeMade(part, one.file)) this.count[one.isMove ? 'moved' : 'copied'] += 1;
    };
    const taken: (readonly [FromHere, string | undefined])[] = [];
    try {
      for (const one of fromHere) if (one.isEarly) taken.push([one, await this.#take(one)]);
      // First: a folder may be wanted where a file was.
      for (const path of gone) await this.#remove(path, false);
      for (const [one, part] of taken) await place(one, part);
    } finally {
      for (const [, part] of taken) if (part !== undefined) await rm(part, { force: true });
    }
    const copies = fromHere.filter(({ isEarly }) => !isEarly);
    await eachOf(copies, AT_ONCE, async (one) => await place(one, await this.#take(one)));
    await eachOf(toFetch, AT_ONCE, async (one) => await this.#fetch(one));
    const isStuck = new Set(
      fromHere.flatMap(({ file, from }) => (this.failed.has(file.path) ? from.path : [])),
    );
    for (const path of leave) if (!isStuck.has(path)) await this.#remove(path, true);
    for (const file of retimes)
      if (await this.#does(file.path, async () => await this.#tools.placer.retime(file)))
        this.count.retimed += 1;
  }

  async #take(one: FromHere): Promise<string | undefined> {
    let part: string | undefined;
    await this.#does(one.file.path, async () => {
      part = await takeHere(one, this.#tools);
    });
    // It is fetched then.
    if (part === undefined) this.failed.delete(one.file.path);
    return part;
  }

  async #remove(path: BytePath, isMoved: boolean): Promise<void> {
    const isDone = await this.#does(path, async () => await this.#tools.placer.remove(path, isMoved));
    if (isDone && !isMoved) this.count.removed += 1;
  }

  async #place(part: string, file: RemoteFile): Promise<boolean> {
    const isMoved = this.#plan.moved.has(file.path);
    return await this.#does(file.path, async () => await this.#tools.placer.place(part, file, isMoved));
  }

  /** Of a part that was made here: the next try makes it anew. */
  async #placeMade(part: string, file: RemoteFile): Promise<boolean> {
    try {
      return await this.#place(part, file);
    } finally {
      await rm(part, { force: true });
    }
  }

  async #fetch({ files, size, blake3 }: ToFetch): Promise<void> {
    const [first, ...others] = files;
    if (first === undefined) return;
    const part = join(this.#tools.fetching, blake3);
    if (!(await this.#does(first.path, async () => await this.#arrive(first, part)))) {
      for (const { path } of others) this.failed.set(path, this.failed.get(first.path) ?? '');
      return;
    }
    for (const file of others) {
      let copy = '';
      const isCopied = await this.#does(file.path, async () => {
        copy = await copyPart(part, file, this.#tools);
      });
      if (isCopied && (await this.#placeMade(copy, file))) this.count.copied += 1;
    }
    if (await this.#place(part, first)) {
      this.count.fetched += 1;
      this.count.bytes += size;
    }
    this.#onFetched(this.count.fetched, this.count.bytes + this.#arriving);
  }

  /** Fetches a part, flushed. @returns Why it is not what it is to be, if it is not. */
  async #arrive(file: RemoteFile, at: string): Promise<string | undefined> {
    const { blake3, client, signal, room } = this.#tools;
    const own = room.forOne(() => 0);
    const part = await PartFile.open(at, blake3, signal);
    let counted = 0;
    const allow = async (bytes: number): Promise<void> => {
      await own.allow(bytes);
      this.#arriving += bytes - counted;
      counted = bytes;
      this.#onFetched(this.count.fetched, this.count.bytes + this.#arriving);
    };
    try {
      for (let isAnew = part.size === 0; ; isAnew = true) {
        const why = await client.fetch(file, part, allow);
        if (why !== undefined) return why;
        if (part.digest() === file.blake3) break;
        await part.empty();
        if (isAnew) return 'what the server sends is not what it says: its BLAKE3 is another one';
        // What was here of it may have been damaged: once more.
      }
      await part.flush(file.modifiedMs);
      return undefined;
    } finally {
      this.#arriving -= counted;
      own.release();
      await part.close();
    }
  }

  /** Does something to a file. @param work - Says why it was not done, if it was not. @returns Whether it was. */
  async #does(path: BytePath, work: () => Promise<string | void>): Promise<boolean> {
    this.#tools.signal.throwIfAborted();
    let why: string | void;
    try {
      why = await work();
    } catch (error) {
      this.#tools.signal.throwIfAborted();
      why = problemOf(error, this.#tools.library.files);
    }
    if (typeof why !== 'string') return true;
    this.failed.set(path, why);
    return false;
  }
}
