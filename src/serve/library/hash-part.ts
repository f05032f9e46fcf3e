import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { Blake3 } from '../../hash/blake3.ts';
import type { ClaimedHash } from './claimed-hash.ts';
import type { Received } from './receive.ts';

const PIECE_BYTES = 1 << 20;

/** Reads a part that has arrived in several requests, and hashes it; sets its time, and flushes it. */
export async function hashPart(
  file: string,
  blake3: Blake3,
  claim: ClaimedHash | undefined,
  modifiedMs: number | undefined,
): Promise<Received> {
  const handle = await open(file, 'r+');
  try {
    const hasher = await blake3.create();
    hasher.reset();
    const other =
      claim === undefined || claim.algorithm === 'blake3' ? undefined : createHash(claim.algorithm);
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    let size = 0;
    for (;;) {
      const { bytesRead } = await handle.read(piece, 0, piece.length, size);
      if (bytesRead === 0) break;
      size += bytesRead;
      hasher.update(piece.subarray(0, bytesRead));
      other?.update(piece.subarray(0, bytesRead));
    }
    if (modifiedMs !== undefined) await handle.utimes(Date.now() / 1000, modifiedMs / 1000);
    await handle.sync();
    const digest = Buffer.from(hasher.digest()).toString('hex');
    const claimed = claim === undefined ? undefined : (other?.digest('hex') ?? digest);
    return { file, size, blake3: digest, claimed, hasLines: true };
  } finally {
    await handle.close();
  }
}
