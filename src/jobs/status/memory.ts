// What this machine remembers of destinations while their disks are away.
import { createHash } from 'node:crypto';
import { SnapshotError } from '../../base/errors.ts';
import { thisStateFolder } from '../../host/state-folder.ts';
import { Fields } from '../../series/index/fields.ts';
import type { Numbers } from '../../series/order.ts';
import { type PastRecord, readPast } from '../../series/past.ts';
import { labelOf, openStore } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';

/** What is known of one destination. */
export interface KnownDestination {
  /** It has a file system of its own, so it may be away. */
  readonly isRemovable: boolean;
  /** Ids of the disks that were seen there: several may take turns. */
  readonly disks: readonly string[];
  readonly series: readonly KnownSeries[];
}

export interface KnownSeries {
  readonly name: string;
  /** Since when runs have found its disk away; null when the last one found it. */
  readonly waitingSince: string | null;
  /** The few that make up its state, in order. */
  readonly records: readonly PastRecord[];
  /** What it has given, where its row has other destinations: one of them may be used while this one is away. */
  readonly numbers?: Numbers | undefined;
}

/** Gives what is known of a destination, for those who only look. */
export type Recall = (destination: string) => Promise<KnownDestination | undefined>;

/** What this machine knows. What cannot be read counts as unknown, and `warn` is told. */
export function recallHere(warn: (message: string) => void): Recall {
  const memory = new Memory(thisStateFolder());
  return async (destination) => {
    try {
      return await memory.find(destination);
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      warn(`${error.message}; the destination counts as new`);
      return undefined;
    }
  };
}

const NOTHING: KnownDestination = { isRemovable: false, disks: [], series: [] };

/**
 * One file for each destination, in the state folder. Where that vanishes, everything is as on a new machine.
 * Two programs that write one at the same moment: the last one wins, and what the other one had to add is missing
 * until its next run.
 */
export class Memory {
  readonly folder: string;
  readonly #store: Store;
  /** Rows that run at once write one after the other. */
  #writing: Promise<unknown> = Promise.resolve();

  /** @param folder - The state folder; it is made with the first file. */
  constructor(folder: string) {
    this.folder = folder;
    this.#store = openStore(folder);
  }

  /** What is known of `destination`; undefined when nothing is. @throws {@link SnapshotError} when it cannot be read. */
  async find(destination: string): Promise<KnownDestination | undefined> {
    const key = keyOf(destination);
    const bytes = await this.#store.read(key);
    return bytes === undefined ? undefined : parseKnown(bytes.toString('utf8'), `${this.folder}/${key}`);
  }

  /**
   * Replaces what is known of `destination` by what `change` makes of it.
   *
   * @throws {@link SnapshotError} `E_STORE` when it cannot be written.
   */
  async update(destination: string, change: (known: KnownDestination) => KnownDestination): Promise<void> {
    const write = async (): Promise<void> => {
      // One that is damaged says nothing, and is written anew; who looked before has told of it.
      const known = (await this.find(destination).catch(() => undefined)) ?? NOTHING;
      const { series, ...others } = change(known);
      const all = { version: 1, path: labelOf(destination), ...others, series: series.map(writtenOf) };
      const text = JSON.stringify(all, undefined, 2);
      await this.#store.put(keyOf(destination), Buffer.from(`${text}\n`));
    };
    const written = this.#writing.then(write);
    this.#writing = written.catch(() => {});
    await written;
  }
}

/** `known` with what `change` makes of one of its series. */
export function withSeries(
  known: KnownDestination,
  name: string,
  change: (series: KnownSeries) => KnownSeries,
): KnownDestination {
  const before = known.series.find((one) => one.name === name) ?? { name, waitingSince: null, records: [] };
  const others = known.series.filter((one) => one.name !== name);
  return { ...known, series: [...others, change(before)] };
}

/** What is known of the series `from` of `destination` is of `to` from now on. @throws {@link SnapshotError} */
export async function moveSeries(
  memory: Memory,
  destination: string,
  from: string,
  to: string,
): Promise<void> {
  const before = (await memory.find(destination))?.series.find(({ name }) => name === from);
  if (before === undefined) return;
  await memory.update(destination, (known) => {
    const series = known.series.filter(({ name }) => name !== from && name !== to);
    return { ...known, series: [...series, { ...before, name: to }] };
  });
}

function keyOf(destination: string): string {
  const path = labelOf(destination);
  // E:\Backup and e:\backup are one folder.
  const same = process.platform === 'win32' ? path.toLowerCase() : path;
  return `destinations/${createHash('sha256').update(same).digest('hex').slice(0, 16)}.json`;
}

function writtenOf({ numbers, ...others }: KnownSeries): object {
  if (numbers === undefined) return others;
  return { ...others, numbers: { sequence: numbers.sequence, archives: numbers.archive + 1 } };
}

function numbersIn(fields: Fields): Numbers {
  // Of archives the first is number 0: before it, none was given.
  return { sequence: fields.count('sequence'), archive: fields.count('archives') - 1 };
}

/** @throws {@link SnapshotError} `E_DAMAGED` */
export function parseKnown(text: string, where: string): KnownDestination {
  const fields = Fields.parse(text, where);
  return {
    isRemovable: fields.boolean('isRemovable'),
    disks: fields.strings('disks'),
    series: fields.objects('series').map((series) => ({
      name: series.text('name'),
      waitingSince: series.has('waitingSince') ? series.time('waitingSince') : null,
      records: series.objects('records').map(readPast),
      ...(series.has('numbers') && { numbers: numbersIn(series.object('numbers')) }),
    })),
  };
}
