// What of a tree is stored already.
import { isCompressedType } from '../../archive/zip.ts';
import { guardFreeSpace } from '../../snapshot/guards.ts';
import type { Tree } from '../../tree/scanner.ts';
import type { Previous } from './previous.ts';
import type { RowContext } from './row-context.ts';
import { Shelf } from './shelf.ts';
import { Stored } from './stored.ts';
import { takeUnfinished } from './unfinished.ts';

/** How far content is taken to shrink where no older snapshot tells. */
const USUAL_RATIO = 0.5;

/** Finds what is stored already of a tree, in archives that the row may share. */
export async function findStored(
  context: RowContext,
  previous: Previous,
  { entries }: Tree,
): Promise<{ shelf: Shelf; stored: Stored }> {
  const { row, series, report } = context;
  const { holdings } = previous;
  const note = (message: string): void => report.note(message);
  const shelf = await Shelf.open(series, previous, note);
  if (row.strategy === 'incremental') {
    await shelf.readRest(series, previous, holdings, note);
    await takeUnfinished(context, previous, shelf);
  }
  const stored = new Stored(entries, holdings, row.format === 'zip', {
    isThere: (archive) => shelf.get(archive) !== undefined,
    isShared: (archive) => row.strategy === 'incremental' && shelf.isOf(archive, row.format),
  });
  return { shelf, stored };
}

/** @throws {@link SnapshotError} `E_GUARD` when there is no room for what a snapshot of the tree has to write. */
export async function needRoom(
  { row, series, options }: RowContext,
  previous: Previous,
  stored: Stored,
  tree: Tree,
): Promise<void> {
  const wanted = stored.wanted();
  if (wanted.every((i) => tree.entries.size(i) === 0)) return;
  const bytes = estimateBytes(previous, stored, wanted, tree);
  guardFreeSpace(row, bytes, await series.store.freeBytes(), options.acceptChanges);
}

/** About how many bytes the archives for the files `wanted` will take. */
function estimateBytes(
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
    return sizes.has(size) ? sum : sum + size * (ratio ?? usual);
  }, 0);
}
