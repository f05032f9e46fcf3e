// Locks of runs that have written nothing yet. Most nights nothing changes: then a lock would be most of what they ask of a place
// far away.
//
// A lock is kept back until its run writes something else. Right before that it is written, and what the run has listed of the
// series is listed anew: if it is not as the run has seen it, or others have locked it meanwhile, the run ends. So this is for places
// that list at once what was written.
import { placeIn } from '../../base/address.ts';
import { SnapshotError } from '../../base/errors.ts';
import { ordered } from '../../base/ordered.ts';
import { baseOf, folderOf } from '../key.ts';
import type { ByteRange, Objects, SpooledFile } from '../objects.ts';
import { removeIfAllowed } from '../remove-if-allowed.ts';
import { REQUESTS_AT_ONCE, type StoreItem } from '../store.ts';

/** How locks of runs are called: docs/format.md. */
const LOCK = /^\.lock-[0-9a-f]+$/;
/** Locks of runs and of readers, and what says that one has ended: they are no reason to write a lock. */
const ANY_LOCK = /^\.(?:lock|shared)-/;
/** What comes and goes in a series without a lock. */
const UNLOCKED = /^\.(?:lock|shared)-|^runs\.jsonl$/;

interface Lock {
  readonly bytes: Uint8Array;
  readonly writtenMs: number;
}

/** A series whose lock is kept back. */
interface Kept {
  /** By their keys. */
  readonly locks: Map<string, Lock>;
  /** Its folders, as the run has seen them first. */
  readonly seen: Map<string, readonly StoreItem[]>;
  /** Whether locks may be there already: what came after them may have failed. */
  isSent: boolean;
  writing?: Promise<void> | undefined;
}

export class LateLocks implements Objects {
  readonly #inner: Objects;
  /** By the folder of the series. */
  readonly #kept = new Map<string, Kept>();
  readonly removeFolder?: (key: string) => Promise<boolean>;
  readonly link?: (from: string, to: string) => Promise<boolean>;
  readonly renameFolder?: (from: string, to: string) => Promise<boolean>;
  readonly freeBytes?: () => Promise<number | undefined>;

  constructor(inner: Objects) {
    this.#inner = inner;
    if (inner.removeFolder !== undefined)
      this.removeFolder = async (key) => {
        await this.#beforeWriting(key);
        return (await inner.removeFolder?.(key)) ?? false;
      };
    if (inner.link !== undefined)
      this.link = async (from, to) => {
        await this.#beforeWriting(to);
        return (await inner.link?.(from, to)) ?? false;
      };
    if (inner.renameFolder !== undefined)
      this.renameFolder = async (from, to) => {
        await this.#beforeWriting(from);
        return (await inner.renameFolder?.(from, to)) ?? false;
      };
    if (inner.freeBytes !== undefined) this.freeBytes = async () => await inner.freeBytes?.();
  }

  get label(): string {
    return this.#inner.label;
  }

  async list(folder: string, signal?: AbortSignal): Promise<readonly StoreItem[]> {
    const items = await this.#inner.list(folder, signal);
    const kept = this.#kept.get(seriesOf(folder));
    if (kept === undefined) return items;
    if (!kept.seen.has(folder)) kept.seen.set(folder, items);
    const own = [...kept.locks].flatMap(([key, { bytes, writtenMs }]) =>
      folderOf(key) === folder
        ? [
            {
              name: baseOf(key),
              isFolder: false,
              isFile: true,
              sizeBytes: bytes.length,
              modifiedMs: writtenMs,
            },
          ]
        : [],
    );
    // A lock that came meanwhile is met when this one is to be written: until then their times are of two clocks.
    return [...items.filter(({ name }) => !LOCK.test(name)), ...own];
  }

