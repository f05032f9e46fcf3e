// Rebuilding what is lost of a snapshot but for its archives, from the archives.
import { damaged, DamagedError, SnapshotError } from '../../base/errors.ts';
import { commitSnapshot } from '../../series/commit.ts';
import { type DeadMember, formatDead, formatLine, type IndexEntry } from '../../series/index/index-line.ts';
import { SeriesLock } from '../../series/lock/lock.ts';
import { CHANGES_FILE, DEAD_FILE, archiveDate } from '../../series/names.ts';
import { restoreParts } from '../../series/script/restore-parts.ts';
import { restoreText } from '../../series/script/write-script.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import { type BytePath, comparePaths } from '../../tree/path.ts';
import { numberArchives, placeOf, readWhole, type WholeArchive } from './repair-archives.ts';
import { baseOf, type Facts, gatherFacts, orderOf } from './repair-facts.ts';
import { findArchives, type Found, withoutLost } from './repair-lost.ts';
import { itemTree } from './item-tree.ts';
import { clearAside, putAside } from './repair-aside.ts';
import { hashOf, rebuildInfo } from './repair-info.ts';
import { VirtualTree } from './repair-tree.ts';
import { keptIndex } from './shared-index.ts';
import { whatAndWayOut } from '../run/previous.ts';
import type { Repaired } from '../verify/verify-events.ts';
import { Files } from '../verify/verify-survey.ts';

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
    // What this machine has kept says nothing of what lies there.
    await series.store.distrust?.();
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
    const isOfSnapshot = error instanceof SnapshotError && ['E_DAMAGED', 'E_STORE'].includes(error.code);
    if (!isOfSnapshot) throw error;
    return { ...event, outcome: 'impossible', files: [], notes: [whatAndWayOut(error)] };
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
  const others = (await series.survey()).snapshots.filter(({ name }) => name !== snapshot);
  const files = new Files(series);
  const found = await findArchives(series, files, snapshot, facts, others);
  refuseNone(series, snapshot, found);
  // Some of them may have been linked into the folder just now.
  const read = await readWhole(series, new Files(series), snapshot, found.there, signal);
  refuseOther(series, snapshot, read, facts);
  const candidates = inOrder([...read, ...found.known], facts.archives);
  const notes: string[] = [];
  const isAll = facts.isListed && found.lost.length === 0;
  const all = numbered(series, snapshot, { archives: candidates, facts, others, isAll });
  const { archives, numbers } = withoutStrangers(candidates, all, facts);
  const rebuilt = all.lines?.items ?? (await rebuildItems(archives, numbers, facts, notes));
  const { items, lost } = withoutLost(rebuilt, new Set(numbers.values()));
  noteLost(found.lost, lost, notes);
  // Lines that speak of what is lost are written anew, without it.
  const lines = lost.length === 0 ? all.lines : undefined;
  const kept = lines ?? (await keptIndex(series, snapshot, others, all.lines, items));
  const isDeadWhole = facts.dead?.members.every(({ at }) => new Set(numbers.values()).has(at[0])) === true;
  const dead =
    lines !== undefined && facts.dead !== undefined && isDeadWhole
      ? facts.dead.members
      : findDead(archives, numbers, items);
  const info = await rebuildInfo(series, snapshot, { facts, archives, numbers, items, lost, notes });
  const unwanted = dead.map(({ path, at }) => ({ path, archive: at[0] }));
  const script = restoreParts(itemTree(items, info.format), unwanted, info.format);
  const restore = restoreText(snapshot, info, script);
  const deadFile = lines === undefined || !isDeadWhole ? undefined : facts.dead?.file;
  const deadLines = dead.length === 0 ? undefined : dead.map((member) => formatDead(member));
  return {
    parts: {
      info,
      index: kept?.index ?? items.map((item) => formatLine(item)),
      changes: kept?.changes,
      dead: deadFile ?? deadLines,
      restore,
    },
    notes,
    unused: [
      ...(kept?.changes === undefined ? [CHANGES_FILE] : []),
      ...(deadFile === undefined && deadLines === undefined ? [DEAD_FILE] : []),
      ...candidates
        .filter((one) => !archives.includes(one) && !one.file.includes('/'))
        .map(({ file }) => file),
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
    throw damaged(where, 'its SHA-256 is another one than it was');
  }
}

/** Where no archive is left there is nothing to repair from. */
function refuseNone(series: Series, snapshot: string, { there, lost, known }: Found): void {
  const [first] = [...known.map(({ file }) => file), ...lost];
  if (there.length > 0 || first === undefined) return;
  throw new DamagedError(series.place(snapshot, first), 'is missing, and so is every other archive');
}

