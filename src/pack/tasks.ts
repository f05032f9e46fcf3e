// What the main thread asks of a worker, and what it gets back.
import type { ArchiveFormat } from '../base/archive-format.ts';
import type { SharedHashes } from '../format/contents.ts';
import type { Entry } from '../tree/entry.ts';
import type { BytePath } from '../tree/path.ts';
import type { ReadAttributes } from './read-attributes.ts';
import type { Lost, Seen } from './read-file.ts';

/** Read, hash and compress a run of entries into one segment. */
export interface PackTask {
  readonly kind: 'pack';
  readonly format: ArchiveFormat;
  readonly root: string;
  readonly entries: readonly Entry[];
  /** Content that is stored already: a file that has it is read and hashed, and left out. */
  readonly known: SharedHashes | undefined;
  /** Where the segment goes, if it fits. */
  readonly out: SharedArrayBuffer;
}

/** Hash files, however large, and keep nothing. */
export interface HashTask {
  readonly kind: 'hash';
  readonly root: string;
  readonly entries: readonly Entry[];
}

/** Compress one piece of a large file that the main thread has read. */
export interface CompressTask {
  readonly kind: 'compress';
  readonly format: ArchiveFormat;
  readonly piece: SharedArrayBuffer;
  /** How much of `piece` counts. */
  readonly bytes: number;
  /** Whether it is the file's last: ends the deflate stream. */
  readonly last: boolean;
  /** Zip only: 0 for content that is compressed already. */
  readonly level: number;
  /** Where the compressed piece goes, if it fits. */
  readonly out: SharedArrayBuffer;
}

/** Read the extended attributes of what is at some paths. */
export interface AttributesTask {
  readonly kind: 'attributes';
  readonly root: string;
  readonly paths: readonly BytePath[];
}

export type Task = PackTask | HashTask | CompressTask | AttributesTask;

/** A file that was not simply read as the scan had seen it. */
export interface Exception {
  /** Number of the entry within the task. */
  readonly n: number;
  readonly outcome:
    | Lost
    | { readonly kind: 'outgrown' }
    | { readonly kind: 'known' }
    | { readonly kind: 'reread' | 'changed'; readonly seen: Seen };
}

export interface Reads {
  /** 32 bytes for each entry of the task; zeros where there is no content. */
  readonly hashes: Uint8Array<ArrayBuffer>;
  readonly exceptions: readonly Exception[];
  /** Undefined where no attributes can be read. */
  readonly attributes: ReadAttributes | undefined;
}

export interface PackResult extends Reads {
  /** The segment: in the task's `out`, or in memory of its own when it did not fit. */
  readonly bytes: Uint8Array;
  /** Bytes of the segment before compression. */
  readonly contentBytes: number;
  /** Where each entry's content lies: from `offsets` on, `lengths` bytes of the segment, content at `skips`. */
  readonly offsets: Uint32Array<ArrayBuffer>;
  readonly lengths: Uint32Array<ArrayBuffer>;
  readonly skips: Uint32Array<ArrayBuffer>;
  /** Zip only: the central records, with offsets relative to the segment. */
  readonly directory: Uint8Array | undefined;
  /** Members written. */
  readonly members: number;
}

export interface CompressResult {
  readonly bytes: Uint8Array;
}

export interface Results {
  readonly pack: PackResult;
  readonly hash: Reads;
  readonly compress: CompressResult;
  readonly attributes: ReadAttributes | undefined;
}
