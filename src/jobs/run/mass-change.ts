// Whether so much changed, in one night or several, that a user should look first.
import { guardLosses, guardMassChange, type Held } from '../../series/guards.ts';
import type { IndexEntry } from '../../series/index/index-line.ts';
import { canBeGrave, gravest, lossesOf } from '../../series/damage/folder-losses.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import type { Comparison } from '../../tree/compare.ts';
import type { EntryTable } from '../../tree/entry-table.ts';
import { type BytePath, fromText } from '../../tree/path.ts';
import type { Previous } from './previous.ts';
import type { RowContext } from './row-context.ts';

/** Changes are looked at over so many days, and over so many snapshots at least. */
const WINDOW_DAYS = 7;
const WINDOW_SNAPSHOTS = 3;
const DAY_MS = 86_400_000;

/** With fewer hits, no folder can be a matter. */
const FEW = 100;

/**
 * The guard against mass change: of the whole since the last snapshot, of each folder of weight since then, and of both
 * since the window began. Hashes of all that was read are in `entries` by now.
 */
export async function massChange(
  context: RowContext,
  { newest, survey }: Previous,
  comparison: Comparison,
  entries: EntryTable,
): Promise<readonly Held[]> {
  if (newest === undefined) return [];
  const { name } = context.row;
  const hit = comparison.filesHit();
  const whole = guardMassChange(name, newest.info.count.files, hit);
  if (whole !== undefined) return context.accepts(fromText(''), whole) ? [] : [whole];
  const hasContent = contentsOf(entries);
  let differing: Differing | undefined;
  for (const base of [newest, windowBegin(survey.snapshots, context.started)]) {
    if (base === undefined || hit + hitsSince(base, survey.snapshots) <= FEW) continue;
    const changed = await changedBetween(base, newest, context.series);
    if (changed !== undefined) {
      // To look at each file of the base takes longer than all else when little changed.
      differing ??= differingIn(comparison, entries);
      const since = { ...differing, hit: new Set([...differing.hit, ...changed]) };
      if (!canBeGrave(since.hit, keptOf(entries, since))) continue;
    }
    const files = filesOf(await context.series.entries(base));
    const losses = lossesOf(
      files,
      (file) => !isSame(entries, file) && !(file.size === 0 || hasContent(file.hash)),
    );
    const grave = gravest(losses).filter((loss) => {
      return !context.accepts(loss.path, guardLosses(name, [loss], base.name));
    });
    if (grave.length > 0) return [guardLosses(name, grave, base.name)];
  }
  return [];
}

/** Where the window begins, when that is not the last snapshot: nothing before a mass change that was told counts. */
export function windowBegin(snapshots: readonly Snapshot[], now: Date): Snapshot | undefined {
  const told = snapshots.findLastIndex(({ info }) => (info.guards ?? []).length > 0);
  const fromMs = now.getTime() - WINDOW_DAYS * DAY_MS;
  const first = snapshots.findIndex(({ at }) => at.getTime() >= fromMs);
  const recent = first < 0 ? snapshots.length : first;
  const begin = Math.max(told, Math.min(recent, snapshots.length - WINDOW_SNAPSHOTS), 0);
  return begin < snapshots.length - 1 ? snapshots[begin] : undefined;
}

/** How many paths were modified or removed by the snapshots after `base`: as many files at most. */
function hitsSince(base: Snapshot, snapshots: readonly Snapshot[]): number {
  return snapshots
    .slice(snapshots.indexOf(base) + 1)
    .reduce((sum, { info }) => sum + info.change.modified + info.change.removed, 0);
}

/** Paths at which a tree may not be as an older snapshot has it. */
interface Differing {
  /** The snapshot may have had a file there. */
  readonly hit: ReadonlySet<BytePath>;
  /** It had none. */
  readonly added: ReadonlySet<BytePath>;
}

/** Where the tree differs from the snapshot that it was compared with, or nothing is known of a file. */
function differingIn(comparison: Comparison, entries: EntryTable): Differing {
  const [hit, added] = [new Set<BytePath>(), new Set<BytePath>()];
  for (const { path, kind } of comparison.changes()) (kind === 'added' ? added : hit).add(path);
  for (let i = 0; i < entries.length; i++)
    if (entries.type(i) === 'file' && entries.hash(i) === undefined) hit.add(entries.path(i));
  return { hit, added };
}

/** Every path at which two snapshots may differ; undefined when only their whole indexes tell. */
async function changedBetween(
  base: Snapshot,
  newest: Snapshot,
  series: Series,
): Promise<readonly BytePath[] | undefined> {
  if (base === newest) return [];
  // Of two with one index, it is in the changes of one of them.
  if (base.info.index.sha256 !== newest.info.index.sha256) return undefined;
  return [...(await series.changedPaths(base)), ...(await series.changedPaths(newest))];
}

/** Files that are as they were. */
function* keptOf(entries: EntryTable, { hit, added }: Differing): Generator<BytePath> {
  for (let i = 0; i < entries.length; i++) {
    if (entries.type(i) !== 'file') continue;
    const path = entries.path(i);
    if (!hit.has(path) && !added.has(path)) yield path;
  }
}

interface KnownFile {
  readonly path: IndexEntry['entry']['path'];
  readonly size: number;
  readonly hash: Uint8Array;
}

function* filesOf(items: Iterable<IndexEntry>): Generator<KnownFile> {
  for (const { entry, hash } of items) {
    if (hash !== undefined) yield { path: entry.path, size: entry.size, hash };
  }
}

function isSame(entries: EntryTable, { path, hash }: KnownFile): boolean {
  const i = entries.find(path);
  const now = i === undefined ? undefined : entries.hash(i);
  return now !== undefined && Buffer.compare(now, hash) === 0;
}

/** Whether some file has content of this hash; found out when it is asked first. */
function contentsOf(entries: EntryTable): (hash: Uint8Array) => boolean {
  let known: Set<number> | undefined;
  return (hash) => {
    if (known === undefined) {
      known = new Set();
      for (let i = 0; i < entries.length; i++) {
        const own = entries.hash(i);
        if (own !== undefined) known.add(short(own));
      }
    }
    return known.has(short(hash));
  };
}

/** 48 bits of a hash: enough to count by. */
function short(hash: Uint8Array): number {
  return Buffer.from(hash.buffer, hash.byteOffset, 6).readUIntBE(0, 6);
}
