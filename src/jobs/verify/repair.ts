// Rebuilding what is lost of a snapshot but for its archives, from the archives.
import { SnapshotError } from '../../errors.ts';
import { commitSnapshot } from '../../snapshot/commit.ts';
import { type DeadMember, formatDead, formatLine, type IndexEntry } from '../../snapshot/index-line.ts';
import { SeriesLock } from '../../snapshot/lock.ts';
import { CHANGES_FILE, DEAD_FILE } from '../../snapshot/names.ts';
import { restoreText } from '../../snapshot/restore-text.ts';
import type { Series, Snapshot } from '../../snapshot/series.ts';
import { type BytePath, comparePaths } from '../../tree/path.ts';
import { numberArchives, placeOf, readWhole, type WholeArchive } from './repair-archives.ts';
import { type Facts, gatherFacts } from './repair-facts.ts';
import { clearAside, putAside } from './repair-aside.ts';
import { rebuildInfo } from './repair-info.ts';
import { VirtualTree } from './repair-tree.ts';
import { restoreOfIndex } from '../restore/restore-of-index.ts';
import type { Repaired } from './verify-events.ts';
import { Files } from './verify-survey.ts';

/**
 * Writes what is damaged in snapshots anew, each whole or not at all, `info.json` last; what was there stays as
 * `NAME.damaged`.
 *
 * @throws {@link SnapshotError} `E_LOCKED` when a run is at work in the series.
 */
export async function repair(
  series: Series,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly Repaired[]> {
  const lock = await SeriesLock.acquire(series);
  try {
    const repaired: Repaired[] = [];
    for (const name of names) {
      signal.throwIfAborted();
      repaired.push(await repairOne(series, name, lock, signal));
    }
    return repaired;
  } finally {
    await lock.release();
  }
}

async function repairOne(
  series: Series,
  snapshot: string,
  lock: SeriesLock,
  signal: AbortSignal,
): Promise<Repaired> {
  const event = { event: 'repair', series: series.name, snapshot } as const;
  try {
    const rebuilt = await rebuild(series, snapshot, signal);
    const before = await putAside(series, snapshot);
    await commitSnapshot(series, snapshot, rebuilt.parts, lock);
    const files = await clearAside(series, snapshot, rebuilt.unused, before);
    return { ...event, outcome: 'repaired', files, notes: rebuilt.notes };
  } catch (error) {
    if (!(error instanceof SnapshotError) || error.code !== 'E_DAMAGED') throw error;
    return { ...event, outcome: 'impossible', files: [], notes: [error.message] };
  }
}

interface Rebuilt {
  readonly parts: Parameters<typeof commitSnapshot>[2];
  readonly notes: readonly string[];
  /** Files that the snapshot had, perhaps, and has no more. */
  readonly unused: readonly string[];
}

async function rebuild(series: Series, snapshot: string, signal: AbortSignal): Promise<Rebuilt> {
  const facts = await gatherFacts(series, snapshot);
  const archives = await readWhole(series, new Files(series), snapshot, facts.archives, signal);
  refuseOther(series, snapshot, archives, facts);
  const others = (await series.survey()).snapshots.filter(({ name }) => name !== snapshot);
  const notes: string[] = [];
  const { numbers, lines } = numbered(archives, facts, others, series.place(snapshot));
  const items = lines?.items ?? rebuildItems(archives, numbers, facts, notes);
  const dead =
    lines !== undefined && facts.dead !== undefined ? facts.dead.members : findDead(archives, numbers, items);
  const info = await rebuildInfo(series, snapshot, { facts, archives, numbers, items, notes });
  const restore = restoreText(snapshot, info, restoreOfIndex(items, dead, info.format));
  const deadFile = lines === undefined ? undefined : facts.dead?.file;
  const deadLines = dead.length === 0 ? undefined : dead.map((member) => formatDead(member));
  return {
    parts: {
      info,
      index: lines?.index ?? items.map((item) => formatLine(item)),
      changes: lines?.changes,
      dead: deadFile ?? deadLines,
      restore,
    },
    notes,
    unused: [
      ...(lines?.changes === undefined ? [CHANGES_FILE] : []),
      ...(deadFile === undefined && deadLines === undefined ? [DEAD_FILE] : []),
    ],
  };
}

/** Some changes to an archive, of permission bits in a zip say, leave it readable. */
function refuseOther(
  series: Series,
  snapshot: string,
  archives: readonly WholeArchive[],
  { sums, info }: Facts,
): void {
  for (const { file, sha256 } of archives) {
    const ofInfo = info?.archives.find((archive) => archive.file === placeOf(file))?.sha256;
    const said = [sums?.get(file), ofInfo].filter((sum) => sum !== undefined);
    if (said.length === 0 || said.includes(sha256)) continue;
    const where = series.place(snapshot, file);
    throw new SnapshotError('E_DAMAGED', `"${where}" is damaged: its SHA-256 is another one than it was`);
  }
}

/** Lines that are not about these archives are of no use. */
function numbered(
  archives: readonly WholeArchive[],
  facts: Facts,
  others: readonly Snapshot[],
  where: string,
): { numbers: ReadonlyMap<string, number>; lines: Facts['lines'] } {
  const numbers = numberArchives(archives, facts, others);
  if (numbers !== undefined) return { numbers, lines: facts.lines };
  const anew = numberArchives(archives, { ...facts, lines: undefined }, others);
  if (anew === undefined)
    throw new SnapshotError('E_DAMAGED', `The archives of "${where}" cannot be numbered`);
  return { numbers: anew, lines: undefined };
}

function rebuildItems(
  archives: readonly WholeArchive[],
  numbers: ReadonlyMap<string, number>,
  { steps, dead, info }: Facts,
  notes: string[],
): readonly IndexEntry[] {
  notes.push(
    'the index is rebuilt from the archives: inodes and times of change (ctime) are not known, nor the root',
  );
  const known = info === undefined ? [] : (dead?.members ?? []);
  const deadPlaces = new Set(known.map(({ at }) => at.join()));
  const read = archives.map(({ file, members }) => ({ file, members, number: numbers.get(file) ?? -1 }));
  const tree = new VirtualTree(read, (at) => steps === undefined && deadPlaces.has(at.join()));
  if (steps === undefined) {
    tree.extractAll();
    notes.push(
      'RESTORE.txt is damaged too: files that were deleted since an archive was written may be back, and moved ones have the names they had before',
    );
  } else tree.follow(steps);
  return tree.entries();
}

/** What the archives hold that no entry has. */
function findDead(
  archives: readonly WholeArchive[],
  numbers: ReadonlyMap<string, number>,
  items: readonly IndexEntry[],
): readonly DeadMember[] {
  const live = new Set(items.flatMap(({ at }) => (at === undefined ? [] : [`${at[0]} ${at[1]} ${at[3]}`])));
  const dead: DeadMember[] = [];
  for (const { file, members } of archives) {
    const number = numbers.get(file) ?? -1;
    for (const { member, place, hash } of members) {
      if (hash === undefined || live.has(`${number} ${place.offset} ${place.skip}`)) continue;
      const at = [number, place.offset, place.length, place.skip] as const;
      dead.push({ path: member.path as BytePath, size: member.size, hash, at });
    }
  }
  return dead.toSorted((a, b) => comparePaths(a.path, b.path));
}
