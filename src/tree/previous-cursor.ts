import type { Entry } from './entry.ts';

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
