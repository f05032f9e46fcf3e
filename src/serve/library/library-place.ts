// Where a library lies, and what is said when that cannot be used.
import { stat } from 'node:fs/promises';
import { reasonOf, SnapshotError } from '../../base/errors.ts';

export interface LibraryPlace {
  /** The folder with the files. */
  readonly files: string;
  /** The folder with its journal and parts. */
  readonly data: string;
}

/** A file that has arrived gets its name without being copied. */
export async function checkFileSystem({ files, data }: LibraryPlace): Promise<void> {
  const [one, other] = await Promise.all(
    [files, data].map(async (folder) => await stat(folder).catch(() => undefined)),
  );
  if (one === undefined || other === undefined || one.dev === other.dev) return;
  throw new SnapshotError('E_STORE', `"${files}" and "${data}" are on two file systems`, {
    hint: 'Mount the disk one folder higher, so that both are on it.',
  });
}

/** In words of a library: to a scan, the folder is the source of a plan. */
export function unreadable(folder: string, error: unknown): unknown {
  if (!(error instanceof SnapshotError) || error.code !== 'E_ROW') return error;
  const message = `Cannot read "${folder}": ${reasonOf(error.cause ?? error)}`;
  return new SnapshotError('E_STORE', message, { cause: error, hint: 'Is its disk connected?' });
}
