import { SnapshotError } from '../../base/errors.ts';
import { PastFile } from '../../sync/past-file.ts';
import type { Sides } from '../../sync/see.ts';
import { SideError } from '../../sync/side.ts';
import { openPair } from './pair.ts';

/**
 * Opens a pair for `work`, and closes it.
 *
 * @throws {@link SnapshotError} `E_ROW` also where `work` could not do to one path what all the rest needs.
 */
export async function withPair<T>(
  here: string,
  there: string,
  work: (sides: Sides, file: PastFile) => Promise<T>,
): Promise<T> {
  try {
    const sides = await openPair(here, there);
    const file = new PastFile([sides.here.address, sides.there.address]);
    try {
      return await work(sides, file);
    } finally {
      await file.close();
      await Promise.all([sides.here.close(), sides.there.close()]);
    }
  } catch (error) {
    if (!(error instanceof SideError)) throw error;
    throw new SnapshotError('E_ROW', `${error.what}: ${error.message}`, {
      cause: error,
      hint: 'What was done by then stays; the next sync goes on.',
    });
  }
}
