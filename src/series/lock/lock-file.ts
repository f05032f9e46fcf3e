// The files that lock a series: what they say, and which of them still count.
import { randomBytes } from 'node:crypto';
import { SnapshotError } from '../../base/errors.ts';
import { currentOwner, holderState, type Owner } from '../../host/machine.ts';
import { removeIfAllowed } from '../../store/remove-if-allowed.ts';
import type { Store, StoreItem } from '../../store/store.ts';
import { Fields } from '../index/fields.ts';
import { VERSION_BOLT } from '../names.ts';
import type { Series } from '../series.ts';

/**
 * How the names begin: of those that one run holds at a time, and of those that many readers hold at once, which keep
 * nobody out. Versions before these knew the first kind only, and must not take a reader for a run.
 */
export type LockKind = '.lock-' | '.shared-';

/** A lock is written anew so often, for those who cannot ask this machine whether the process lives. */
export const HEARTBEAT_MS: number = 2 * 60_000;
/** Without a heartbeat for so long, the lock of a process that cannot be asked about is dead. */
export const STALE_MS: number = 30 * 60_000;

/** Where nothing may be removed, a lock ends by an object of its name with this behind it. */
const ENDED = '.ended';

/**
 * Locks that this process tries for or holds, by their place. One that is not here, and bears its name, could not
 * be removed when it was released: it must not keep out a process that lives for long.
 */
const ownLocks = new Set<string>();

export interface Lock {
  readonly owner: Owner;
  /** Only one that is held makes others give up; one that is tried for makes them try again. */
  readonly held: boolean;
  readonly since: string;
}

/** A lock file of this process. */
export class LockFile {
  series: Series;
  readonly kind: LockKind;
  readonly self: Owner;
  #name: string;
  /** Locks that have ended and are there still, and what says so, as of the last look: the lock before what says that it has ended. */
  #ended: readonly string[] = [];
  readonly #since: string = new Date().toISOString();
  /** Nobody else writes in the series any more, but to its locks and logs. */
  #isHeld = false;

