// What runs that were cut short have left: finished archives, which the next snapshot can use.
import { formatOf } from '../../base/archive-format.ts';
import { readWholeArchive } from '../../check/whole-archive.ts';
import { SnapshotError } from '../../base/errors.ts';
import { isForSame } from '../../series/crypt/keys.ts';
import type { Row } from '../../plan/plan.ts';
import type { Series, Survey } from '../../series/series.ts';
import type { BytePath } from '../../tree/path.ts';
import { datesOf } from './new-names.ts';
import type { Previous } from './previous.ts';
import type { RowContext } from './row-context.ts';
import type { Shelf } from './shelf.ts';

/**
 * Puts the finished archives of folders that are no snapshots on `shelf`, and what they hold into the holdings of
 * `previous`, after reading them through. One that is damaged is left alone.
 */
export async function takeUnfinished(
  { series, row, options, report }: RowContext,
  { survey, holdings }: Previous,
  shelf: Shelf,
): Promise<void> {
  // A dry run would only take long to say the same.
  if (options.dryRun) return;
  const found = await findFinished(series, survey, row);
  if (found.length === 0) return;
  const totalBytes = found.reduce((sum, { bytes }) => sum + bytes, 0);
  const count = report.phase('look', found.length, totalBytes);
  for (const { snapshot, file, bytes } of found) {
    // Where one is damaged, the same one in another folder may not be.
    if (shelf.hasFile(file)) {
      count(1, bytes);
      continue;
    }
    const key = series.key(snapshot, file);
    const read = async (offset: number, length: number): Promise<Buffer> => {
      const part = await series.store.readRange(key, offset, length, options.signal);
      count(0, part.length);
      return part;
    };
    try {
      const where = series.place(snapshot, file);
      const archive = { sizeBytes: bytes, read };
      const { members, sha256 } = await readWholeArchive(row.format, archive, where, options.signal);
      const number = shelf.add(snapshot, { file, bytes, sha256 });
      for (const { member, place, hash } of members) {
        if (hash === undefined) continue;
        const at = [number, place.offset, place.length, place.skip] as const;
        holdings.addDead({ path: member.path as BytePath, size: member.size, hash, at });
      }
      report.note(`using ${file}, which an earlier run finished before it was cut short`);
    } catch (error) {
      if (!(error instanceof SnapshotError) || error.code !== 'E_DAMAGED') throw error;
      report.note(`${error.message}; it is not used`);
    }
    count(1, 0);
  }
}

interface Finished {
  readonly snapshot: string;
  readonly file: string;
  readonly bytes: number;
}

/** The finished archives of folders that are no snapshots, as far as a snapshot of the row may have them. */
async function findFinished(
  series: Series,
  survey: Survey,
  { format, encrypt }: Pick<Row, 'format' | 'encrypt'>,
): Promise<readonly Finished[]> {
  const found: Finished[] = [];
  for (const { snapshot, date } of await datedFolders(series, survey)) {
    if (!isForSame(await series.begunFor(snapshot), encrypt)) continue;
    const items = await series.store.list(series.key(snapshot));
    const sizes = new Map(items.map(({ name, sizeBytes }) => [name, sizeBytes]));
    for (const file of await series.finished(snapshot, date))
      if (formatOf(file) === format) found.push({ snapshot, file, bytes: sizes.get(file) ?? 0 });
  }
  return found;
}

/**
 * Unfinished folders, and the date of the archives that each has of its own, in the order of these: numbers of archives
 * have to grow as the dates in their names do.
 */
async function datedFolders(
  series: Series,
  { snapshots, unfinished, kept, damaged }: Survey,
): Promise<readonly { readonly snapshot: string; readonly date: string }[]> {
  const latest = [...datesOf(snapshots)].toSorted().at(-1) ?? '';
  const folders: { snapshot: string; date: string }[] = [];
  // Earlier versions left nothing that tells archives of a run from those of a snapshot which has lost all else.
  const archivesOnly = damaged.flatMap(({ name, isArchivesOnly }) => (isArchivesOnly ? [name] : []));
  for (const snapshot of [...unfinished, ...kept, ...archivesOnly]) {
    for (const date of await series.archiveDates(snapshot))
      // Older ones are links to what was rotated out meanwhile, or belong to a snapshot.
      if (date === snapshot || date > latest) folders.push({ snapshot, date });
  }
  return folders.toSorted((a, b) => (a.date < b.date ? -1 : 1));
}
