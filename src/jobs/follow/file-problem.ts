import { reasonOf, SnapshotError, systemCode } from '../../base/errors.ts';
import { Refusal } from '../../serve/refusal.ts';
import { storeError } from '../../store/store-error.ts';

/** With these, no other file can be written either. */
const OF_THE_DISK: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS']);

/**
 * Why something could not be done to one file.
 *
 * @throws SnapshotError for what stands against all files, `E_SPACE` when the disk is full; anything that is no failure of a file.
 */
export function problemOf(error: unknown, root: string): string {
  if (error instanceof Refusal && error.status !== 507) return error.message;
  if (error instanceof Refusal)
    throw new SnapshotError('E_SPACE', `The disk of "${root}" is as full as it may be`, {
      cause: error,
      hint: 'Make room there, or lower `--min-free`.',
    });
  const code = systemCode(error);
  if (error instanceof SnapshotError || code === undefined) throw error;
  if (OF_THE_DISK.has(code)) throw storeError('write to', root, error);
  return reasonOf(error);
}
