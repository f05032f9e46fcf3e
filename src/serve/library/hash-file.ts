import type { Blake3 } from '../../hash/blake3.ts';
import type { BytePath } from '../../tree/path.ts';
import { isSameSight, openFile, type Sight, sightOfStats } from './sight.ts';

const PIECE_BYTES = 1 << 20;

/**
 * Reads the file at `path` below `root`, and hashes it.
 *
 * @returns Its BLAKE3, and what a look at it says; `changing` when it changed meanwhile; undefined when it is not there.
 */
export async function hashFile(
  root: string,
  path: BytePath,
  blake3: Blake3,
  signal: AbortSignal,
): Promise<{ readonly blake3: string; readonly sight: Sight } | 'changing' | undefined> {
  const handle = await openFile(root, path);
  if (handle === undefined) return undefined;
  try {
    const before = sightOfStats(await handle.stat({ bigint: true }));
    const hasher = await blake3.create();
    hasher.reset();
    // Most files are small, and the memory for a large piece takes longer to get than they take to read.
    const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, before.size + 1));
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await handle.read(piece, 0, piece.length, null);
      if (bytesRead === 0) break;
      hasher.update(piece.subarray(0, bytesRead));
    }
    const sight = sightOfStats(await handle.stat({ bigint: true }));
    if (!isSameSight(before, sight)) return 'changing';
    return { blake3: Buffer.from(hasher.digest()).toString('hex'), sight };
  } finally {
    await handle.close();
  }
}
