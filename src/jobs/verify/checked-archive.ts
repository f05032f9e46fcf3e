import type { PieceTable } from '../../check/piece-table.ts';
import type { ArchiveInfo } from '../../series/info.ts';
import type { StoreItem } from '../../store/store.ts';

/** A file that is an archive, and what snapshots say of it. */
export interface CheckedArchive {
  readonly key: string;
  /** Seen from the series' folder. */
  readonly file: string;
  /** Undefined when it is missing. */
  readonly item: StoreItem | undefined;
  readonly bytes: number;
  readonly sha256: string;
  /** Snapshots that name it so. */
  readonly snapshots: string[];
  /** All names of it, seen from the series' folder. */
  readonly places: Set<string>;
  /** What they say it holds. Files that are said to have the same SHA-256 share it. */
  readonly pieces: PieceTable;
  /** Whether one of the snapshots to verify needs it. */
  isWanted: boolean;
  /** Whether {@link pieces} are all there are: every index could be read. */
  isComplete: boolean;
  isDamaged: boolean;
  /** Whether all of it was read. */
  isRead: boolean;
  /** For each slot of {@link pieces} what became of it, once the file was read. */
  states: Uint8Array | undefined;
}

/** An archive as one snapshot has it. */
export interface NamedArchive {
  readonly info: ArchiveInfo;
  readonly archive: CheckedArchive;
}
