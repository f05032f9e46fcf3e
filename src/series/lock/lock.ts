// One run at a time per series, also when runs die, machines restart or sleep, or two machines share a file server.
//
// Each run makes a lock file with a name of its own and then looks at all of them, as restic does. Names of
// their own make it safe to remove a dead one: no process can remove another's by mistake.
import { setTimeout as delay } from 'node:timers/promises';
import { SnapshotError } from '../../base/errors.ts';
import { currentOwner, type Owner } from '../../host/machine.ts';
import { HEARTBEAT_MS, holderText, type Lock, LockFile, STALE_MS } from './lock-file.ts';
import type { Series } from '../series.ts';

/** Runs that begin at the same moment all step back and try again; so many times. */
const MAX_TRIES = 30;

/** After so long without a heartbeat others may soon take the lock for dead: it counts as lost before that. */
const GIVE_UP_MS = STALE_MS / 2;

/** The lock is another's now, or nobody's: whatever is written from here on may be in another run's way. */
export class LockLostError extends SnapshotError {
  constructor(series: string, why: string, cause?: unknown) {
    super('E_LOCKED', `The lock of series "${series}" was lost: ${why}`, {
      cause,
      hint: 'Nothing more was written. Another run takes over; if none does, run again.',
    });
  }
}

/** A series that this process has to itself. */
export class SeriesLock {
  readonly #file: LockFile;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #losing = new AbortController();
  /** The heartbeat or look under way: one after the other. */
  #busy: Promise<void> = Promise.resolve();
  #renewed: Now = now();

  private constructor(file: LockFile) {
    this.#file = file;
    this.#heartbeat = setInterval(() => void this.beat(), HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  /**
   * Locks `series`. Locks of dead processes are removed.
   *
   * @throws {@link SnapshotError} `E_LOCKED` when another run holds it.
   */
  static async acquire(series: Series, self: Owner = currentOwner()): Promise<SeriesLock> {
    const file = new LockFile(series, '.lock-', self);
    try {
      await win(file);
      return new SeriesLock(file);
    } catch (error) {
      file.forget();
      throw error;
    }
  }

  /** Aborts with a {@link LockLostError} when the lock is lost: whoever holds it has to end. */
  get signal(): AbortSignal {
    return this.#losing.signal;
  }

  /** Gives a sign of life. What keeps it from that for too long loses the lock. Never rejects. */
  async beat(): Promise<void> {
    try {
      await this.#look(() => true);
    } catch (error) {
      const silentMs = elapsedMs(this.#renewed);
      // Should it fail once, the next one may work.
      if (error instanceof LockLostError || silentMs <= GIVE_UP_MS) return;
      const why = `it could not be renewed for ${Math.round(silentMs / 60_000)} minutes: ${textOf(error)}`;
      this.#losing.abort(new LockLostError(this.#file.series.name, why, error));
    }
  }

  /**
   * Makes sure that it is still held, before something that cannot be undone.
   *
   * @throws {@link LockLostError} when it is not; {@link SnapshotError} `E_STORE` when that cannot be found out.
   */
  async check(): Promise<void> {
    // After a sleep no timer has told anybody that this process lives.
    await this.#look(() => elapsedMs(this.#renewed) > 2 * HEARTBEAT_MS);
  }

  /**
   * Has `move` give the folder of the series, and so the lock, the name of `series`. After that it gives no sign of life:
   * what is left to do is short, and a heartbeat in between would make the old folder anew.
   */
  async moveTo(series: Series, move: () => Promise<void>): Promise<void> {
    clearInterval(this.#heartbeat);
    await this.#busy;
    await move();
    this.#file.moved(series);
  }

  /**
   * Gives it back.
   *
   * @param note - Told when the file cannot be removed, which harms nothing that was done; without it, that is thrown.
   */
  async release(note?: (message: string) => void): Promise<void> {
    clearInterval(this.#heartbeat);
    // One that is under way would make the file anew.
    await this.#busy;
    this.#file.forget();
    try {
      await this.#file.remove();
    } catch (error) {
      if (note === undefined || !(error instanceof SnapshotError)) throw error;
      note(`the lock could not be removed, and will be by the next run: ${error.message}`);
    }
  }

  /** Looks for it, one look after the other. @param isDue - Whether the file is to be written anew. */
  async #look(isDue: () => boolean): Promise<void> {
    const looking = this.#busy.then(async () => {
      this.signal.throwIfAborted();
      await (isDue() ? this.#renew() : this.#find());
    });
    this.#busy = looking.catch((error: unknown) => {
      if (error instanceof LockLostError) this.#losing.abort(error);
    });
    await looking;
  }

  async #find(): Promise<void> {
    const { own, others } = await this.#file.look();
    this.#refuse(own, others);
  }

  async #renew(): Promise<void> {
    await this.#file.renew((before, after, others) => {
      this.#refuse(before, others);
      // By the store's clock: so long nobody has heard of this process. Who tries now may be about to remove the file.
      const silentMs = (after?.modifiedMs ?? 0) - (before?.modifiedMs ?? 0);
      const [other] = others;
      if (silentMs > GIVE_UP_MS && other !== undefined) throw this.#lostTo(other);
    });
    this.#renewed = now();
  }

  #refuse(own: unknown, others: readonly Lock[]): void {
    // One that cannot be read is no proof.
    const holder = others.find(({ held, since }) => held && since !== '');
    if (holder !== undefined) throw this.#lostTo(holder);
    if (own !== undefined) return;
    throw new LockLostError(
      this.#file.series.name,
      'its file is gone, as after half an hour without a sign of life',
    );
  }

  #lostTo(holder: Lock): LockLostError {
    return new LockLostError(this.#file.series.name, `${holderText(holder)}, has taken it over`);
  }
}

/** Tries for the lock until it is held. @throws E_LOCKED */
async function win(file: LockFile): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    await file.write(false);
    let others: readonly Lock[];
    try {
      ({ others } = await file.look());
      if (others.length === 0) {
        await file.write(true);
        return;
      }
    } catch (error) {
      await file.remove();
      throw error;
    }
    await file.remove();
    const holder = others.find(({ held }) => held);
    if (holder !== undefined) throw locked(file.series, holder);
    // Stryker disable next-line ArithmeticOperator: any time will do that differs from those of the others
    await delay(10 + Math.random() * 20 * (tries + 1));
  }
  throw locked(file.series, undefined);
}

function locked(series: Series, holder: Lock | undefined): SnapshotError {
  return new SnapshotError('E_LOCKED', `Series "${series.name}" is locked by ${holderText(holder)}`, {
    hint: 'Wait for that run to end. The lock of a run that died goes away by itself.',
  });
}

/** Both clocks: the one may be set back, and the other may stand still while the machine sleeps. */
interface Now {
  readonly wallMs: number;
  readonly steadyMs: number;
}

function now(): Now {
  return { wallMs: Date.now(), steadyMs: performance.now() };
}

/** Milliseconds since `then`, by the clock that says more. */
function elapsedMs(then: Now): number {
  return Math.max(Date.now() - then.wallMs, performance.now() - then.steadyMs);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
