// Locks of runs that have written nothing yet. Most nights nothing changes: then a lock would be most of what they cost.
//
// A lock is kept back until its run writes something else. Right before that it is written, and the series is listed anew: if it is
// not as the run has seen it, or others have locked it meanwhile, the run ends. Drive lists all of a series at once, with the sum
// of each file, so that this is seen for sure.
import { SnapshotError } from '../../base/errors.ts';
import type { StoreItem } from '../store.ts';
import type { DriveItem } from './drive-item.ts';
import type { Listing } from './drive-listings.ts';

/** How locks of runs are called: docs/format.md. */
const LOCK = /(?:^|\/)\.lock-[0-9a-f]+$/;
/** What comes and goes without a lock: locks of readers, what says that a lock has ended, and lines of the log. */
const UNLOCKED = /(?:^|\/)(?:\.lock-|\.shared-)[^/]*$|(?:^|\/)runs\.jsonl(?:\/|$)/;

export function isLock(key: string): boolean {
  return LOCK.test(key);
}

interface Lock {
  readonly bytes: Uint8Array;
  readonly writtenMs: number;
}

interface Kept {
  readonly locks: Map<string, Lock>;
  /** The series, as its run has seen it. */
  readonly seen: string;
  /** Whether they may lie in Drive: what came after that may have failed. */
  isSent: boolean;
}

/** How a lock gets into Drive, and out again. */
export interface LockPlace {
  put(key: string, bytes: Uint8Array): Promise<void>;
  remove(key: string): Promise<void>;
  /** As of now. */
  list(): Promise<Listing>;
}

/** The locks of one process, by the room that they are for. */
export class LateLocks {
  readonly #kept = new Map<string, Kept>();
  /** Rooms with own locks that are written, and those. */
  readonly #written = new Map<string, Set<string>>();
  readonly #writing = new Map<string, Promise<void>>();

  /** Rooms whose lock is kept back. */
  get rooms(): ReadonlySet<string> {
    return new Set(this.#kept.keys());
  }

  /** @param nowMs - By Google's clock. @returns Whether it is kept back; else it is to be written. */
  put(room: string, key: string, bytes: Uint8Array, listing: Listing, nowMs: number): boolean {
    if (this.#written.has(room)) {
      this.#written.get(room)?.add(key);
      return false;
    }
    const kept = this.#kept.get(room) ?? {
      locks: new Map<string, Lock>(),
      seen: signatureOf(listing),
      isSent: false,
    };
    kept.locks.set(key, { bytes, writtenMs: nowMs });
    this.#kept.set(room, kept);
    return true;
  }

  get(room: string, key: string): Uint8Array | undefined {
    return this.#kept.get(room)?.locks.get(key)?.bytes;
  }

  /** @returns Whether it was kept back; else it is to be removed. */
  remove(room: string, key: string): boolean {
    const kept = this.#kept.get(room);
    const isKept = kept?.locks.delete(key) === true;
    if (kept?.locks.size === 0) this.#kept.delete(room);
    const written = this.#written.get(room);
    written?.delete(key);
    if (written?.size === 0) this.#written.delete(room);
    return isKept && !kept.isSent;
  }

  /** Those in a folder, as a listing shows them. @param key - Of the folder. */
  listed(room: string, key: string): readonly StoreItem[] {
    const prefix = key === '' ? '' : `${key}/`;
    return [...(this.#kept.get(room)?.locks ?? [])].flatMap(([place, { bytes, writtenMs }]) => {
      const name = place.slice(prefix.length);
      if (!place.startsWith(prefix) || name.includes('/')) return [];
      return [{ name, isFolder: false, isFile: true, sizeBytes: bytes.length, modifiedMs: writtenMs }];
    });
  }

  /**
   * To be called before anything is written into a room: a lock that was kept back is written first.
   *
   * @throws {@link SnapshotError} `E_LOCKED` when the series is not as its run has seen it.
   */
  async write(room: string, what: string, place: LockPlace): Promise<void> {
    const kept = this.#kept.get(room);
    if (kept === undefined) return;
    const writing = this.#writing.get(room) ?? this.#write(room, kept, what, place);
    this.#writing.set(room, writing);
    try {
      await writing;
    } finally {
      this.#writing.delete(room);
    }
  }

  async #write(room: string, kept: Kept, what: string, place: LockPlace): Promise<void> {
    const locks = [...kept.locks];
    kept.isSent = true;
    // As one that is held: whoever sees it steps back, and so does this one when it sees another.
    for (const [key, { bytes }] of locks) await place.put(key, bytes);
    const listing = await place.list();
    const isOther = (key: string): boolean => isLock(key) && !kept.locks.has(key);
    const ended = new Set(listing.listed().map(({ key }) => key.replace(/\.ended$/, '-ended')));
    const others = listing.listed().filter(({ key }) => isOther(key) && !ended.has(`${key}-ended`));
    if (others.length > 0 || signatureOf(listing) !== kept.seen) {
      for (const [key] of locks) await place.remove(key);
      kept.isSent = false;
      throw new SnapshotError('E_LOCKED', `${what}: another run was at work in it meanwhile`, {
        hint: 'Nothing was written. Run it again.',
      });
    }
    this.#written.set(room, new Set(kept.locks.keys()));
    this.#kept.delete(room);
  }
}

/** All that lies in a room, but for what comes and goes without a lock. */
function signatureOf(listing: Listing): string {
  const lines = listing.listed().flatMap((item) => (UNLOCKED.test(item.key) ? [] : [lineOf(item)]));
  return lines.toSorted().join('\n');
}

function lineOf({ id, key, sha256, sizeBytes, isFolder }: DriveItem): string {
  return isFolder ? `${id} ${key}` : `${id} ${key} ${sizeBytes} ${sha256}`;
}
