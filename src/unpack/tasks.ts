// What the main thread asks of a worker, and what it gets back.
import type { ArchiveFormat } from '../base/archive-format.ts';
import type { BytePath } from '../tree/path.ts';
import type { FileOrder, Meta } from '../target/order.ts';
import type { EntryType } from '../tree/entry.ts';

/** Whole frames of a tar.zst, or one record of a zip, and the files whose content is in there. */
export interface PieceOf<F> {
  /** Where it lies in the bytes of its task. */
  readonly offset: number;
  readonly length: number;
  readonly files: readonly F[];
}

export type Piece = PieceOf<FileOrder>;

/** A file whose content is asked for, and nothing else. */
export type ContentOrder = Pick<FileOrder, 'skip' | 'size'>;

/** Decompress pieces, check what they hold and write it. */
export interface FilesTask {
  readonly kind: 'files';
  readonly root: string;
  readonly format: ArchiveFormat;
  readonly bytes: Uint8Array;
  readonly pieces: readonly Piece[];
  /** 32 bytes for each file, in the order of the pieces. */
  readonly hashes: Uint8Array;
}

/** Decompress pieces, check what they hold and hand it back. */
export interface ContentsTask {
  readonly kind: 'contents';
  readonly format: ArchiveFormat;
  readonly bytes: Uint8Array;
  readonly pieces: readonly PieceOf<ContentOrder>[];
  /** As in {@link FilesTask}. */
  readonly hashes: Uint8Array;
}

/** Decompress one frame of a large file. */
export interface FrameTask {
  readonly kind: 'frame';
  readonly bytes: Uint8Array;
  /** By the frame itself; undefined where it does not say. */
  readonly contentBytes: number | undefined;
}

/** What is to be done to the target beside writing files, one after the other. */
export type Deed =
  /** Sees to it that there is a folder. @param clears - What is there is no folder, and makes way. */
  | { readonly do: 'folder'; readonly path: BytePath; readonly exists: boolean; readonly clears: boolean }
  | ({
      readonly do: 'link';
      readonly path: BytePath;
      readonly target: BytePath;
      readonly replaces: boolean;
    } & Meta)
  | { readonly do: 'hardlink'; readonly path: BytePath; readonly to: BytePath; readonly replaces: boolean }
  /** Sets what a file or folder has beside its content. */
  | ({ readonly do: 'set'; readonly path: BytePath; readonly type: 'file' | 'folder' } & Meta)
  /** Gives a large file that is written and verified its name. */
  | { readonly do: 'settle'; readonly file: FileOrder }
  | { readonly do: 'remove'; readonly path: BytePath; readonly isFolder: boolean };

export interface DeedsTask {
  readonly kind: 'deeds';
  readonly root: string;
  readonly deeds: readonly Deed[];
}

/** An entry, as far as it matters whether it is in the target already. */
export interface Sought extends Meta {
  readonly path: BytePath;
  readonly type: EntryType;
  readonly size: number;
  readonly hash: Uint8Array | undefined;
  readonly target: BytePath | undefined;
  /** Whether it is one of several names of a file: its inode is asked for. */
  readonly isShared: boolean;
}

/** Look up what is at the paths of entries. */
export interface LookTask {
  readonly kind: 'look';
  readonly root: string;
  readonly sought: readonly Sought[];
  /** Folders with such a name in them are told of. */
  readonly telling: RegExp;
}

/**
 * What is at the path of an entry.
 *
 * - `same`: the entry, as far as can be told: type, target; for a file also size, mode and time.
 * - `content`: a file with this content, but another mode or time. `linked`: and it has other names.
 * - `file`, `link`, `special`: another one, or something else. `folder`: one that is not empty. `empty`: one that is.
 * - `unseen`: the system does not let it be looked at.
 */
export type Found =
  | 'unseen'
  | 'none'
  | 'same'
  | 'content'
  | 'linked'
  | 'file'
  | 'link'
  | 'special'
  | 'folder'
  | 'empty';

export interface LookResult {
  readonly found: readonly Found[];
  /** Folders with a telling name in them, by their number in the task. */
  readonly telling: readonly number[];
  /** Device and inode of shared files, by their number in the task. */
  readonly inodes: ReadonlyMap<number, string>;
}

/** By number of the file within the task: its content, or why it cannot be had. */
export interface ContentsResult {
  readonly contents: ReadonlyMap<number, Uint8Array>;
  readonly failures: readonly Failure[];
}

/** What could not be done. */
export interface Failure {
  /** Number of the file or deed within the task. */
  readonly n: number;
  /**
   * - `damaged`: what the archive holds is not what the index says.
   * - `refused`: it would have led out of the target, or over something that was not to be touched.
   * - `failed`: the system says no.
   * - `attributes`: it is done, but the system refused something beside the content: mode, owner, time, or that two names
   *   are one file.
   */
  readonly kind: 'damaged' | 'refused' | 'failed' | 'attributes';
  readonly reason: string;
  /** The system's code, if it was the system that refused. */
  readonly code: string | undefined;
}

export type Task = FilesTask | ContentsTask | FrameTask | DeedsTask | LookTask;

export interface Results {
  readonly files: readonly Failure[];
  readonly contents: ContentsResult;
  /** The content; undefined when the frame is damaged. */
  readonly frame: Uint8Array | undefined;
  readonly deeds: readonly Failure[];
  readonly look: LookResult;
}
