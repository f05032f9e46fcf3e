import type { Problem } from '../tree/entry.ts';
import type { PackedArchive } from './archive-writer.ts';
import type { Lost } from './read-file.ts';

/** What packing came to. */
export interface Packed {
  /** With contents, in the order they were written. */
  readonly archives: readonly PackedArchive[];
  /** Folders and links; undefined when the tree has none. */
  readonly tree: PackedArchive | undefined;
  /** The slot of each entry whose content was written, in the contents it was packed into. */
  readonly slots: ReadonlyMap<number, number>;
  readonly problems: readonly Problem[];
  /** Entries whose content is in no archive, because they could not be read. */
  readonly lost: ReadonlyMap<number, Lost>;
  /** Entries that changed each time they were read, and are stored as last read. */
  readonly changed: ReadonlySet<number>;
}
