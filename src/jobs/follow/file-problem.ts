import { reasonOf, SnapshotError, systemCode } from '../../base/errors.ts';
import { asRefusal } from '../../serve/library/room.ts';
import { Refusal } from '../../serve/refusal.ts';
import { storeError } from '../../store/store-error.ts';

/**
 * Why something could not be done to one file.
 *
 * @throws SnapshotError for what stands against all files, `E_SPACE` when the disk is full; anything that is no failure of a file.
 */
export function problemOf(thrown: unknown, root: string): string {
  const error = asRefusal(thrown);
  if (error instanceof Refusal && error.status !== 507) return error.message;
  if (error instanceof Refusal)
    throw new SnapshotError('E_SPACE', `The disk of "${root}" is as full as it may be`, {
      cause: error,
      hint: 'Make room there, or lower `--min-free`.',
    });
  const code = systemCode(error);
  if (error instanceof SnapshotError || code === undefined) throw error;
  // No other file can be written either.
  if (code === 'EROFS') throw storeError('write to', root, error);
  return reasonOf(error);
}