  /** As long as a run has written nothing, it compares with what it has seen. */
  refresh(folder?: string): void {
    if (this.#kept.size === 0) this.#inner.refresh?.(folder);
  }

  distrust(): void {
    this.#inner.distrust?.();
  }

  async known(sha256: string): Promise<Buffer | undefined> {
    return await this.#inner.known?.(sha256);
  }

  async get(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer | undefined> {
    const kept = this.#kept.get(seriesOf(key));
    const lock = kept?.locks.get(key);
    if (lock !== undefined) return Buffer.from(lock.bytes);
    // What it is read from must be the same when the lock is written.
    if (kept?.seen.has(folderOf(key)) === false) await this.list(folderOf(key), signal);
    return await this.#inner.get(key, range, signal);
  }

  async put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    if (LOCK.test(baseOf(key)) && (await this.#keep(key, bytes, signal))) return;
    await this.#beforeWriting(key);
    await this.#inner.put(key, bytes, signal);
  }

  async putFile(key: string, file: SpooledFile, signal?: AbortSignal): Promise<void> {
    await this.#beforeWriting(key);
    await this.#inner.putFile(key, file, signal);
  }

  async remove(key: string): Promise<void> {
    if (LOCK.test(baseOf(key))) {
      if (this.#drop(key)) return;
    } else if (await this.#mayBeThere(key)) await this.#beforeWriting(key);
    await this.#inner.remove(key);
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }

  /** @returns Whether the lock is kept back; else it is to be written. */
  async #keep(key: string, bytes: Uint8Array, signal: AbortSignal | undefined): Promise<boolean> {
    const series = seriesOf(key);
    let kept = this.#kept.get(series);
    if (kept === undefined) {
      const items = await this.#inner.list(series, signal);
      // One of this run that is written, or another: which of the two counts, their times say, and so have to be of one clock.
      if (items.some(({ name }) => name.startsWith('.lock-') && !name.endsWith('.ended'))) return false;
      kept = { locks: new Map(), seen: new Map([[series, items]]), isSent: false };
      this.#kept.set(series, kept);
    }
    kept.locks.set(key, { bytes, writtenMs: Date.now() });
    return true;
  }

  /** Forgets a lock. @returns Whether it was kept back; else it is to be removed. */
  #drop(key: string): boolean {
    const series = seriesOf(key);
    const kept = this.#kept.get(series);
    if (kept?.locks.delete(key) !== true) return false;
    if (kept.locks.size === 0) this.#kept.delete(series);
    return !kept.isSent;
  }

  async #mayBeThere(key: string): Promise<boolean> {
    if (!this.#kept.has(seriesOf(key))) return true;
    return (await this.list(folderOf(key))).some(({ name }) => name === baseOf(key));
  }

  /**
   * A lock that was kept back is written before anything else is.
   *
   * @throws {@link SnapshotError} `E_LOCKED` when the series is not as its run has seen it.
   */
  async #beforeWriting(key: string): Promise<void> {
    const series = seriesOf(key);
    const kept = this.#kept.get(series);
    if (kept === undefined || ANY_LOCK.test(baseOf(key))) return;
    const writing = (kept.writing ??= this.#write(series, kept));
    try {
      await writing;
    } finally {
      if (kept.writing === writing) kept.writing = undefined;
    }
  }

  async #write(series: string, kept: Kept): Promise<void> {
    const locks = [...kept.locks];
    kept.isSent = true;
    // As one that is held: whoever sees it steps back, and so does this one when it sees another.
    for (const [key, { bytes }] of locks) await this.#inner.put(key, bytes);
    this.#inner.refresh?.();
    if (await this.#isAsSeen(series, kept)) {
      this.#kept.delete(series);
      return;
    }
    // Where nothing may be removed, whoever gives it back says that it has ended.
    let isGone = true;
    for (const [key] of locks)
      isGone = (await removeIfAllowed(this.#inner, key).catch(() => false)) && isGone;
    kept.isSent = !isGone;
    throw new SnapshotError(
      'E_LOCKED',
      `Cannot write "${placeIn(this.label, series)}": another run was at work in it meanwhile`,
      { hint: 'Nothing was written. Run it again.' },
    );
  }

  async #isAsSeen(series: string, { locks, seen }: Kept): Promise<boolean> {
    const items = await this.#inner.list(series);
    const names = new Set(items.map(({ name }) => name));
    const isOther = (name: string): boolean =>
      LOCK.test(name) && !locks.has(`${series}/${name}`) && !names.has(`${name}.ended`);
    if (items.some(({ name }) => isOther(name)) || !isSame(seen.get(series) ?? [], items)) return false;
    // Only after that: whoever has given its lock back by then has written all that it wrote.
    const folders = [...seen].filter(([folder]) => folder !== series && !UNLOCKED.test(baseOf(folder)));
    const same = ordered(folders, REQUESTS_AT_ONCE, async ([folder, before]) =>
      isSame(before, await this.#inner.list(folder)),
    );
    for await (const isAsBefore of same) if (!isAsBefore) return false;
    return true;
  }
}

/** Whether all is as it was that is written under a lock only. */
function isSame(before: readonly StoreItem[], after: readonly StoreItem[]): boolean {
  const [known, now] = [before, after].map((items) => items.filter(({ name }) => !UNLOCKED.test(name)));
  const items = new Map(now?.map((item) => [item.name, item]));
  return items.size === known?.length && known.every((item) => isSameItem(item, items.get(item.name)));
}

/** By time or tag: the one may be missing, and the other that of the one of several servers which answered. */
function isSameItem(before: StoreItem, after: StoreItem | undefined): boolean {
  if (after === undefined || before.isFolder !== after.isFolder) return false;
  if (before.isFolder) return true;
  const isSameTag = before.tag !== undefined && before.tag === after.tag;
  return before.sizeBytes === after.sizeBytes && (before.modifiedMs === after.modifiedMs || isSameTag);
}

function seriesOf(key: string): string {
  return key.split('/', 1)[0] ?? '';
}
