// What is asked for: a file below the target, and what it has beside its content.
import type { BytePath } from '../tree/path.ts';

/** What is set of an entry beside its content. */
export interface Meta {
  /** Permission bits, 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since 1970. */
  readonly mtimeNs: bigint;
  /** Extended attributes, in the form of `base/attributes.ts`; undefined where the snapshot says nothing of them. */
  readonly attributes?: string | undefined;
}

/** A file to make. */
export interface FileOrder extends Meta {
  readonly path: BytePath;
  /** Bytes of its content, and where they begin in what its piece holds. */
  readonly size: number;
  readonly skip: number;
  /** Something is at its path already, and makes way. Else whatever is there is left alone. */
  readonly replaces: boolean;
  /** A file that some systems take for this one: its name differs by case or Unicode form only. */
  readonly twin: BytePath | undefined;
}
