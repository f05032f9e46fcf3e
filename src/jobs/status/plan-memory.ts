// What this machine remembers of the rows of a plan, to notice when one is gone.
import { createHash } from 'node:crypto';
import { SnapshotError } from '../../base/errors.ts';
import { findPattern } from '../../plan/glob.ts';
import { isInside } from '../../plan/place.ts';
import type { Plan, Row } from '../../plan/plan.ts';
import { seriesName } from '../store-of.ts';
import { Fields } from '../../series/index/fields.ts';
import { labelOf, openStore } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import type { Memory } from './memory.ts';

/** A row that has had a success. */
export type KnownRow = Pick<Row, 'destination' | 'name' | 'source'> & Partial<Pick<Row, 'strategy'>>;

/** What its series is called in its destination. */
export function knownName({ name, strategy = 'incremental' }: KnownRow): string {
  return seriesName({ name, strategy });
}

function placeOf({ destination, name }: KnownRow): string {
  return `${labelOf(destination)}/${name}`;
}

function keyOf(plan: string): string {
  return `plans/${createHash('sha256').update(plan).digest('hex').slice(0, 16)}.json`;
}

/**
 * Tells of each row of `plan` whether it has had a success. What cannot be read says nothing.
 *
 * @param note - Told when it cannot be read.
 */
export async function knownSuccesses(
  memory: Memory,
  plan: string,
  note: (message: string) => void,
): Promise<(row: Row) => boolean> {
  try {
    const places = new Set((await readRows(openStore(memory.folder), plan)).map(placeOf));
    return (row) => places.has(placeOf(row));
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    note(`what this machine knows of the plan cannot be read: ${error.message}`);
    return () => false;
  }
}

/** The rows that have had a success under the plan `file`. @throws {@link SnapshotError} when that cannot be read. */
async function readRows(store: Store, file: string): Promise<readonly KnownRow[]> {
  const bytes = await store.read(keyOf(file));
  if (bytes === undefined) return [];
  const fields = Fields.parse(bytes.toString('utf8'), `${store.label}/${keyOf(file)}`);
  return fields.objects('rows').map((row) => ({
    destination: row.text('destination'),
    name: row.text('name'),
    source: row.text('source'),
    ...(row.has('strategy') && { strategy: 'mirror' as const }),
  }));
}

/**
 * Remembers that these rows of `plan` had a success. Series that no row makes any more stay known for as long as they
 * are there.
 *
 * @param note - Told when that is not possible: no reason for anything to fail.
 */
export async function rememberRows(
  memory: Memory,
  plan: string,
  succeeded: readonly KnownRow[],
  note: (message: string) => void,
): Promise<void> {
  const store = openStore(memory.folder);
  try {
    // One that is damaged says nothing, and is written anew.
    const before = await readRows(store, plan).catch(() => []);
    const rows = new Map(succeeded.map((row) => [placeOf(row), row]));
    for (const row of before)
      if (!rows.has(placeOf(row)) && (await isStillThere(row, memory))) rows.set(placeOf(row), row);
    const list = [...rows.values()].map(({ destination, name, source, strategy }) => ({
      // An address may have secrets in its options.
      destination: labelOf(destination),
      name,
      source,
      // Its series is called otherwise.
      ...(strategy === 'mirror' && { strategy }),
    }));
    const text = textOf(plan, list);
    if (text !== textOf(plan, before)) await store.put(keyOf(plan), Buffer.from(text));
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    note(`this machine will not remember the rows of the plan: ${error.message}`);
  }
}

/** The row of `plan` that made the series `from` of `destination` makes `to` from now on. @throws {@link SnapshotError} */
export async function renameKnownRow(
  memory: Memory,
  plan: string,
  destination: string,
  from: string,
  to: string,
): Promise<void> {
  const store = openStore(memory.folder);
  const before = await readRows(store, plan);
  const isIt = (row: KnownRow): boolean => row.destination === destination && row.name === from;
  if (!before.some(isIt)) return;
  const rows = before.map((row) => (isIt(row) ? { ...row, name: to } : row));
  await store.put(keyOf(plan), Buffer.from(textOf(plan, rows)));
}

function textOf(plan: string, rows: readonly KnownRow[]): string {
  const sorted = rows.toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1));
  return `${JSON.stringify({ version: 1, path: plan, rows: sorted }, undefined, 2)}\n`;
}

/** Whether there is such a series, or nobody can tell, as its disk may be away. */
async function isStillThere({ destination, name }: KnownRow, memory: Memory): Promise<boolean> {
  const known = await memory.find(destination).catch(() => undefined);
  if (known?.isRemovable === true) return true;
  try {
    return (await openStore(destination).list(name)).length > 0;
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    return true;
  }
}

/**
 * Rows that had a success once, and that `plan` has not any more: neither as they were, nor switched off. Their series
 * are there, or on a disk that is away.
 *
 * @throws {@link SnapshotError} when what is remembered cannot be read.
 */
export async function goneRows(memory: Memory, { file, rows }: Plan): Promise<readonly KnownRow[]> {
  const known = await readRows(openStore(memory.folder), file);
  const places = new Set(rows.map(placeOf));
  // A glob that is switched off is not looked up: whatever it may have matched is switched off, too.
  const off = await Promise.all(
    rows.map(async ({ active, source, destination }) => {
      const pattern = active ? undefined : await findPattern(source);
      return { destination, folder: pattern?.folder };
    }),
  );
  const isOff = (row: KnownRow): boolean =>
    off.some(
      ({ destination, folder }) =>
        folder !== undefined && labelOf(destination) === row.destination && isInside(row.source, folder),
    );
  const gone: KnownRow[] = [];
  for (const row of known)
    if (!places.has(placeOf(row)) && !isOff(row) && (await isStillThere(row, memory))) gone.push(row);
  return gone;
}
