// What of a tree is stored already.
import { isCompressedType } from '../../format/zip/zip.ts';
import type { Row } from '../../plan/plan.ts';
import { GuardError, guardFreeSpace } from '../../series/guards.ts';
import type { Tree } from '../../tree/scanner.ts';
import type { Previous } from './previous.ts';
import type { RowContext } from './row-context.ts';
import { Shelf } from './shelf.ts';
import { Stored } from './stored.ts';
import { takeUnfinished } from './unfinished.ts';

/** How far content is taken to shrink where no older snapshot tells. */
const USUAL_RATIO = 0.5;

/** Room to be left when archives are written anew. */
const UPKEEP_MARGIN_BYTES = 16 * 1024 * 1024;

/** Finds what is stored already of a tree, in archives that the row may share. */
export async function findStored(
  context: RowContext,
  previous: Previous,
  { entries }: Tree,
): Promise<{ shelf: Shelf; stored: Stored }> {
  const { row, series, report } = context;
  const { holdings } = previous;
  const note = (message: string): void => report.note(message);
  const shelf = Shelf.of(previous, row.encrypt);
  if (row.strategy === 'incremental') {
    await shelf.readRest(series, previous, holdings, note);
    await takeUnfinished(context, previous, shelf);
  }
  const stored = new Stored(entries, holdings, row.format === 'zip', {
    isThere: (archive, hash) => shelf.has(archive, hash),
    isShared: (archive) => row.strategy === 'incremental' && shelf.isOf(archive, row.format),
  });
  return { shelf, stored };
}

/** @throws {@link SnapshotError} `E_GUARD` when there is no room for what a snapshot of the tree has to write. */
export async function needRoom(
  context: RowContext,
  previous: Previous,
  stored: Stored,
  tree: Tree,
): Promise<void> {
  const { row, series } = context;
  const wanted = stored.wanted();
  if (wanted.every((i) => tree.entries.size(i) === 0)) return;
  const bytes = estimateBytes(row.format, previous, stored, wanted, tree);
  const freeBytes = await series.store.freeBytes();
  try {
    guardFreeSpace(row, bytes, freeBytes, false);
  } catch (error) {
    if (!(error instanceof GuardError) || !context.accepts(undefined, error)) throw error;
  }
}

/** About how many bytes the archives for the files `wanted` will take. */
function estimateBytes(
  format: Row['format'],
  { newest }: Previous,
  stored: Stored,
  wanted: readonly number[],
  { entries }: Tree,
): number {
  const older = newest?.info.archives ?? [];
  const [bytes, live] = older.reduce(([a, b], archive) => [a + archive.bytes, b + archive.liveBytes], [0, 0]);
  const ratio = live > 0 ? Math.min(1, bytes / live) : undefined;
  // What has the size of something that is stored was most likely moved.
  const sizes = stored.sizes();
  return wanted.reduce((sum, i) => {
    const size = entries.size(i);
    const usual = isCompressedType(entries.path(i)) ? 1 : USUAL_RATIO;
    const taken = format === 'zip' ? size : (entries.allocated(i) ?? size);
    return sizes.has(size) ? sum : sum + taken * (ratio ?? usual);
  }, 0);
}

/** Whether what is live in `archives` can be written again. If not, they stay for another night. */
export async function hasRoomFor(
  { series, report }: RowContext,
  archives: readonly { readonly liveBytes: number }[],
): Promise<boolean> {
  const free = await series.store.freeBytes();
  const bytes = archives.reduce((sum, { liveBytes }) => sum + liveBytes, 0);
  if (free === undefined || free > bytes + UPKEEP_MARGIN_BYTES) return true;
  report.note('archives that are mostly out of use stay, as there is no room to write them anew');
  return false;
}
