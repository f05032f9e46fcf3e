// What is to be done to a mirror, as data, and what became of it.
import type { Entry, EntryType } from '../tree/entry.ts';
import type { BytePath } from '../tree/path.ts';

export type Step =
  /** Another type of thing is to be at its path: it becomes a version first. */
  | { readonly do: 'clear'; readonly path: BytePath; readonly type: EntryType }
  /** The source has it no more: it becomes a version. Of a folder nothing is kept. */
  | { readonly do: 'let go'; readonly path: BytePath; readonly type: EntryType }
  | { readonly do: 'move'; readonly path: BytePath; readonly from: BytePath; readonly type: EntryType }
  | { readonly do: 'folder'; readonly path: BytePath; readonly entry: Entry }
  | {
      readonly do: 'copy';
      readonly path: BytePath;
      readonly entry: Entry;
      /** Something is there already, and becomes a version. */
      readonly replaces: boolean;
      /** The hash of what is there, where that is known. */
      readonly keptHash: string | undefined;
      /** What is there may well be the same, whether or not its hash is known: it is looked at before anything is written. */
      readonly looksFirst: boolean;
    }
  | { readonly do: 'link'; readonly path: BytePath; readonly entry: Entry; readonly replaces: boolean }
  /** Mode, owner or time are others. */
  | { readonly do: 'meta'; readonly path: BytePath; readonly entry: Entry };

/** How a step ended. */
export interface StepEnd {
  /** What was copied, as it was when it was read; undefined where nothing was. */
  readonly entry?: Entry | undefined;
  readonly hash?: string | undefined;
  /** Bytes that were written. */
  readonly bytes: number;
  /** What the mirror's file system has made of the time. */
  readonly keptNs?: bigint | undefined;
  /** The version that was made of what was there: its path below the folder of versions. */
  readonly version?: BytePath | undefined;
  /** It was the same already. */
  readonly isSame?: boolean | undefined;
  /** It changed at each try, and is as last read. */
  readonly isUnsettled?: boolean | undefined;
  /** It is gone from the source. */
  readonly isVanished?: boolean | undefined;
  /** What the mirror's file system refused, in words: its content is there. */
  readonly refused?: string | undefined;
  /** Why it failed, in words. */
  readonly failed?: string | undefined;
  /** The source could not be read, though it is there. */
  readonly isUnreadable?: boolean | undefined;
  /** The system's code, where nothing more can be written at all. */
  readonly fatal?: string | undefined;
}
