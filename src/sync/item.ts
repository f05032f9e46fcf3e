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

/** The mark of what had changed so shortly before it was read that it may change again within one tick of a clock. */
export const FRESH = 'fresh';

/**
 * Whether nobody has touched it since, as far as what was remembered of it tells. Its inode does not count: FAT and its like give
 * new ones with each mount, and elsewhere what is put in its place has another change time.
 */
export function isUntouched(item: Item, before: Item): boolean {
  const tag = before.tag === FRESH ? FRESH : withoutInode(item.tag);
  return isAsListed({ ...item, tag }, { ...before, tag: withoutInode(before.tag) });
}

function withoutInode(tag: string): string {
  return tag.split('.').slice(0, 2).join('.');
}

/** Whether both are one file with one content, although it has another name or one more: its change time does not count. */
export function isSameFile(a: Item | undefined, b: Item | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  const [own, other] = [a, b].map(({ tag }) => {
    const [fraction, , inode] = tag.split('.');
    return `${fraction} ${inode}`;
  });
  return (
    a.type === b.type &&
    a.size === b.size &&
    a.mtimeMs === b.mtimeMs &&
    a.target === b.target &&
    own === other
  );
}
