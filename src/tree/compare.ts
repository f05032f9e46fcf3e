import type { Entry } from './entry.ts';
import type { EntryTable } from './entry-table.ts';
import { type BytePath, comparePaths } from './path.ts';

/** An entry of the last snapshot, with the hash of its content (32 bytes) when it is a file. */
export interface PreviousEntry {
  readonly entry: Entry;
  readonly hash: Uint8Array | undefined;
}

/** Goes through the entries of the last snapshot, in path order. */
export interface PreviousCursor {
  /** The entry it stands at; undefined past the end. */
  peek(): PreviousEntry | undefined;
  /** Goes one further: the tree has no such path any more. */
  remove(): void;
  /**
   * Goes one further: the entry it stands at has become `now`, number `i` of the tree.
   *
   * @param keepsContent - Its content is certainly the same.
   */
  match(i: number, now: Entry, keepsContent: boolean): void;
  /**
   * Goes one further if the entry it stands at is `now`, number `i` of the tree, in all that a scan sees, and
   * says whether. Much cheaper than {@link peek}, and `false` decides nothing.
   */
  skipSame(now: Entry, i: number): boolean;
}

export interface CompareOptions {
  /** Look into every file, whatever its times say. */
  readonly rehash: boolean;
  /**
   * When the last snapshot began, nanoseconds. A file whose ctime is not well before that may have changed
   * once more within one tick of the file system's clock, right after it was read: it is looked into again.
   */
  readonly previousStartNs: bigint;
  /** Whether an entry stands for what nobody can look at now, and so is as it was. */
  readonly isCarried?: ((path: BytePath) => boolean) | undefined;
}

/** How many paths came, went or differ since the last snapshot. */
export interface ChangeCount {
  readonly added: number;
  readonly modified: number;
  readonly removed: number;
}

export interface Change {
  readonly path: BytePath;
  readonly kind: 'added' | 'modified' | 'removed';
  /** What differs: `type`, `content`, `target`, `mode`. Empty for `added` and `removed`. */
  readonly reasons: readonly string[];
}

// FAT keeps times to 2 seconds, the coarsest of all file systems in use.
export const COARSEST_TICK_NS = 2_000_000_000n;

const HASH_BYTES = 32;
const NO_HASH = new Uint8Array(0);

const SAME = 0;
const ADDED = 1;
const TYPE = 2;
const MODE = 4;
const TARGET = 8;
/** The content may differ: its hash has to be compared. */
const CHECK = 16;
/** With `CHECK`: size, times and inode are as they were, so another hash is bit rot. */
const STILL = 32;
/** The sizes in the listings differ, and with them the content, unless reading shows that it is the same. */
const SIZE = 64;

/** With any of these: it was a file. */
const WAS_FILE = 128;

/** Any of these: the content has to be read before it is known. */
const UNREAD = ADDED | TYPE | CHECK;

/**
 * What differs between the last snapshot and the tree as it is now, found in one pass over both, while the
 * tree is still being scanned. Whether content differs is settled once its hash is known.
 */
export class Comparison {
  readonly #previous: PreviousCursor;
  readonly #current: EntryTable;
  readonly #options: CompareOptions;
  readonly #removed: BytePath[] = [];
  #removedFiles = 0;
  #states = new Uint8Array(1024);
  /** Of files to check; as long as {@link #states} where it is needed at all. */
  #previousHashes = new Uint8Array(0);
  #compared = 0;

  /** @param current - May still be growing; see {@link advance}. */
  constructor(previous: PreviousCursor, current: EntryTable, options: CompareOptions) {
    this.#previous = previous;
    this.#current = current;
    this.#options = options;
  }

