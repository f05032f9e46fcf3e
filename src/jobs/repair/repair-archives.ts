// The archives of a snapshot to repair: read through, and numbered as index lines call them.
import { formatOf } from '../../base/archive-format.ts';
import { readWholeArchive } from '../../check/whole-archive.ts';
import type { ArchiveSource, FoundMember } from '../../format/found-member.ts';
import { DamagedError } from '../../base/errors.ts';
import type { At } from '../../series/index/index-line.ts';
import type { ArchiveInfo } from '../../series/info.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import { baseOf, type Facts } from './repair-facts.ts';
import type { Files } from '../verify/verify-survey.ts';

/** An archive, read through and found to be whole. */
export interface WholeArchive {
  /** Seen from the snapshot's folder. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly members: readonly FoundMember[];
  /** Of one that is not there, as others tell of it. */
  readonly number?: number | undefined;
}

/** @throws {@link SnapshotError} `E_DAMAGED` when one is missing or damaged: then there is nothing to repair from. */
export async function readWhole(
  series: Series,
  files: Files,
  snapshot: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<readonly WholeArchive[]> {
  const archives: WholeArchive[] = [];
  for (const file of names) {
    const key = series.keyOf(snapshot, { file: placeOf(file) });
    const where = series.placeOf(snapshot, { file: placeOf(file) });
    const item = await files.find(key);
    if (item === undefined) throw new DamagedError(where, 'is missing');
    const bytes = item.sizeBytes;
    const read: ArchiveSource['read'] = async (offset, length) =>
      await series.store.readRange(key, offset, length);
    const whole = await readWholeArchive(
      formatOf(file) ?? 'tar.zst',
      { sizeBytes: bytes, read },
      where,
      signal,
    );
    archives.push({ file, bytes, ...whole });
  }
  return archives;
}

/** A place as info.json has it, from one seen from the snapshot's folder. */
export function placeOf(file: string): string {
  return file.startsWith('../') ? file.slice(3) : file;
}

/**
 * The number of each archive: as the lines say whose content lies in it, or as this or another snapshot's info.json
 * says, or one that fits in between.
 *
 * @param isAll - Whether these are all archives that the snapshot has.
 * @returns Undefined when the lines do not speak of these archives.
 */
export function numberArchives(
  archives: readonly WholeArchive[],
  { info, lines, dead }: Facts,
  others: readonly Snapshot[],
  isAll: boolean,
): ReadonlyMap<string, number> | undefined {
  const numbers = new Map<string, number>();
  const absent = new Set(archives.flatMap(({ number }) => number ?? []));
  if (lines !== undefined) {
    const places = lines.items.flatMap(({ at, hash }) => (at && hash ? [{ at, hash }] : []));
    const spoken = [...places, ...(dead?.members ?? [])].filter(({ at }) => !absent.has(at[0]));
    for (const [number, file] of matchNumbers(archives, spoken)) {
      if (file !== undefined) numbers.set(file, number);
      else if (isAll) return undefined;
    }
  }
  const said: ArchiveInfo[] = [...others.flatMap((other) => other.info.archives), ...(info?.archives ?? [])];
  let last = -1;
  for (const [i, { file, sha256 }] of archives.entries()) {
    const known =
      numbers.get(file) ??
      archives[i]?.number ??
      said.findLast((one) => isSameFile(one, file, sha256))?.number;
    const rest = archives.slice(i + 1).flatMap((one) => numbers.get(one.file) ?? []);
    // One that is not in order, or taken, was said by a damaged info.json.
    const isUsable = known !== undefined && known > last && !rest.includes(known);
    last = isUsable ? known : last + 1;
    numbers.set(file, last);
  }
  return new Set(numbers.values()).size === archives.length ? numbers : undefined;
}

function isSameFile(one: ArchiveInfo, file: string, sha256: string): boolean {
  return baseOf(one.file) === baseOf(file) && one.sha256 === sha256;
}

/** For each number in `places` the archive that has all that is said to lie there; undefined when none has. */
function matchNumbers(
  archives: readonly WholeArchive[],
  places: readonly { readonly at: At; readonly hash: Uint8Array }[],
): ReadonlyMap<number, string | undefined> {
  const found = archives.map(({ file, members }) => {
    const hashes = new Map<string, Uint8Array>();
    for (const { place, hash } of members) {
      if (hash !== undefined) hashes.set(`${place.offset} ${place.length} ${place.skip}`, hash);
    }
    return { file, hashes };
  });
  const candidates = new Map<number, typeof found>();
  for (const { at, hash } of places) {
    const [number, offset, length, skip] = at;
    const left = (candidates.get(number) ?? found).filter(({ hashes }) => {
      const other = hashes.get(`${offset} ${length} ${skip}`);
      return other !== undefined && Buffer.compare(other, hash) === 0;
    });
    candidates.set(number, left);
  }
  return new Map([...candidates].map(([number, [first]]) => [number, first?.file]));
}
