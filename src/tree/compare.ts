import type { Entry, Problem } from './entry.ts';
import type { EntryTable } from './entry-table.ts';
import { type BytePath, comparePaths } from './path.ts';

/** An entry of the last snapshot, with the hash of its content (32 bytes) when it is a file. */
export interface PreviousEntry {
  readonly entry: Entry;
  readonly hash: Uint8Array | undefined;
}

export interface CompareOptions {
  /** Look into every file, whatever its times say. */
  readonly rehash: boolean;
  /**
   * When the last snapshot began, nanoseconds. A file whose ctime is not well before that may have changed
   * once more within one tick of the file system's clock, right after it was read: it is looked into again.
   */
  readonly previousStartNs: bigint;
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
const COARSEST_TICK_NS = 2_000_000_000n;

const SAME = 0;
const ADDED = 1;
const TYPE = 2;
const MODE = 4;
const TARGET = 8;
/** The content may differ: its hash has to be compared. */
const CHECK = 16;
/** Size, times and inode are as they were, so another hash is bit rot. */
const STILL = 32;
/** The sizes differ, so the content does. */
const CONTENT = 64;

/**
 * What differs between the last snapshot and the tree as it is now. Entries whose content may have changed
 * are settled once their hash is known.
 */
export class Comparison {
  readonly #current: EntryTable;
  readonly #states: Uint8Array;
  readonly #previousHashes: Uint8Array;
  readonly removed: readonly BytePath[];
  /** Files of the last snapshot; what the guard against mass change measures by. */
  readonly previousFiles: number;

  constructor(
    current: EntryTable,
    states: Uint8Array,
    previousHashes: Uint8Array,
    removed: readonly BytePath[],
    previousFiles: number,
  ) {
    this.#current = current;
    this.#states = states;
    this.#previousHashes = previousHashes;
    this.removed = removed;
    this.previousFiles = previousFiles;
  }

  /** Files whose hash is not known and has to be: their content was never seen, or may have changed. */
  unread(): number[] {
    const result: number[] = [];
    for (let i = 0; i < this.#current.length; i++) {
      if (this.#current.hasContent(i) && this.#current.hash(i) === undefined) result.push(i);
    }
    return result;
  }

  /** Every difference, given the hashes known by now. */
  *changes(): Generator<Change> {
    for (let i = 0; i < this.#current.length; i++) {
      const state = this.#states[i] ?? SAME;
      if (state === SAME) continue;
      const path = this.#current.path(i);
      if (state === ADDED) {
        yield { path, kind: 'added', reasons: [] };
        continue;
      }
      const reasons = this.#reasons(i, state);
      if (reasons.length > 0) yield { path, kind: 'modified', reasons };
    }
    for (const path of this.removed) yield { path, kind: 'removed', reasons: [] };
  }

  count(): ChangeCount {
    const count = { added: 0, modified: 0, removed: 0 };
    for (const { kind } of this.changes()) count[kind]++;
    return count;
  }

  /** Whether at least one difference is beyond doubt: nothing has to be read any more to know that there is one. */
  isCertain(): boolean {
    if (this.removed.length > 0) return true;
    return this.#states.some((state, i) => {
      if (state === SAME) return false;
      if (state & (MODE | TARGET)) return true;
      // A file that cannot be read makes no difference, or there would be a new snapshot every night.
      const isKnown = this.#current.type(i) !== 'file' || this.#current.hash(i) !== undefined;
      return isKnown && (Boolean(state & (ADDED | TYPE)) || this.#contentDiffers(i, state));
    });
  }

  /** Files whose content differs although nothing else about them does. @param except - Known to have changed since. */
  rotten(except: ReadonlySet<number>): Problem[] {
    const problems: Problem[] = [];
    const reason = 'its content changed although its size, times and inode did not';
    this.#states.forEach((state, i) => {
      if (!(state & STILL) || except.has(i) || !this.#contentDiffers(i, state)) return;
      problems.push({ path: this.#current.path(i), kind: 'rot', reason });
    });
    return problems;
  }

  /** Leaves entry `i` out of the differences: it turned out not to be readable, so nothing is known of it. */
  dismiss(i: number): void {
    this.#states[i] = SAME;
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
    if (state & CONTENT) return true;
    if (!(state & (CHECK | STILL))) return false;
    const hash = this.#current.hash(i);
    // Unread means unknown, which is not a difference.
    return (
      hash !== undefined && Buffer.compare(hash, this.#previousHashes.subarray(i * 32, i * 32 + 32)) !== 0
    );
  }
}

/**
 * Compares two trees in one pass over both. Files that are as they were get the hash they had, in `current`.
 *
 * @param previous - The last snapshot's entries, in path order.
 */
export function compare(
  previous: Iterable<PreviousEntry>,
  current: EntryTable,
  options: CompareOptions,
): Comparison {
  const states = new Uint8Array(current.length).fill(ADDED);
  const previousHashes = new Uint8Array(current.length * 32);
  const removed: BytePath[] = [];
  let previousFiles = 0;
  let i = 0;
  for (const before of previous) {
    if (before.entry.type === 'file') previousFiles++;
    while (i < current.length && comparePaths(current.path(i), before.entry.path) < 0) i++;
    if (i === current.length || current.path(i) !== before.entry.path) {
      removed.push(before.entry.path);
      continue;
    }
    const state = stateOf(before.entry, current.at(i), options);
    states[i] = state;
    if (before.hash !== undefined && state & (CHECK | STILL)) {
      previousHashes.set(before.hash, i * 32);
      if (!(state & CHECK)) current.setHash(i, before.hash);
    }
    i++;
  }
  // The root itself is no path of the tree: its mode does not count.
  if (current.length > 0 && current.path(0) === '') states[0] = SAME;
  return new Comparison(current, states, previousHashes, removed, previousFiles);
}

function stateOf(before: Entry, now: Entry, options: CompareOptions): number {
  const mode = before.mode === now.mode ? 0 : MODE;
  if (before.type !== now.type) return TYPE;
  if (now.type === 'link') return mode | (before.target === now.target ? 0 : TARGET);
  if (now.type === 'folder') return mode;
  if (before.size !== now.size) return mode | CONTENT;
  const still =
    before.mtimeNs === now.mtimeNs && before.ctimeNs === now.ctimeNs && before.inode === now.inode;
  const trusted = now.ctimeNs < options.previousStartNs - COARSEST_TICK_NS;
  if (!still || !trusted) return mode | CHECK;
  return mode | STILL | (options.rehash ? CHECK : 0);
}
