import type { IndexEntry } from '../../series/index/index-line.ts';
import type { Entry, EntryType } from '../../tree/entry.ts';
import { type BytePath, display } from '../../tree/path.ts';

/** What is said of content that cannot be restored. */
export const LOST = 'damaged, and in no archive any more';

const LETTER = { file: '-', folder: 'd', link: 'l' } as const;

/** `-rw-r--r--`, as `ls -l` has it; with set-user-id and its like. */
export function formatMode({ type, mode }: Pick<Entry, 'type' | 'mode'>): string {
  let text: string = LETTER[type];
  for (const [shift, special, letter] of [
    [6, 0o4000, 's'],
    [3, 0o2000, 's'],
    [0, 0o1000, 't'],
  ] as const) {
    const bits = mode >> shift;
    const execute = bits & 1 ? 'x' : '-';
    const last = (mode & special) === 0 ? execute : bits & 1 ? letter : letter.toUpperCase();
    text += `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${last}`;
  }
  return text;
}

/** A path for people; a folder ends with a slash. */
export function pathText(path: BytePath, type: EntryType): string {
  return type === 'folder' ? `${display(path)}/` : display(path);
}

/** A time of a file, cut to milliseconds. */
export function dateOf(ns: bigint): Date {
  return new Date(Number(ns / 1_000_000n));
}

/** A time of a file in ISO 8601, with all its nine decimals. */
export function formatNs(ns: bigint): string {
  const fraction = ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const second = new Date(Number((ns - fraction) / 1_000_000n));
  // A hostile index may hold a time that no calendar has.
  if (Number.isNaN(second.getTime())) return String(ns);
  return `${second.toISOString().slice(0, -5)}.${String(fraction).padStart(9, '0')}Z`;
}

/** What `--json` says of an entry's content: the same for the same content. */
export function hashText({ hash }: Pick<IndexEntry, 'hash'>): string | undefined {
  return hash === undefined ? undefined : Buffer.from(hash).toString('hex');
}
