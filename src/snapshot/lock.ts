// One run at a time per series, also when runs die, machines restart, or two machines share a file server.
//
// Each run makes a lock file with a name of its own and then looks at all of them, as restic does. Names of
// their own make it safe to remove a dead one: no process can remove another's by mistake.
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { SnapshotError } from '../errors.ts';
import { currentOwner, type Owner, ownerState } from '../host/machine.ts';
import type { Store, StoreItem } from '../store/store.ts';
import { Fields } from './fields.ts';
import type { Series } from './series.ts';

const PREFIX = '.lock-';

/** A lock is written anew so often, for those who cannot ask this machine whether the process lives. */
const HEARTBEAT_MS = 5 * 60_000;
/** Without a heartbeat for so long, the lock of a process that cannot be asked about is dead. */
const STALE_MS = 30 * 60_000;

/** Runs that begin at the same moment all step back and try again; so many times. */
const MAX_TRIES = 30;

/**
 * Locks that this process tries for or holds, by their place. One that is not here, and bears its name, could not
 * be removed when it was released: it must not keep out a process that lives for long.
 */
const ownLocks = new Set<string>();

interface Lock {
  readonly owner: Owner;
  /** Only one that is held makes others give up; one that is tried for makes them try again. */
  readonly held: boolean;
  readonly since: string;
}

/** A series that this process has to itself. */
export class SeriesLock {
  readonly #store: Store;
  readonly #key: string;
  readonly #heartbeat: NodeJS.Timeout;

  readonly #place: string;

  private constructor(store: Store, key: string, place: string, lock: Lock) {
    this.#store = store;
    this.#key = key;
    this.#place = place;
    this.#heartbeat = setInterval(() => {
      // Should it fail, the next one may work; 30 minutes are six of them.
      void write(store, key, lock).catch(() => {});
    }, HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  /**
   * Locks `series`. Locks of dead processes are removed.
   *
   * @throws {@link SnapshotError} `E_LOCKED` when another run holds it.
   */
  static async acquire(series: Series, self: Owner = currentOwner()): Promise<SeriesLock> {
    const { store } = series;
    const name = `${PREFIX}${randomBytes(8).toString('hex')}`;
    const place = series.place(name);
    ownLocks.add(place);
    try {
      const lock = await win(series, name, self);
      return new SeriesLock(store, series.key(name), place, lock);
    } catch (error) {
      ownLocks.delete(place);
      throw error;
    }
  }

  async release(): Promise<void> {
    clearInterval(this.#heartbeat);
    ownLocks.delete(this.#place);
    await this.#store.remove(this.#key);
  }
}

/** Tries for the lock `name` until it is held. @throws E_LOCKED */
async function win(series: Series, name: string, self: Owner): Promise<Lock> {
  const { store } = series;
  const key = series.key(name);
  const lock: Lock = { owner: self, held: false, since: new Date().toISOString() };
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    await write(store, key, lock);
    let others: readonly Lock[];
    try {
      others = await liveLocks(series, key, self);
      if (others.length === 0) {
        const held = { ...lock, held: true };
        await write(store, key, held);
        return held;
      }
    } catch (error) {
      await store.remove(key);
      throw error;
    }
    await store.remove(key);
    const holder = others.find(({ held }) => held);
    if (holder !== undefined) throw locked(series, holder);
    await delay(10 + Math.random() * 20 * (tries + 1));
  }
  throw locked(series, undefined);
}

async function write(store: Store, key: string, lock: Lock): Promise<void> {
  await store.put(key, Buffer.from(`${JSON.stringify(lock)}\n`));
}

/** Locks of processes that live or may live, other than `ownKey`; the rest is removed. */
async function liveLocks(series: Series, ownKey: string, self: Owner): Promise<readonly Lock[]> {
  const items = (await series.store.list(series.name)).filter(({ name }) => name.startsWith(PREFIX));
  const own = items.find(({ name }) => series.key(name) === ownKey);
  const live: Lock[] = [];
  for (const item of items) {
    if (item === own) continue;
    // Both times are of the store's clock, so no other clock matters.
    const isStale = (own?.modifiedMs ?? Date.now()) - item.modifiedMs > STALE_MS;
    const lock = await read(series, item);
    if (lock === 'gone') continue;
    const state =
      lock === undefined
        ? 'unknown'
        : stateOf(lock.owner, self, series.place(item.name.replace(/\.part$/, '')));
    if (state === 'dead' || (state === 'unknown' && isStale))
      await series.store.remove(series.key(item.name));
    // One that cannot be read is being written, or the disk is at fault: it counts until it is stale.
    else if (lock !== undefined) live.push(lock);
    else if (!item.name.endsWith('.part')) live.push({ owner: self, held: true, since: '' });
  }
  return live;
}

function stateOf(owner: Owner, self: Owner, place: string): ReturnType<typeof ownerState> {
  const isSelf = isDeepStrictEqual(owner, currentOwner());
  return isSelf && !ownLocks.has(place) ? 'dead' : ownerState(owner, self);
}

async function read(series: Series, item: StoreItem): Promise<Lock | undefined | 'gone'> {
  const bytes = await series.store.read(series.key(item.name));
  if (bytes === undefined) return 'gone';
  try {
    const lock = Fields.parse(bytes.toString('utf8'), item.name);
    const owner = lock.object('owner');
    const [host, machine, boot, started] = [
      owner.text('host'),
      owner.text('machine'),
      owner.text('boot'),
      owner.text('started'),
    ];
    return {
      owner: { host, machine, boot, pid: owner.count('pid'), started },
      held: lock.boolean('held'),
      since: lock.text('since'),
    };
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    // Not whole: what that means is decided by its age.
    return undefined;
  }
}

function locked(series: Series, holder: Lock | undefined): SnapshotError {
  const who =
    holder === undefined || holder.since === ''
      ? 'another run'
      : `process ${holder.owner.pid} on ${holder.owner.host}, since ${holder.since}`;
  return new SnapshotError('E_LOCKED', `Series "${series.name}" is locked by ${who}`, {
    hint: 'Wait for that run to end. The lock of a run that died goes away by itself.',
  });
}
