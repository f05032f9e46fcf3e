import { createHash } from 'node:crypto';
import { DamagedError, SnapshotError } from '../../base/errors.ts';
import type { Series } from '../../series/series.ts';
import type { Store } from '../../store/store.ts';

const READ_BYTES = 4 * 1024 * 1024;

/** A file of a series, and what info.json says of it. */
export interface FileThere {
  readonly series: Series;
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface Copying {
  readonly signal: AbortSignal;
  /** Told of bytes as they are written. */
  readonly progress: (bytes: number) => void;
}

/**
 * Copies a file to `to`, holding it against its SHA-256 on the way: what is not as it should be does not appear there.
 *
 * @throws {@link SnapshotError} `E_DAMAGED` when the file itself is to blame.
 */
export async function copyFile(file: FileThere, to: Store, key: string, options: Copying): Promise<void> {
  const { signal, progress } = options;
  const writer = await to.create(key, signal);
  let written = 0;
  try {
    await readThrough(file, signal, async (bytes) => {
      await writer.write(bytes);
      written += bytes.length;
      progress(bytes.length);
    });
    await writer.commit();
  } catch (error) {
    // It was nothing that counts.
    progress(-written);
    await writer.discard();
    throw error;
  }
}

/** Whether a file is what info.json says, found out by reading it. */
export async function isSound(file: FileThere, signal: AbortSignal): Promise<boolean> {
  try {
    await readThrough(file, signal, async () => {});
    return true;
  } catch (error) {
    if (error instanceof DamagedError) return false;
    throw error;
  }
}

/** Reads all of a file; the next part while `take` has the one before. @throws E_DAMAGED when it is not what it should be. */
async function readThrough(
  { series, key, bytes, sha256 }: FileThere,
  signal: AbortSignal,
  take: (bytes: Buffer) => Promise<void>,
): Promise<void> {
  const hash = createHash('sha256');
  const read = async (offset: number): Promise<Buffer> =>
    await series.store.readRange(key, offset, Math.min(READ_BYTES, bytes - offset), signal);
  const where = series.place(key.slice(series.name.length + 1));
  let next = bytes > 0 ? reading(series, where, read(0)) : undefined;
  for (let offset = 0; next !== undefined; offset += READ_BYTES) {
    signal.throwIfAborted();
    const part = await next;
    next = offset + READ_BYTES < bytes ? reading(series, where, read(offset + READ_BYTES)) : undefined;
    hash.update(part);
    await take(part);
  }
  if (hash.digest('hex') !== sha256) throw new DamagedError(where, 'is not what its SHA-256 says');
}

/** What cannot be read of a series that is there is damaged. */
function reading(series: Series, where: string, read: Promise<Buffer>): Promise<Buffer> {
  const named = read.catch(async (cause: unknown) => {
    if (!(cause instanceof SnapshotError) || cause.code !== 'E_STORE') throw cause;
    const isGone = (await series.store.list(series.name)).length === 0;
    throw isGone ? cause : new DamagedError(where, `cannot be read: ${cause.message}`, { cause });
  });
  // Who stops before its turn does not hear of it.
  named.catch(() => {});
  return named;
}
