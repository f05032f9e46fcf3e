// Which file call is to fail, and how; shared by all threads of a process.
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

const KEY = 'snapshot-test-faults';

/** Calls that give room to something, which a full disk refuses. */
const TAKES_ROOM = ['appendFile', 'create', 'datasync', 'link', 'mkdir', 'rename', 'sync', 'write'];
/** Calls that leave something behind. */
const CHANGES = [...TAKES_ROOM.filter((call) => call !== 'create'), 'rmdir', 'truncate', 'unlink'];
/** Calls that look a path up. */
const BY_PATH = ['create', 'link', 'mkdir', 'open', 'openSync', 'readdir', 'rename', 'rmdir', 'unlink'];

export type Fault = 'EIO' | 'late' | 'ENOSPC' | 'EACCES' | 'EBUSY' | 'ENOENT' | 'short' | 'delay' | 'kill';

/**
 * What can go wrong, and the calls that it happens to; all of them when undefined.
 *
 * `late`: the call is done and fails all the same, as on a file server that loses its answer. `short`: half of the
 * bytes only. `kill`: the process is killed.
 */
export const FAULTS: Readonly<Record<Fault, readonly string[] | undefined>> = {
  EIO: undefined,
  late: CHANGES,
  ENOSPC: TAKES_ROOM,
  EACCES: BY_PATH,
  EBUSY: ['create', 'open', 'rename', 'rmdir', 'unlink'],
  ENOENT: ['link', 'lstat', 'open', 'openSync', 'readdir', 'rename', 'rmdir', 'unlink'],
  short: ['read', 'readSync', 'write'],
  delay: undefined,
  kill: undefined,
};

const NAMES = Object.keys(FAULTS) as readonly Fault[];

// Places in the shared memory.
const [FAULT, COUNT, AT, LASTS, HITS] = [0, 1, 2, 3, 4];

/** What is to happen in this process. At first, nothing. */
export class FaultPlan {
  readonly #state: Int32Array;

  constructor() {
    const given = isMainThread ? undefined : (getEnvironmentData(KEY) as SharedArrayBuffer);
    const memory = given ?? new SharedArrayBuffer(64);
    if (isMainThread) setEnvironmentData(KEY, memory);
    this.#state = new Int32Array(memory);
    if (isMainThread) this.disarm();
  }

  /** From now on, `fault` happens at call number `n` (from 1) of those that it can happen to; if it lasts, at all later ones. */
  arm(fault: Fault, n: number, lasts: boolean): void {
    this.#state.fill(0);
    this.#state.set([NAMES.indexOf(fault), 0, n, Number(lasts), 0]);
  }

  /** No more faults. @returns How many there were. */
  disarm(): number {
    const hits = Atomics.load(this.#state, HITS);
    Atomics.store(this.#state, FAULT, -1);
    return hits;
  }

  /** What happens to a call that is about to be made. */
  next(call: string): Fault | undefined {
    const fault = NAMES[Atomics.load(this.#state, FAULT)];
    if (fault === undefined) return undefined;
    const calls = FAULTS[fault];
    if (calls !== undefined && !calls.includes(call)) return undefined;
    const count = Atomics.add(this.#state, COUNT, 1) + 1;
    const at = Atomics.load(this.#state, AT);
    const isHit = Atomics.load(this.#state, LASTS) === 1 ? count >= at : count === at;
    if (!isHit) return undefined;
    Atomics.add(this.#state, HITS, 1);
    return fault;
  }
}