/** In the order in which they are extracted: that in which they are named, then that of their names. */
function inOrder(archives: readonly WholeArchive[], named: readonly string[]): readonly WholeArchive[] {
  const ranks = new Map(named.map((file, i) => [baseOf(file), i]));
  const isComplete = archives.every(({ file }) => ranks.has(baseOf(file)));
  return archives.toSorted((a, b) => {
    if (isComplete) return (ranks.get(baseOf(a.file)) ?? 0) - (ranks.get(baseOf(b.file)) ?? 0);
    return orderOf(baseOf(a.file)) < orderOf(baseOf(b.file)) ? -1 : 1;
  });
}

const MOST_NAMED = 5;

function noteLost(archives: readonly string[], paths: readonly string[], notes: string[]): void {
  for (const file of archives) notes.push(`${baseOf(file)} is lost, and what only it held`);
  if (paths.length === 0) return;
  const named = paths.slice(0, MOST_NAMED).join(', ');
  const rest = paths.length > MOST_NAMED ? ` and ${paths.length - MOST_NAMED} more` : '';
  notes.push(`lost with their archives, and named in info.json as skipped: ${named}${rest}`);
}

/** Of several archives that others call by the same number, lines speak of one; the rest is of other snapshots. */
function withoutStrangers(
  candidates: readonly WholeArchive[],
  { numbers, lines }: ReturnType<typeof numbered>,
  { archives: own, dead }: Facts,
): { archives: readonly WholeArchive[]; numbers: ReadonlyMap<string, number> } {
  if (lines === undefined) return { archives: candidates, numbers };
  const places = [...lines.items, ...(dead?.members ?? [])];
  const spoken = new Set(places.flatMap(({ at }) => (at === undefined ? [] : [at[0]])));
  const archives = candidates.filter(({ file }) => own.includes(file) || spoken.has(numbers.get(file) ?? -1));
  return { archives, numbers: new Map(archives.map(({ file }) => [file, numbers.get(file) ?? -1])) };
}

/** Lines that are not about these archives are of no use. */
function numbered(
  series: Series,
  snapshot: string,
  {
    archives,
    facts,
    others,
    isAll,
  }: { archives: readonly WholeArchive[]; facts: Facts; others: readonly Snapshot[]; isAll: boolean },
): { numbers: ReadonlyMap<string, number>; lines: Facts['lines'] } {
  const numbers = isOlder(snapshot, archives, facts)
    ? undefined
    : numberArchives(archives, facts, others, isAll);
  if (numbers !== undefined) return { numbers, lines: facts.lines };
  const anew = numberArchives(archives, { ...facts, lines: undefined }, others, isAll);
  if (anew === undefined) {
    const where = series.place(snapshot);
    throw new SnapshotError('E_DAMAGED', `The archives of "${where}" cannot be numbered`);
  }
  return { numbers: anew, lines: undefined };
}

/**
 * Whether the index may be that of an older snapshot, whose changes are lost: when nothing says whether there were any,
 * and it has no entry in an archive that was written for this one.
 */
function isOlder(snapshot: string, archives: readonly WholeArchive[], { lines, info, sums }: Facts): boolean {
  if (lines === undefined || lines.changes !== undefined || info !== undefined || sums !== undefined)
    return false;
  const hashes = new Set(
    lines.items.flatMap(({ hash }) => (hash === undefined ? [] : [Buffer.from(hash).toString('hex')])),
  );
  return archives.some(
    ({ file, members }) =>
      archiveDate(file) === snapshot &&
      !members.some(({ hash }) => hash !== undefined && hashes.has(Buffer.from(hash).toString('hex'))),
  );
}

async function rebuildItems(
  archives: readonly WholeArchive[],
  numbers: ReadonlyMap<string, number>,
  { steps, dead, info }: Facts,
  notes: string[],
): Promise<readonly IndexEntry[]> {
  notes.push(
    'the index is rebuilt from the archives: inodes and times of change (ctime) are not known, nor the root',
  );
  const known = info === undefined ? [] : (dead?.members ?? []);
  const deadPlaces = new Set(known.map(({ at }) => at.join()));
  const read = archives.map(({ file, members }) => ({ file, members, number: numbers.get(file) ?? -1 }));
  const open = (): VirtualTree =>
    new VirtualTree(read, (at) => steps === undefined && deadPlaces.has(at.join()));
  let tree = open();
  if (steps === undefined) {
    tree.extractAll(false);
    // Better a file too many than one that was only moved.
    if (info === undefined || (await hashOf(tree.entries())).tree !== info.hash.tree) {
      tree = open();
      tree.extractAll(true);
    }
    notes.push(
      'RESTORE.txt is damaged too: files that were deleted since an archive was written may be back, and moved ones have the names they had before',
    );
  } else tree.follow(steps);
  const items = tree.entries();
  if (tree.hasMadeFolders) {
    notes.push(
      tree.knowsFolders
        ? 'some files lie in folders that were not there any more: they were deleted with them, or moved out of them before'
        : 'the archive of folders and links is lost: there are the folders that files lie in, and no links',
    );
  }
  return items;
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