  constructor(series: Series, kind: LockKind, self: Owner) {
    this.series = series;
    this.kind = kind;
    this.self = self;
    this.#name = newName(kind);
    ownLocks.add(series.place(this.#name));
  }

  /** Writes it. @throws E_STORE */
  async write(held: boolean): Promise<void> {
    await this.#write(this.#name, held);
    this.#isHeld = held;
  }

  /**
   * Writes it anew, under another name: written over in its own place, it would hide that somebody has removed it. Until
   * `judge` agrees it counts as one that is only tried for, which makes nobody else give up.
   *
   * @param judge - Told of the file as it was (undefined: it is gone), as it is now, and of all others; throws when it is lost.
   */
  async renew(
    judge: (before: StoreItem | undefined, after: StoreItem | undefined, others: readonly Lock[]) => void,
  ): Promise<void> {
    const [old, name] = [this.#name, newName(this.kind)];
    ownLocks.add(this.series.place(name));
    try {
      await this.#write(name, false);
      const { own, old: before, others } = await this.#lookAt(name, old);
      judge(before, own, others);
      await this.#write(name, true);
    } catch (error) {
      // What made it fail is what counts.
      await endLock(this.series, name).catch(() => {});
      ownLocks.delete(this.series.place(name));
      throw error;
    }
    this.#name = name;
    ownLocks.delete(this.series.place(old));
    await endLock(this.series, old);
  }

  async #write(name: string, held: boolean): Promise<void> {
    const lock: Lock = { owner: this.self, held, since: this.#since };
    await this.series.store.put(this.series.key(name), Buffer.from(`${JSON.stringify(lock)}\n`));
  }

  async remove(): Promise<void> {
    if ((await endLock(this.series, this.#name)) === 'said') return;
    // Who may remove objects also removes what others could only end.
    for (const name of this.#ended) await this.series.store.remove(this.series.key(name));
  }

  /** It lies in the folder of `series` now, which has got that name. */
  moved(series: Series): void {
    ownLocks.delete(this.series.place(this.#name));
    this.series = series;
    ownLocks.add(series.place(this.#name));
  }

  /** From here on it is not of this process any more, whether or not the file can be removed. */
  forget(): void {
    ownLocks.delete(this.series.place(this.#name));
  }

  /** It as the store has it, and all others of its kind that live or may live; those of dead processes are removed. */
  async look(): Promise<{ own: StoreItem | undefined; others: readonly Lock[] }> {
    const { ended, ...seen } = await this.#lookAt(this.#name);
    this.#ended = ended;
    return seen;
  }

  /** What was listed of snapshots before it was held is as old as it is; after that, locks only can be others. */
  async #lookAt(name: string, old?: string): Promise<Seen> {
    await this.series.store.refresh?.(this.#isHeld ? this.series.name : undefined);
    return await lookAt(this.series, this.kind, this.self, name, old);
  }
}

/** Ends a lock. @returns How: it is gone, or another object says that it has ended. */
async function endLock(series: Series, name: string): Promise<'gone' | 'said'> {
  if (await removeIfAllowed(series.store, series.key(name))) return 'gone';
  await series.store.put(series.key(name + ENDED), Buffer.alloc(0));
  return 'said';
}

/** The locks of one kind that live or may live; those of dead processes are removed. @throws E_STORE */
export async function liveLocks(series: Series, kind: LockKind): Promise<readonly Lock[]> {
  await series.store.refresh?.();
  return (await lookAt(series, kind, currentOwner())).others;
}

/** Whether a run is at work in `series`, as far as looking tells: nothing is removed. @throws E_STORE */
export async function isLocked(series: Series): Promise<boolean> {
  await series.store.refresh?.();
  const { others } = await lookAt(series, '.lock-', currentOwner(), undefined, undefined, false);
  return others.length > 0;
}

/** Who holds a lock, for people. */
export function holderText(holder: Lock | undefined): string {
  return holder === undefined || holder.since === ''
    ? 'another run'
    : `process ${holder.owner.pid} on ${holder.owner.host}, since ${holder.since}`;
}

interface Seen {
  readonly own: StoreItem | undefined;
  readonly old: StoreItem | undefined;
  readonly others: readonly Lock[];
  /** Names of locks that have ended and are there still, each before what says so. */
  readonly ended: readonly string[];
}

async function lookAt(
  series: Series,
  kind: LockKind,
  self: Owner,
  ownName?: string,
  oldName?: string,
  ends = true,
): Promise<Seen> {
  const all = (await series.store.list(series.name)).filter(({ name }) => name.startsWith(kind));
  const signs = all.filter(({ name }) => name.endsWith(ENDED));
  const ended = new Set(signs.map(({ name }) => name.slice(0, -ENDED.length)));
  const items = all.filter(({ name }) => name !== VERSION_BOLT && !name.endsWith(ENDED) && !ended.has(name));
  const own = await find(series, items, ownName);
  const old = await find(series, items, oldName);
  const others: Lock[] = [];
  for (const item of items) {
    if (item === own || item === old) continue;
    // Both times are of the store's clock, so no other clock matters.
    const isStale = (own?.modifiedMs ?? Date.now()) - item.modifiedMs > STALE_MS;
    const lock = await read(series.store, series.key(item.name), item.name, kind);
    if (lock === 'gone') continue;
    const state =
      lock === undefined
        ? 'unknown'
        : holderState(lock.owner, self, ownLocks.has(series.place(item.name.replace(/\.part$/, ''))));
    if (state === 'dead' || (state === 'unknown' && isStale)) {
      if (ends) await endLock(series, item.name);
    }
    // One that cannot be read is being written, or the disk is at fault: it counts until it is stale.
    else if (lock !== undefined) others.push(lock);
    else if (!item.name.endsWith('.part')) others.push({ owner: self, held: true, since: '' });
  }
  return { own, old, others, ended: [...ended].flatMap((name) => [name, name + ENDED]) };
}

/** A lock of this process. Listings of places far away may lag behind; asked for by its name, it is there or gone. */
async function find(
  series: Series,
  items: readonly StoreItem[],
  name: string | undefined,
): Promise<StoreItem | undefined> {
  const item = items.find((one) => one.name === name);
  if (item !== undefined || name === undefined || series.store.folder !== undefined) return item;
  const bytes = await series.store.read(series.key(name));
  if (bytes === undefined) return undefined;
  return { name, isFolder: false, isFile: true, sizeBytes: bytes.length, modifiedMs: Date.now() };
}

function newName(kind: LockKind): string {
  return `${kind}${randomBytes(8).toString('hex')}`;
}

async function read(
  store: Store,
  key: string,
  where: string,
  kind: LockKind,
): Promise<Lock | undefined | 'gone'> {
  let bytes: Buffer | undefined;
  try {
    bytes = await store.read(key);
  } catch (error) {
    // Of another user who reads the series: that is enough to know.
    if (kind !== '.shared-' || !(error instanceof SnapshotError)) throw error;
    return undefined;
  }
  if (bytes === undefined) return 'gone';
  try {
    const lock = Fields.parse(bytes.toString('utf8'), where);
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
