import { sameAttributes } from '../base/attributes.ts';
import type { Entry } from './entry.ts';
import { grown } from './columns.ts';
import {
  SAME,
  ADDED,
  TYPE,
  MODE,
  TARGET,
  CHECK,
  STILL,
  SIZE,
  WAS_FILE,
  OWNER,
  LOOK,
  UNREAD,
  HARMLESS,
} from './compare-states.ts';
import type { EntryTable } from './entry-table.ts';
import { firstNames } from './hardlinks.ts';
import { type BytePath, comparePaths } from './path.ts';
import type { PreviousCursor, PreviousEntry } from './previous-cursor.ts';

export interface CompareOptions {
  /** Look into every file, whatever its times say. */
  readonly rehash: boolean;
  /**
   * When the last snapshot began, nanoseconds. A file whose ctime is not well before that may have changed
   * once more within one tick of the file system's clock, right after it was read: it is looked into again.
   */
  readonly previousStartNs: bigint;
  /** Whether the last snapshot says of each entry which extended attributes it has: only then another one is a change. */
  readonly knowsAttributes: boolean;
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
  /** What differs: `type`, `content`, `target`, `mode`, `owner`, `attributes`. Empty for `added` and `removed`. */
  readonly reasons: readonly string[];
}

// FAT keeps times to 2 seconds, the coarsest of all file systems in use.
export const COARSEST_TICK_NS = 2_000_000_000n;

const HASH_BYTES = 32;
const NO_HASH = new Uint8Array(0);

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
  #states = new Uint16Array(1024);
  /** Of files to check; as long as {@link #states} where it is needed at all. */
  #previousHashes = new Uint8Array(0);
  /** Of those with `CHECK` or `LOOK` that had some. */
  readonly #previousAttributes = new Map<number, string>();
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

  /** Files whose hash is not known and has to be, as their content was never seen or may have changed; for further names, the first. */
  unread(): number[] {
    const numbers = new Set<number>();
    let first: ReadonlyMap<number, number> | undefined;
    for (let i = 0; i < this.#current.length; i++) {
      if (!(this.#state(i) & UNREAD)) continue;
      const own = this.#current.hasContent(i) ? i : (first ??= firstNames(this.#current)).get(i);
      if (own !== undefined && this.#current.hash(own) === undefined) numbers.add(own);
    }
    return [...numbers].toSorted((a, b) => a - b);
  }

  /**
   * Entries whose extended attributes have to be looked at, as nobody reads their content: folders and links that are new
   * or may have others; and all others that are not read, where the last snapshot does not say.
   */
  unlooked(): number[] {
    const result: number[] = [];
    const isAll = !this.#options.knowsAttributes;
    for (let i = 0; i < this.#current.length; i++) {
      const isFile = this.#current.type(i) === 'file';
      const isUnlooked = isFile
        ? isAll && !(this.#state(i) & UNREAD)
        : isAll || this.#state(i) & (ADDED | TYPE | LOOK);
      if (isUnlooked && this.#current.hardlink(i) === undefined) result.push(i);
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
      if (state & WAS_FILE && this.#reasons(i, state).some((reason) => !HARMLESS.has(reason))) modified++;
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
      if (state & (ADDED | TYPE | MODE | TARGET | OWNER)) return true;
      return this.#contentDiffers(i, state) || this.#attributesDiffer(i, state);
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
        this.#states[i] = isRoot ? LOOK : ADDED;
        return;
      }
      if (order === 0) {
        const state = this.#stateOf(before.entry, now);
        // It was not where the cursor stood: others before it are gone.
        if (state === SAME && this.#isTrusted(now) && this.#previous.skipSame(now, i)) return;
        this.#compareWith(i, isRoot ? state & LOOK : state, before);
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
    const { attributes } = before.entry;
    if (state & (CHECK | LOOK) && attributes !== undefined) this.#previousAttributes.set(i, attributes);
    if (!(state & CHECK) || before.hash === undefined) return;
    const bytes = this.#states.length * HASH_BYTES;
    if (this.#previousHashes.length < bytes)
      this.#previousHashes = grown(this.#previousHashes, new Uint8Array(bytes));
    this.#previousHashes.set(before.hash, i * HASH_BYTES);
  }

  #stateOf(before: Entry, now: Entry): number {
    if (before.type !== now.type) return TYPE;
    const isOwned = before.uid === now.uid && before.gid === now.gid;
    const mode = (before.mode === now.mode ? 0 : MODE) | (isOwned ? 0 : OWNER);
    if (now.type !== 'file') {
      const look = before.ctimeNs === now.ctimeNs ? 0 : LOOK;
      return mode | look | (before.target === now.target ? 0 : TARGET);
    }
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
    if (state & OWNER) reasons.push('owner');
    if (this.#attributesDiffer(i, state)) reasons.push('attributes');
    return reasons;
  }

  #attributesDiffer(i: number, state: number): boolean {
    // Those of the root are no more a path of the tree than its mode.
    if (!(state & (CHECK | LOOK)) || !this.#options.knowsAttributes || this.#current.path(i) === '')
      return false;
    const now = this.#current.attributes(i);
    return now !== undefined && !sameAttributes(now, this.#previousAttributes.get(i));
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
    const states = this.#states;
    (this.#states = new Uint16Array(Math.ceil(length * 1.5))).set(states);
  }
}
