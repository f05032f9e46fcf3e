import type { ArchiveFormat } from '../base/archive-format.ts';
import type { Contents, SharedHashes } from '../format/contents.ts';
import type { CreateArchive } from './archive-set.ts';
import type { WorkerPool } from './pool.ts';

export interface PackOptions {
  /** What the paths of the entries are relative to. */
  readonly root: string;
  readonly format: ArchiveFormat;
  readonly pool: WorkerPool;
  readonly signal: AbortSignal;
  /** Takes what is written. */
  readonly contents: Contents;
  /** Content that is stored already, and is not written again. */
  readonly known: SharedHashes | undefined;
  /** Sizes of stored content: large files of such a size are hashed before anything is written. */
  readonly knownSizes: ReadonlySet<number>;
  /** What places call the first archive that is written; the others follow. */
  readonly firstNumber: number;
  readonly create: CreateArchive;
  /** Begins the archive for folders and links. */
  readonly createTree: CreateArchive;
  /** Told how much content was packed, or found to be stored, each time some was. */
  readonly progress: (files: number, bytes: number) => void;
  /** Default 512 MiB. */
  readonly archiveBytes?: number | undefined;
}
