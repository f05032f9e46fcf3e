// What damage costs: which files no archive of the series has any more, and which snapshots have the last copy.
import { SnapshotError } from '../../base/errors.ts';
import { display } from '../../tree/path.ts';
import { type Flaw, type Flaws, lacks, type Loss, placeOf } from './damage.ts';
import type { At } from '../index/index-line.ts';
import type { Series, Snapshot } from '../series.ts';

/** So many paths are told of each snapshot. */
const MOST_PATHS = 3;

/** Content that is damaged in some snapshot. */
export interface HurtContent {
  /** Byte for byte a character. */
  readonly hash: string;
  /** Snapshots that have a file with it, and nothing to give it back from. */
  readonly lackedBy: ReadonlySet<string>;
  /** Those in whose archives it still lies. */
  readonly soundIn: ReadonlySet<string>;
}

export interface Losses {
  /** Oldest snapshot first. */
  readonly losses: readonly Loss[];
  readonly contents: readonly HurtContent[];
}

interface Hurt {
  readonly hash: string;
  readonly lackedBy: Set<string>;
  readonly soundIn: Set<string>;
  /** Files that have it, by the snapshots. */
  readonly files: { readonly snapshot: string; readonly path: string }[];
}

/**
 * Reads the indexes of `snapshots`, twice, when any archive is damaged. What nobody has read counts as sound, and what
 * was accepted is not told of; it is sound for nobody either.
 *
 * @param given - Hashes, byte for byte a character, of what is sound elsewhere: it is not lost.
 */
export async function findLosses(
  series: Series,
  snapshots: readonly Snapshot[],
  flaws: Flaws,
  given: ReadonlySet<string> = new Set(),
): Promise<Losses> {
  const flawOf = new Map(snapshots.map((snapshot) => [snapshot.name, flawedArchives(snapshot, flaws)]));
  const hurt = new Map<string, Hurt>();
  for (const snapshot of snapshots) {
    const own = flawOf.get(snapshot.name);
    if (own === undefined || [...own.values()].every(({ accepted }) => accepted)) continue;
    for await (const { path, hash: bytes, at } of contentsOf(series, snapshot)) {
      const flaw = own.get(at[0]);
      if (path === undefined || flaw === undefined || flaw.accepted || !lacks(flaw, bytes)) continue;
      const hash = hashKey(bytes);
      const one = hurt.get(hash) ?? { hash, lackedBy: new Set(), soundIn: new Set(), files: [] };
      hurt.set(hash, one);
      one.lackedBy.add(snapshot.name);
      one.files.push({ snapshot: snapshot.name, path });
    }
  }
  if (hurt.size === 0) return { losses: [], contents: [] };
  for (const snapshot of snapshots) {
    for await (const { hash, at } of contentsOf(series, snapshot)) {
      const one = hurt.get(hashKey(hash));
      const flaw = flawOf.get(snapshot.name)?.get(at[0]);
      if (one !== undefined && (flaw === undefined || !lacks(flaw, hash))) one.soundIn.add(snapshot.name);
    }
  }
  const lost = [...hurt]
    .filter(([key, { soundIn }]) => soundIn.size === 0 && !given.has(key))
    .flatMap(([, { files }]) => files);
  return { losses: lossesOf(lost, snapshots), contents: [...hurt.values()] };
}

/** A hash, byte for byte a character: as a key it takes the least. */
export function hashKey(hash: Uint8Array): string {
  return Buffer.from(hash).toString('latin1');
}

/** The damaged archives of a snapshot, by number. */
function flawedArchives({ name, info }: Snapshot, flaws: Flaws): ReadonlyMap<number, Flaw> {
  const found = info.archives.flatMap((archive): [number, Flaw][] => {
    const flaw = flaws.get(placeOf(name, archive));
    return flaw === undefined ? [] : [[archive.number, flaw]];
  });
  return new Map(found);
}

function lossesOf(lost: readonly Hurt['files'][number][], snapshots: readonly Snapshot[]): readonly Loss[] {
  return snapshots.flatMap(({ name: snapshot }) => {
    const paths = lost.filter((one) => one.snapshot === snapshot).map(({ path }) => path);
    if (paths.length === 0) return [];
    return [{ snapshot, files: paths.length, paths: paths.toSorted().slice(0, MOST_PATHS) }];
  });
}

/** All content that a snapshot names, with the path of what is in its tree. */
async function* contentsOf(
  series: Series,
  snapshot: Snapshot,
): AsyncGenerator<{ path: string | undefined; hash: Uint8Array; at: At }> {
  try {
    for (const { entry, hash, at } of await series.entries(snapshot)) {
      if (hash !== undefined && at !== undefined) yield { path: display(entry.path), hash, at };
    }
    for await (const { hash, at } of series.dead(snapshot)) yield { path: undefined, hash, at };
  } catch (error) {
    // An index that cannot be read is damage by itself, and told as that.
    if (!(error instanceof SnapshotError) || error.code !== 'E_DAMAGED') throw error;
  }
}

/**
 * Which of the snapshots `letGo` (oldest first) are to stay for now: they have the last sound copy of content that
 * is damaged in one that stays.
 */
export function lastCopies(contents: readonly HurtContent[], letGo: readonly string[]): ReadonlySet<string> {
  const going = new Set(letGo);
  const held = new Set<string>();
  for (const { lackedBy, soundIn } of contents) {
    const isNeeded = [...lackedBy].some((name) => !going.has(name));
    const stays = [...soundIn].some((name) => !going.has(name) || held.has(name));
    const newest = letGo.findLast((name) => soundIn.has(name));
    if (isNeeded && !stays && newest !== undefined) held.add(newest);
  }
  return held;
}
