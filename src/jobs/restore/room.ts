// Whether there is room for what is to be restored.
import { lstat } from 'node:fs/promises';
import { formatBytes } from '../../base/amounts.ts';
import { SnapshotError } from '../../base/errors.ts';
import { freeBytesIn } from '../../store/local/free-bytes.ts';
import { systemPath } from '../../tree/path.ts';
import type { Step } from './target-plan.ts';

const BLOCK_BYTES = 512;

/**
 * Refuses what cannot fit. What makes way makes room, one file after the other: each is written whole before.
 *
 * @param sizes - Bytes of each file that is to be written.
 * @throws {@link SnapshotError} `E_SPACE`
 */
export async function needRoom(
  root: string,
  steps: readonly Step[],
  sizes: readonly number[],
): Promise<void> {
  let [needed, largest] = [0, 0];
  for (const size of sizes) [needed, largest] = [needed + size, Math.max(largest, size)];
  const free = await freeBytesIn(root);
  if (free === undefined || needed <= free) return;
  if (needed + largest <= free + (await madeRoom(root, steps))) return;
  throw new SnapshotError(
    'E_SPACE',
    `"${root}" has ${formatBytes(free)} free, and the files take ${formatBytes(needed)}`,
    { hint: 'Nothing was written.' },
  );
}

/** What the files take that make way. One with further names gives nothing back. */
async function madeRoom(root: string, steps: readonly Step[]): Promise<number> {
  let bytes = 0;
  for (const { do: doing, path, isInTheWay } of steps) {
    if (doing !== 'replace' && isInTheWay !== true) continue;
    const stats = await lstat(systemPath(root, path)).catch(() => undefined);
    if (stats?.isFile() === true && stats.nlink === 1) bytes += stats.blocks * BLOCK_BYTES;
  }
  return bytes;
}
