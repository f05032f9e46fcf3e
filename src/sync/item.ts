// What a side of a pair has at a path, and what both had when they last agreed.
import type { EntryType } from '../tree/entry.ts';
import type { BytePath } from '../tree/path.ts';

/** The two sides of a pair, in the order in which they were given. */
export type SideName = 'here' | 'there';

export function otherOf(side: SideName): SideName {
  return side === 'here' ? 'there' : 'here';
}

/** Something on a side, as a listing tells it. */
export interface Item {
  readonly type: EntryType;
  /** Bytes; 0 for folders and links. */
  readonly size: number;
  /** Milliseconds since 1970, by the clock of that side. */
  readonly mtimeMs: number;
  /** Permission bits, 0 to 0o777; undefined where the side has none. */
  readonly mode: number | undefined;
  /** What a link says; undefined for other types. */
  readonly target: BytePath | undefined;
  /** What else tells that it was touched: change time and inode, where a side has them; else empty. */
  readonly tag: string;
}

/** What both sides had at a path when they last agreed. */
export interface Agreed {
  readonly type: EntryType;
  /** SHA-256 of a file's content, hexadecimal; undefined for others. */
  readonly hash: string | undefined;
  readonly target: BytePath | undefined;
  /** What each side had then, as its listing told it. */
  readonly here: Item;
  readonly there: Item;
}

/** What both sides had, by path. Empty: they never agreed on anything. */
export type Past = ReadonlyMap<BytePath, Agreed>;

/** Something on a side, as far as its content has to be known. */
export interface Seen extends Item {
  /** SHA-256 of a file's content; undefined where nobody had to read it, and then it is another one than any it is compared with. */
  readonly hash: string | undefined;
}

/** Whether a listing tells the same of both. What has just been written may change again within one tick of a clock. */
export function isAsListed(item: Item, before: Item): boolean {
  return (
    item.type === before.type &&
    item.tag === before.tag &&
    (item.type === 'folder' ||
      (item.size === before.size && item.mtimeMs === before.mtimeMs && item.target === before.target))
  );
}
