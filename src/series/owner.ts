// Whose a series is. Two sources that are backed up into one series would remove each other's snapshots in turn.
import { SnapshotError } from '../base/errors.ts';
import { Fields } from './index/fields.ts';
import { type Info, MACHINE, parseInfo } from './info.ts';
import { OWNER_FILE, INFO_FILE, snapshotTime } from './names.ts';
import type { Series } from './series.ts';

/** What a series belongs to. What is `''` is not known, and anything may be it. */
export interface SeriesOwner {
  readonly host: string;
  /** A keyed hash of the machine's id. */
  readonly machine: string;
  readonly source: string;
}

/**
 * Whom `series` belongs to: the last one that adopted it, or else the one that made its newest snapshot. A snapshot
 * that does not say, as after a repair, leaves that to the one before it.
 *
 * @returns undefined when nothing tells: the series is new, or what it says is damaged.
 * @throws {@link SnapshotError} `E_DAMAGED` when owner.json does not say what it should; `E_STORE` when nothing tells, and
 *   something cannot be read.
 */
export async function readOwner(series: Series): Promise<SeriesOwner | undefined> {
  const adopted = await series.store.read(series.key(OWNER_FILE));
  if (adopted !== undefined) {
    const fields = Fields.parse(adopted.toString('utf8'), series.place(OWNER_FILE));
    return {
      host: fields.text('host'),
      machine: fields.has('machine') ? fields.text('machine', MACHINE) : '',
      source: fields.text('source'),
    };
  }
  const items = await series.store.list(series.name);
  const names = items.flatMap(({ name, isFolder }) =>
    isFolder && snapshotTime(name) !== undefined ? [name] : [],
  );
  // By name, as one look at the newest is to be enough: only who adopts changes whose a series is.
  let refusal: SnapshotError | undefined;
  for (const name of names.toSorted().toReversed()) {
    const info = await readInfo(series, name);
    if (info instanceof SnapshotError) refusal ??= info;
    else if (info !== undefined && (info.host !== '' || info.source !== ''))
      return { host: info.host, machine: info.machine ?? '', source: info.source };
  }
  if (refusal !== undefined) throw refusal;
  return undefined;
}

/** Remembers that `series` belongs to `owner` from now on. */
export async function writeOwner(series: Series, owner: SeriesOwner): Promise<void> {
  const { host, machine, source } = owner;
  const text = JSON.stringify({ host, ...(machine !== '' && { machine }), source }, undefined, 2);
  await series.store.put(series.key(OWNER_FILE), Buffer.from(`${text}\n`));
}

/**
 * What a snapshot says of itself; undefined when it says nothing, for which the run has words of its own; why it cannot be
 * read.
 */
async function readInfo(series: Series, name: string): Promise<Info | SnapshotError | undefined> {
  try {
    const text = await series.store.read(series.key(name, INFO_FILE));
    return text && parseInfo(text.toString('utf8'), series.place(name, INFO_FILE));
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    return error.code === 'E_DAMAGED' ? undefined : error;
  }
}

/**
 * Whether two machines are one, as far as their names and ids tell.
 *
 * Both have to be the same where both are known. A copied machine has the id of the one it was copied from, and another
 * name; two machines that came with one name have ids of their own. Who renames a machine is refused once, and
 * adopts its series; who copies one would lose snapshots.
 */
export function isSameMachine(
  one: Pick<SeriesOwner, 'host' | 'machine'>,
  other: Pick<SeriesOwner, 'host' | 'machine'>,
): boolean {
  if (one.machine !== '' && other.machine !== '' && one.machine !== other.machine) return false;
  return one.host === '' || other.host === '' || isSameHost(one.host, other.host);
}

/** Host names are not case-sensitive, and come with a domain or without, which depends on the network. */
function isSameHost(one: string, other: string): boolean {
  const [a, b] = [one, other].map((host) => host.toLowerCase().replace(/\.$|\.local\.?$/, ''));
  return a === b || a?.split('.')[0] === b || a === b?.split('.')[0];
}
