import { SnapshotError } from '../../base/errors.ts';
import { liveLocks } from '../../series/lock/lock-file.ts';
import { SeriesLock } from '../../series/lock/lock.ts';
import type { Series } from '../../series/series.ts';

/**
 * The lock of a series on a disk that may be so full that there is no room for a lock. Then nobody else can take it either:
 * one snapshot is removed without it, and the lock is taken before the second.
 */
export class LateLock {
  readonly #series: Series;
  #lock: SeriesLock | undefined;
  #checks = 0;

  private constructor(series: Series, lock: SeriesLock | undefined) {
    this.#series = series;
    this.#lock = lock;
  }

  /** @throws {@link SnapshotError} `E_LOCKED` when another run holds it; `E_SPACE` when one may, and there is no room. */
  static async acquire(series: Series): Promise<LateLock> {
    try {
      return new LateLock(series, await SeriesLock.acquire(series));
    } catch (error) {
      if (!(error instanceof SnapshotError) || error.code !== 'E_SPACE') throw error;
      if ((await liveLocks(series, '.lock-')).length > 0) throw error;
      return new LateLock(series, undefined);
    }
  }

  /** As `SeriesLock.check`; to be called before each removal. */
  async check(): Promise<void> {
    if (this.#lock !== undefined) return await this.#lock.check();
    if (this.#checks++ > 0) this.#lock = await SeriesLock.acquire(this.#series);
  }

  /** Gives it back. @param note - Told when that fails. */
  async release(note: (message: string) => void): Promise<void> {
    await this.#lock?.release(note);
  }
}
