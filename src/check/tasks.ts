// What the main thread asks of the threads that read archives, and what it gets back.
import type { ArchiveFormat } from '../base/archive-format.ts';
import type { SharedPieces } from './piece-list.ts';
import type { OrderedPieces } from './piece-table.ts';

/** What became of a piece. */
export const UNREAD = 0;
export const GOOD = 1;
export const BAD = 2;

/** What an archive should hold. */
export interface Expected {
  readonly pieces: OrderedPieces;
  /** Whether it should hold nothing else. */
  readonly isComplete: boolean;
}

/** An archive, as it lies there. */
export interface ArchiveFile {
  /** The folder of the store, and the archive in it; undefined: it is no folder, and {@link CheckOptions.read} is asked. */
  readonly folder: string | undefined;
  readonly key: string;
  /** The archive, for messages. */
  readonly where: string;
  readonly format: ArchiveFormat;
  /** Size of the file as it is. */
  readonly sizeBytes: number;
}

/** Read an archive, all of it. */
export interface ReadTask {
  readonly kind: 'read';
  readonly archive: ArchiveFile;
}

/** Read parts of an archive, which other threads read as well. */
export interface ShareTask {
  readonly kind: 'share';
  readonly archive: ArchiveFile;
  /** What is taken next, for all of them. */
  readonly next: Int32Array<SharedArrayBuffer>;
}

/** Read those of its pieces that have a 1 in `chosen`. */
export interface PiecesTask {
  readonly kind: 'pieces';
  readonly archive: ArchiveFile;
  readonly pieces: OrderedPieces;
  readonly chosen: Uint8Array;
}

export type CheckTask = ReadTask | ShareTask | PiecesTask;

/** What was found in a part of an archive, or in all of it, in the order in which it lies there. */
export interface FoundPart {
  /** Which part it is, from 0. */
  readonly n: number;
  readonly pieces: SharedPieces;
}

/** What a thread has read of an archive. */
export interface ReadResult {
  /** Undefined: there are more files than are remembered. */
  readonly parts: readonly FoundPart[] | undefined;
  /** How many files there are. */
  readonly count: number;
  /** Of the whole file; undefined where another thread has it. */
  readonly sha256?: string | undefined;
  /** What ended the reading. */
  readonly broken?: string | undefined;
  /** What kept the rest of the file from being read, of which no member is. */
  readonly unreadable?: string | undefined;
}

/** Something that is not as it should be. */
export interface Flaw {
  readonly what: string;
  /** First byte in the file, where that is known. */
  readonly at: number | undefined;
}

export interface CheckResult {
  readonly flaws: readonly Flaw[];
  /** For each slot: {@link UNREAD}, {@link GOOD} or {@link BAD}. */
  readonly states: Uint8Array;
}

export interface CheckResults {
  readonly read: ReadResult;
  /** Undefined: it cannot be read in parts. */
  readonly share: ReadResult | undefined;
  readonly pieces: CheckResult;
}

/** What a thread says while it reads. */
export interface Progress {
  readonly readBytes: number;
}
