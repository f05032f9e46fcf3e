import { wayOut } from '../../series/guards.ts';
import { SnapshotError } from '../../base/errors.ts';
import { isApart } from '../../host/file-systems.ts';
import { fixedFolders } from '../../host/state-folder.ts';
import type { Row } from '../../plan/plan.ts';
import { markDisk } from '../../series/disk-marker.ts';
import { isSuccess, type PastRecord } from '../../series/past.ts';
import type { Series } from '../../series/series.ts';
import { type Away, findAway } from './away.ts';
import { mountDoubt } from './mount-doubt.ts';
import { type KnownDestination, type Memory, withSeries } from '../status/memory.ts';
import { essentialOf, withoutFuture } from '../status/status.ts';

/** The disk that a row writes to, and the memory of it. Without a memory, every disk counts as there. */
export class RowDisk {
  readonly away: Away | undefined;
  readonly #memory: Memory | undefined;
  readonly #note: (message: string) => void;

  private constructor(away: Away | undefined, memory: Memory | undefined, note: (message: string) => void) {
    this.away = away;
    this.#memory = memory;
    this.#note = note;
  }

  /**
   * Looks whether the disk is there.
   *
   * @param isAccepted - Whatever is there is taken as new: `--accept-changes` was given.
   * @param note - Told when the memory cannot be used: no reason not to back up.
   */
  static async look(
    { every }: Row,
    series: Series,
    memory: Memory | undefined,
    now: Date,
    isAccepted: boolean,
    note: (message: string) => void,
  ): Promise<RowDisk> {
    if (memory === undefined) return new RowDisk(undefined, memory, note);
    let known: KnownDestination | undefined;
    try {
      known = await memory.find(series.store.label);
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      note(
        `what this machine knows of the destination cannot be read, so it counts as new: ${error.message}`,
      );
    }
    const away = await findAway(series, every, known, now);
    if (!isAccepted || away === undefined) return new RowDisk(away, memory, note);
    note(`accepted: what is at "${series.store.label}" now, though it was ${away.message}`);
    return new RowDisk(undefined, memory, note);
  }

  /** Why the destination looks like a place for a disk, without one: what is written there fills another. */
  async doubt({ store, name }: Series): Promise<string | undefined> {
    if (this.away !== undefined) return undefined;
    const doubt = store.folder === undefined ? undefined : await mountDoubt(store.folder);
    if (doubt === undefined) return undefined;
    const isBegun = !doubt.isCertain && (await store.list(name)).some((item) => item.isFolder);
    return isBegun ? undefined : `${doubt.message}: is its disk connected? It is written to all the same`;
  }

  /** Throws when it is away for so long that the row is overdue. @throws {@link SnapshotError} `E_STORE` */
  refuseOverdue({ name, destination, strategy }: Row): void {
    if (this.away?.isOverdue !== true) return;
    const what = strategy === 'sync' ? 'sync with' : 'back up to';
    throw new SnapshotError('E_STORE', `Cannot ${what} "${destination}": ${this.away.message}`, {
      hint: `Connect it. ${wayOut(name, undefined, 'If another one takes its place on purpose')}`,
    });
  }

  /** Remembers how a run ended; after a success, also the disk, which gets a marker if it can be unplugged. */
  async remember({ store, name }: Series, record: PastRecord, now: Date): Promise<void> {
    const memory = this.#memory;
    if (memory === undefined) return;
    try {
      const disk = isSuccess(record) ? await identify(store, memory.folder) : undefined;
      // On the system's own disk, the log of the series says it all.
      if (disk?.id === null && (await memory.find(store.label)) === undefined) return;
      const waitingSince = this.away?.since ?? null;
      await memory.update(store.label, (known) => ({
        ...withSeries(known, name, ({ records, numbers }) => ({
          name,
          numbers,
          waitingSince,
          records: essentialOf(withoutFuture([...records, record], now)),
        })),
        ...(disk !== undefined && {
          isRemovable: disk.id !== null,
          disks: [...new Set([...known.disks, ...(disk.id === null ? [] : [disk.id])])],
        }),
      }));
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      this.#note(`this machine will not remember this run: ${error.message}`);
    }
  }
}

/** The disk with a destination; its id is null when it is not one that can be unplugged. */
async function identify(store: Series['store'], stateFolder: string): Promise<{ id: string | null }> {
  const { folder } = store;
  const isRemovable = folder !== undefined && (await isApart(folder, [stateFolder, ...fixedFolders()]));
  return { id: isRemovable ? await markDisk(store) : null };
}
