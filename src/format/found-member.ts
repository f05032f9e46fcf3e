import type { PlaceInArchive } from './contents.ts';
import type { Member } from './member.ts';
import type { FrameSize } from './zstd/seek-table.ts';

/** Bytes of an archive that lies in a store. */
export interface ArchiveSource {
  readonly sizeBytes: number;
  /**
   * Exactly `length` bytes from `offset` on; throws if the source ends before.
   *
   * @param into - Memory of that length that they may be put into. Else they are in memory of their own.
   */
  read(offset: number, length: number, into?: Buffer): Promise<Buffer>;
}

/** Takes content piece by piece and gives 32 bytes for it. */
export interface ContentHasher {
  /** Begins anew. */
  reset(): void;
  update(bytes: Uint8Array): void;
  digest(): Uint8Array;
}

/** A member as it was found in an archive, read through. */
export interface FoundMember {
  readonly member: Member;
  /** Where the content of a file lies: `at` of `docs/format.md`. Zeros for what is no file. */
  readonly place: PlaceInArchive;
  /** 32 bytes, of the content; undefined for what is no file. */
  readonly hash: Uint8Array | undefined;
}

/** The place of what has no content. */
export const NO_PLACE: FoundMember['place'] = { offset: 0, length: 0, skip: 0 };

/** Some of the frames of a tar.zst: the first one begins with a member. */
export interface ArchivePart {
  /** Its first byte, and the one after its last. */
  readonly from: number;
  readonly to: number;
  /** What its frames are to be. */
  readonly frames: readonly FrameSize[];
  /** Whether the archive ends with it, but for the seek table. */
  readonly isLast: boolean;
}

/** What reading an archive takes. */
export interface Reading {
  readonly source: ArchiveSource;
  /** Undefined: all of it. */
  readonly part?: ArchivePart | undefined;
  readonly hasher: ContentHasher;
  readonly signal: AbortSignal;
}
