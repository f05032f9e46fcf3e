// What a mirror holds.
import { MIRROR_DATA } from '../series/names.ts';
import type { Entry, EntryType } from '../tree/entry.ts';
import type { BytePath } from '../tree/path.ts';

/** Where a mirror keeps what is not of its source. No scan enters it. */
export const DATA_FOLDER: BytePath = MIRROR_DATA as BytePath;

/** Something in a mirror, as a look at it says. */
export interface There {
  readonly path: BytePath;
  readonly type: EntryType;
  readonly size: number;
  readonly mode: number;
  readonly mtimeNs: bigint;
  /** What a link says. */
  readonly target: BytePath | undefined;
}

/** Something that was copied into a mirror: what its source was at that moment, and what became of it. */
export interface Held extends Pick<
  Entry,
  'path' | 'type' | 'size' | 'mode' | 'uid' | 'gid' | 'mtimeNs' | 'ctimeNs' | 'inode' | 'target'
> {
  /** SHA-256 of a file's content, hexadecimal; undefined for others. */
  readonly hash: string | undefined;
  /** What the mirror's file system has made of `mtimeNs`. */
  readonly keptNs: bigint;
  /** Since when the mirror has this at this path, in milliseconds since 1970. */
  readonly sinceMs: number;
}

/** What is known of a mirror without a look at it. */
export function thereOf({ path, type, size, mode, keptNs, target }: Held): There {
  return { path, type, size, mode, mtimeNs: keptNs, target };
}

/** Whether nobody has touched it in the mirror, as far as size and time tell. */
export function isAsLeft(found: There, held: Held): boolean {
  return found.size === held.size && found.mtimeNs === held.keptNs && found.target === held.target;
}
