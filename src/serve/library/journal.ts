// The journal of a library: append-only lines in one file. It is what was seen; the folder is the truth, so a line that is lost
// costs the hashing of a file, and nothing else.
import { EventEmitter } from 'node:events';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { reasonOf, SnapshotError, systemCode } from '../../base/errors.ts';
import type { BytePath } from '../../tree/path.ts';
import { flushFolder } from '../../store/attempt.ts';
import { type Held, Holdings } from './holdings.ts';
import { type Change, headLine, lineOf, parseLine } from './journal-lines.ts';

/** Fewer outdated lines than this are not worth writing it anew. */
const FEW_LINES = 1000;

export class Journal {
  readonly holdings: Holdings = new Holdings();
  /** Emits `change` when {@link told} is another one. */
  readonly changed: EventEmitter = new EventEmitter();
  readonly #file: string;
  /** Paths that are gone, with the number of that change. */
  readonly #removed = new Map<BytePath, number>();
  #handle: FileHandle | undefined;
  #last = 0;
  #told = 0;
  #forgotten = 0;
  #lines = 0;
  /** Lines that are not in the file yet. */
  #pending = '';
  #flushing: Promise<void> | undefined;
  #failure: unknown;

  private constructor(file: string) {
    this.#file = file;
    // One for each who follows.
    this.changed.setMaxListeners(0);
  }

  /**
   * Opens the journal in `file`, and makes it when it is missing. Lines that cannot be read are passed over.
   *
   * @throws {@link SnapshotError} `E_STORE` when the file can be neither read nor made.
   */
  static async open(file: string): Promise<Journal> {
    const journal = new Journal(file);
    try {
      await rm(`${file}.part`, { force: true });
      await journal.#read();
      const { size } = journal.holdings;
      if (journal.#lines === 0 || journal.#lines > 2 * size + FEW_LINES) await journal.#writeAnew();
      journal.#handle = await open(file, 'a', 0o600);
      // One that was killed may not have come to that.
      await journal.#handle.datasync();
      journal.#told = journal.#last;
      // Where the last line has no end, the next one must not become a part of it.
      journal.#pending = '\n';
      return journal;
    } catch (cause) {
      throw new SnapshotError('E_STORE', `Cannot use the journal "${file}": ${reasonOf(cause)}`, { cause });
    }
  }

  /** Number of the last change. */
  get last(): number {
    return this.#last;
  }

  /**
   * Number of the last change that is on the disk. Who follows is told of no other: a power cut would take back its number, and give it to
   * a change that this one would never hear of.
   */
  get told(): number {
    return this.#told;
  }

  /** Why lines are not in the file; undefined when all of them are. They are tried again with each further one. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Records files that are there now. @returns When the lines are on the disk, or could not be written, see {@link failure}. */
  async put(files: readonly Omit<Held, 'n'>[]): Promise<void> {
    for (const file of files) this.#add({ do: 'put', held: { ...file, n: ++this.#last } });
    await this.#flush();
  }

  /** Records files that are there no more. */
  async remove(paths: readonly BytePath[]): Promise<void> {
    for (const path of paths) this.#add({ do: 'remove', path, n: ++this.#last });
    await this.#flush();
  }

  /**
   * What has changed after change number `after`, up to {@link told}, each path once, in the order of the numbers. `reset` when removals
   * are not known so far back: then these are all files.
   */
  changes(after: number): { readonly reset: boolean; readonly changes: readonly Change[] } {
    // A number that was never given: of another library, or of lines that a power cut took.
    const reset = after > 0 && (after < this.#forgotten || after > this.#told);
    const from = reset ? 0 : after;
    const isAsked = ({ n }: { readonly n: number }): boolean => n > from && n <= this.#told;
    const put = [...this.holdings.all()].filter(isAsked).map((held) => ({ do: 'put', held }) as const);
    const removed = [...this.#removed].map(([path, n]) => ({ do: 'remove', path, n }) as const);
    const all: readonly Change[] = [...put, ...(reset ? [] : removed.filter(isAsked))];
    return { reset, changes: all.toSorted((a, b) => numberOf(a) - numberOf(b)) };
  }

  async close(): Promise<void> {
    await this.#flush();
    await this.#handle?.close();
    this.#handle = undefined;
  }

  #add(change: Change): void {
    this.#apply(change);
    this.#pending += lineOf(change);
  }

  #apply(change: Change): void {
    this.#lines += 1;
    this.#last = Math.max(this.#last, numberOf(change));
    if (change.do === 'put') {
      this.holdings.put(change.held);
      this.#removed.delete(change.held.path);
    } else {
      this.holdings.remove(change.path);
      this.#removed.set(change.path, change.n);
    }
  }

  /** One flush for all lines that have come by then. */
  async #flush(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
    if (this.#pending === '') return;
    this.#flushing = this.#write().finally(() => (this.#flushing = undefined));
    await this.#flushing;
  }

  async #write(): Promise<void> {
    const text = this.#pending;
    const last = this.#last;
    this.#pending = '';
    try {
      await this.#handle?.appendFile(text);
      await this.#handle?.datasync();
      this.#failure = undefined;
      this.#told = last;
      this.changed.emit('change');
    } catch (error) {
      this.#failure = error;
      // Some of it may be there: twice the same line does no harm.
      this.#pending = `\n${text}${this.#pending}`;
    }
  }

  async #read(): Promise<void> {
    let rest = '';
    try {
      for await (const chunk of createReadStream(this.#file, { encoding: 'utf8', highWaterMark: 1 << 20 })) {
        const lines = (rest + String(chunk)).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) this.#take(line);
      }
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
    if (rest !== '') this.#take(rest);
  }

  #take(line: string): void {
    const said = parseLine(line);
    if (said === undefined) return;
    if ('do' in said) this.#apply(said);
    else {
      this.#lines += 1;
      this.#forgotten = said.forgotten;
      this.#last = Math.max(this.#last, said.forgotten);
    }
  }

  async #writeAnew(): Promise<void> {
    const part = `${this.#file}.part`;
    // A journal that is lost, or damaged, begins with a number that none has had: who follows it begins anew.
    this.#forgotten = this.#lines === 0 ? Date.now() : this.#last;
    this.#last = Math.max(this.#last, this.#forgotten);
    this.#removed.clear();
    const handle = await open(part, 'w', 0o600);
    try {
      await handle.appendFile(headLine(this.#forgotten));
      let text = '';
      for (const held of [...this.holdings.all()].toSorted((a, b) => a.n - b.n)) {
        text += lineOf({ do: 'put', held });
        if (text.length < 1 << 20) continue;
        await handle.appendFile(text);
        text = '';
      }
      await handle.appendFile(text);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(part, this.#file);
    await flushFolder(dirname(this.#file));
    this.#lines = this.holdings.size + 1;
  }
}

function numberOf(change: Change): number {
  return change.do === 'put' ? change.held.n : change.n;
}