  /** Compares the entries that were added to the tree since the last call. */
  advance(): void {
    this.#reserve(this.#current.length);
    for (; this.#compared < this.#current.length; this.#compared++) this.#compareNext(this.#compared);
  }

  /** Compares what is left; the tree is complete. */
  finish(): void {
    this.advance();
    for (let before = this.#previous.peek(); before !== undefined; before = this.#previous.peek()) {
      this.#remove(before.entry);
    }
  }

  /** Files whose hash is not known and has to be: their content was never seen, or may have changed. */
  unread(): number[] {
    const result: number[] = [];
    for (let i = 0; i < this.#current.length; i++) {
      const isUnread = (this.#state(i) & UNREAD) !== 0 && this.#current.hash(i) === undefined;
      if (isUnread && this.#current.hasContent(i)) result.push(i);
    }
    return result;
  }

  /** Every difference, given the hashes known by now. */
  *changes(): Generator<Change> {
    for (let i = 0; i < this.#current.length; i++) {
      const state = this.#state(i);
      if (state === SAME) continue;
      const path = this.#current.path(i);
      if (state === ADDED) {
        yield { path, kind: 'added', reasons: [] };
        continue;
      }
      const reasons = this.#reasons(i, state);
      if (reasons.length > 0) yield { path, kind: 'modified', reasons };
    }
    for (const path of this.#removed) yield { path, kind: 'removed', reasons: [] };
  }

  count(): ChangeCount {
    const count = { added: 0, modified: 0, removed: 0 };
    for (const { kind } of this.changes()) count[kind]++;
    return count;
  }

  /** Files of the last snapshot that are gone or modified: what the guard against mass change counts. */
  filesHit(): number {
    let modified = 0;
    for (let i = 0; i < this.#compared; i++) {
      const state = this.#state(i);
      if (state & WAS_FILE && this.#reasons(i, state).length > 0) modified++;
    }
    return this.#removedFiles + modified;
  }

  /** Whether at least one difference is beyond doubt: nothing has to be read any more to know that there is one. */
  isCertain(): boolean {
    if (this.#removed.length > 0) return true;
    return this.#states.subarray(0, this.#compared).some((state, i) => {
      if (state === SAME) return false;
      // A file that cannot be read makes no difference, whatever its mode: it stays as it was, and there would be a
      // new snapshot every night.
      const isRead = this.#current.type(i) !== 'file' || this.#current.hash(i) !== undefined;
      if (!isRead && state & UNREAD) return false;
      return Boolean(state & (ADDED | TYPE | MODE | TARGET)) || this.#contentDiffers(i, state);
    });
  }

  /** Files whose content differs although nothing else about them does. @param except - Known to have changed since. */
  rotten(except: ReadonlySet<number>): number[] {
    const numbers: number[] = [];
    this.#states.subarray(0, this.#compared).forEach((state, i) => {
      if (state & STILL && !except.has(i) && this.#contentDiffers(i, state)) numbers.push(i);
    });
    return numbers;
  }

  /**
   * Leaves entry `i` out of the differences: it turned out not to be readable, so nothing is known of it. But a folder
   * or a link that was there before is gone for certain.
   */
  dismiss(i: number): void {
    if (this.#state(i) & TYPE) this.#removed.push(this.#current.path(i));
    this.#states[i] = SAME;
  }

  #compareNext(i: number): void {
    const now = this.#current.at(i);
    // The root itself is no path of the tree: its mode does not count.
    const isRoot = now.path === '';
    if (this.#isTrusted(now) && this.#previous.skipSame(now, i)) return;
    for (;;) {
      const before = this.#previous.peek();
      const order = before === undefined ? 1 : comparePaths(before.entry.path, now.path);
      if (before === undefined || order > 0) {
        if (!isRoot) this.#states[i] = ADDED;
        return;
      }
      if (order === 0) {
        const state = this.#stateOf(before.entry, now);
        // It was not where the cursor stood: others before it are gone.
        if (state === SAME && this.#isTrusted(now) && this.#previous.skipSame(now, i)) return;
        if (!isRoot) this.#compareWith(i, state, before);
        this.#previous.match(i, now, (state & UNREAD) === 0);
        return;
      }
      this.#remove(before.entry);
    }
  }

  #remove({ path, type }: Entry): void {
    this.#previous.remove();
    this.#removed.push(path);
    if (type === 'file') this.#removedFiles++;
  }

  #isTrusted(now: Entry): boolean {
    if (now.type !== 'file' || this.#options.isCarried?.(now.path) === true) return true;
    return !this.#options.rehash && this.#isSettled(now);
  }

  /** Whether it cannot have changed once more within the tick of the clock in which it was read. */
  #isSettled(now: Entry): boolean {
    return now.ctimeNs < this.#options.previousStartNs - COARSEST_TICK_NS;
  }

  #compareWith(i: number, state: number, before: PreviousEntry): void {
    this.#states[i] = state === SAME || before.entry.type !== 'file' ? state : state | WAS_FILE;
    if (!(state & CHECK) || before.hash === undefined) return;
    const bytes = this.#states.length * HASH_BYTES;
    if (this.#previousHashes.length < bytes) this.#previousHashes = grown(this.#previousHashes, bytes);
    this.#previousHashes.set(before.hash, i * HASH_BYTES);
  }

  #stateOf(before: Entry, now: Entry): number {
    const mode = before.mode === now.mode ? 0 : MODE;
    if (before.type !== now.type) return TYPE;
    if (now.type === 'link') return mode | (before.target === now.target ? 0 : TARGET);
    if (now.type === 'folder') return mode;
    // A listing may say 0 of what has content, or a page of what has a line: in the end, reading decides.
    if (before.size !== now.size) return mode | CHECK | SIZE;
    const isStill =
      before.mtimeNs === now.mtimeNs && before.ctimeNs === now.ctimeNs && before.inode === now.inode;
    if (isStill && this.#isTrusted(now)) return mode;
    return mode | CHECK | (isStill && this.#isSettled(now) ? STILL : 0);
  }

  #state(i: number): number {
    return this.#states[i] ?? SAME;
  }

  #reasons(i: number, state: number): string[] {
    const reasons: string[] = [];
    if (state & TYPE) reasons.push('type');
    if (this.#contentDiffers(i, state)) reasons.push('content');
    if (state & TARGET) reasons.push('target');
    if (state & MODE) reasons.push('mode');
    return reasons;
  }

  #contentDiffers(i: number, state: number): boolean {
    if (!(state & CHECK)) return false;
    const hash = this.#current.hash(i);
    // Unread means unknown, which is not a difference.
    if (hash === undefined) return (state & SIZE) !== 0;
    return Buffer.compare(hash, this.#previousHash(i) ?? NO_HASH) !== 0;
  }

  /** The hash that a file had in the last snapshot, when it had to be looked into. */
  #previousHash(i: number): Uint8Array | undefined {
    const hash = this.#previousHashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES);
    return this.#state(i) & CHECK && hash.length === HASH_BYTES ? hash : undefined;
  }

  #reserve(length: number): void {
    if (length <= this.#states.length) return;
    this.#states = grown(this.#states, Math.ceil(length * 1.5));
  }
}

function grown(from: Uint8Array<ArrayBuffer>, bytes: number): Uint8Array<ArrayBuffer> {
  const to = new Uint8Array(bytes);
  to.set(from);
  return to;
}
