// What runs that were cut short have left: finished archives, which the next snapshot can use.
import { type ArchiveFormat, formatOf } from '../../base/archive-format.ts';
import { createHash } from 'node:crypto';
import { type FoundMember, readArchive } from '../../format/read-archive.ts';
import { SnapshotError } from '../../base/errors.ts';
import { loadBlake3 } from '../../hash/blake3.ts';
import { isForSame } from '../../series/crypt/keys.ts';
import type { Series, Survey } from '../../series/series.ts';
import type { BytePath } from '../../tree/path.ts';
import { datesOf } from './new-names.ts';
import type { Previous } from './previous.ts';
import type { RowContext } from './row-context.ts';
import type { Shelf } from './shelf.ts';

const READ_BYTES = 4 * 1024 * 1024;

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
  for (const { snapshot, date } of await datedFolders(series, survey)) {
    if (!isForSame(await series.begunFor(snapshot), row.encrypt)) continue;
    for (const file of await series.finished(snapshot, date)) {
      if (formatOf(file) !== row.format || shelf.hasFile(file)) continue;
      try {
        const { members, sha256, bytes } = await readThrough(
          series,
          snapshot,
          file,
          row.format,
          options.signal,
        );
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
    }
  }
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

/** All members of an archive, when every one of them is whole. @throws E_DAMAGED */
async function readThrough(
  series: Series,
  snapshot: string,
  file: string,
  format: ArchiveFormat,
  signal: AbortSignal,
): Promise<{ members: readonly FoundMember[]; bytes: number; sha256: string }> {
  const { store } = series;
  const key = series.key(snapshot, file);
  const items = await store.list(series.key(snapshot));
  const bytes = items.find(({ name }) => name === file)?.sizeBytes ?? 0;
  const read = async (offset: number, length: number): Promise<Buffer> =>
    await store.readRange(key, offset, length);
  const hasher = await (await loadBlake3()).create();
  const members: FoundMember[] = [];
  const where = series.place(snapshot, file);
  const archive = readArchive(format, { sizeBytes: bytes, read }, where, hasher, signal);
  for await (const found of archive) members.push(found);
  const sha256 = createHash('sha256');
  for (let done = 0; done < bytes; done += READ_BYTES) {
    sha256.update(await read(done, Math.min(READ_BYTES, bytes - done)));
  }
  return { members, bytes, sha256: sha256.digest('hex') };
}
