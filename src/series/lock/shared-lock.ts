// Who reads a series for long asks that nothing is rotated out meanwhile. It keeps nobody out.
import { SnapshotError } from '../../base/errors.ts';
import { currentOwner } from '../../host/machine.ts';
import { HEARTBEAT_MS, LockFile, liveLocks, type Lock } from './lock-file.ts';
import type { Series } from '../series.ts';

/** A series that this process reads from. */
export class SharedLock {
  readonly #file: LockFile;
  readonly #heartbeat: NodeJS.Timeout;
  #busy: Promise<void> = Promise.resolve();

  private constructor(file: LockFile) {
    this.#file = file;
    this.#heartbeat = setInterval(() => {
      // Should it fail, the next one may work; half an hour is many of them.
      this.#busy = file.write(true).catch(() => {});
    }, HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  /**
   * Locks `series`, which must be there.
   *
   * @param note - Told when that cannot be done, as on a disk that is read-only: no reason not to read.
   */
  static async acquire(series: Series, note: (message: string) => void): Promise<SharedLock | undefined> {
    const file = new LockFile(series, '.shared-', currentOwner());
    try {
      await file.write(true);
      return new SharedLock(file);
    } catch (error) {
      file.forget();
      if (!(error instanceof SnapshotError)) throw error;
      note(`it is not locked against a rotation meanwhile: ${error.message}`);
      return undefined;
    }
  }

  /** Gives it back. @param note - Told when the file cannot be removed. */
  async release(note: (message: string) => void): Promise<void> {
    clearInterval(this.#heartbeat);
    await this.#busy;
    this.#file.forget();
    try {
      await this.#file.remove();
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      note(`the lock could not be removed; it goes away by itself: ${error.message}`);
    }
  }
}

/**
 * Does `work` while no run rotates out what it reads. Where there is no series, none appears.
 *
 * @param note - Told of what is wrong with the lock; see {@link SharedLock}.
 */
export async function whileShared<T>(
  series: Series,
  note: (message: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  const isThere = (await series.store.list(series.name)).length > 0;
  const lock = isThere ? await SharedLock.acquire(series, note) : undefined;
  try {
    return await work();
  } finally {
    await lock?.release(note);
  }
}

/** Who reads `series` now, if anybody does. Locks of dead readers are removed. @throws E_STORE */
export async function findReader(series: Series): Promise<Lock | undefined> {
  return (await liveLocks(series, '.shared-'))[0];
}
