// In which order the snapshots of a series were written, and when. Pure.
import { placeInTime, type Placed } from './clocks.ts';
import { isOwn } from './info.ts';
import { snapshotTime } from './names.ts';
import type { Snapshot } from './series.ts';

type Found = Pick<Snapshot, 'name' | 'info'>;

/**
 * What the clock said when `name` was begun, to the second; milliseconds since 1970. The name is true to the clock, but
 * for those of earlier versions: after a clock that was ahead, they went on from there.
 */
export function claimOf({ name, info }: Found): number {
  const named = snapshotTime(name)?.getTime() ?? 0;
  const started = Date.parse(info.time.started);
  if (info.sequence !== undefined || Number.isNaN(started)) return named;
  return Math.min(named, Math.floor(started / 1000) * 1000);
}

/** Whole snapshots, the oldest first, each with its time. @param found - In any order. */
export function inOrder(found: readonly Found[], now: Date): readonly Snapshot[] {
  const ordered = byWriting(found);
  const placed = placeInTime(ordered.map(claimOf), now.getTime());
  return ordered.map(({ name, info }, i) => ({ name, info, ...timeOf(placed[i]) }));
}

/** What {@link Snapshot} says of its time. */
export function timeOf(placed: Placed | undefined): Pick<Snapshot, 'at' | 'doubt'> {
  return { at: new Date(placed?.ms ?? 0), doubt: placed?.doubt };
}

/** The highest numbers that a series has given: no other snapshot, and no other archive, may have one of them. */
export interface Numbers {
  readonly sequence: number;
  readonly archive: number;
}

export const NO_NUMBERS: Numbers = { sequence: 0, archive: -1 };

export function numbersOf(snapshots: readonly Found[]): Numbers {
  return snapshots.reduce(
    (most, { info }) => ({
      sequence: Math.max(most.sequence, info.sequence ?? 0),
      archive: info.archives.reduce((highest, { number }) => Math.max(highest, number), most.archive),
    }),
    NO_NUMBERS,
  );
}

/** The number for the next snapshot. @param given - What is known to be given where the series lies as well. */
export function nextSequence(snapshots: readonly Found[], given: Numbers = NO_NUMBERS): number {
  return Math.max(numbersOf(snapshots).sequence, given.sequence) + 1;
}

/**
 * In the order in which they were written. That is the order of `sequence`. Snapshots without it are of an earlier
 * version, whose names only grow, or of a repair: they follow the last one whose archives are older than theirs, as the
 * numbers of archives grow with each snapshot that writes one.
 */
function byWriting(found: readonly Found[]): readonly Found[] {
  const byName = found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const numbered = byName
    .filter(({ info }) => info.sequence !== undefined)
    .toSorted((a, b) => (a.info.sequence ?? 0) - (b.info.sequence ?? 0));
  const marks = marksOf(numbered);
  const others = byName.filter(({ info }) => info.sequence === undefined);
  const placed = numbered.map((snapshot, i) => ({ snapshot, place: i * 2 + 1 }));
  let place = 0;
  for (const [i, mark] of marksOf(others).entries()) {
    const after = marks.findLastIndex((other) => other < mark);
    place = Math.max(place, (after + 1) * 2);
    const snapshot = others[i];
    if (snapshot !== undefined) placed.push({ snapshot, place });
  }
  return placed.toSorted((a, b) => a.place - b.place).map(({ snapshot }) => snapshot);
}

/** The highest number of an archive that was written until each of `snapshots`. */
function marksOf(snapshots: readonly Found[]): readonly number[] {
  let most = -1;
  return snapshots.map(({ name, info }) => {
    for (const { number, file } of info.archives) if (isOwn(file, name, info)) most = Math.max(most, number);
    return most;
  });
}
