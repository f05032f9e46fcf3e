// What the main thread asks of a thread that reads archives, and what it gets back.
import type { MessagePort } from 'node:worker_threads';
import type { ArchiveFormat } from '../base/archive-format.ts';
import type { SharedPieces } from './piece-table.ts';

/** What became of a piece. */
export const UNREAD = 0;
export const GOOD = 1;
export const BAD = 2;

/** What an archive should hold. */
export interface Expected {
  readonly pieces: SharedPieces;
  /** Whether it should hold nothing else. */
  readonly isComplete: boolean;
}

/** Read one archive, or a part of it. */
export interface CheckTask {
  readonly kind: 'check';
  /** The folder of the store, and the archive in it; undefined: it is no folder, and {@link CheckOptions.read} is asked. */
  readonly folder: string | undefined;
  readonly key: string;
  /** The archive, for messages. */
  readonly where: string;
  readonly format: ArchiveFormat;
  /** Size of the file as it is. */
  readonly sizeBytes: number;
  /** What the whole file's SHA-256 should be. */
  readonly sha256: string;
  /** Tells what it should hold, once that is known: the archive is read meanwhile. */
  readonly expected: MessagePort;
  /** For each slot of its pieces 1 when it is to be read; then all else is left unread. */
  readonly chosen: Uint8Array | undefined;
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

/** What a thread says while it reads. */
export interface Progress {
  readonly readBytes: number;
}
