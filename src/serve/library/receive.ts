// Takes in what arrives: into a part, hashed on the way, flushed. It has no name in the library yet.
import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import type { Blake3 } from '../../hash/blake3.ts';
import type { ClaimedHash } from './claimed-hash.ts';

/** A whole part, flushed. */
export interface Received {
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  readonly blake3: string;
  /** In the algorithm that was claimed, if any. */
  readonly claimed: string | undefined;
  /** There is a byte that `curl --data` takes out: a line end, or a zero. */
  readonly hasLines: boolean;
}

export interface ReceiveOptions {
  readonly claim: ClaimedHash | undefined;
  /** When the file was last modified, in milliseconds since 1970; undefined: now. */
  readonly modifiedMs: number | undefined;
  /** Called with the bytes so far, before more is written: it throws where there is no room for them. */
  readonly allow: (bytes: number) => Promise<void>;
}

/**
 * Writes `body` to a new file `part`. When it fails, or `body` ends early, nothing stays.
 *
 * @throws What `body` throws, what the system throws, and what `allow` throws.
 */
export async function receive(
  part: string,
  body: AsyncIterable<Uint8Array>,
  blake3: Blake3,
  options: ReceiveOptions,
): Promise<Received> {
  const handle = await open(part, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o644);
  try {
    const received = await write(handle, part, body, blake3, options);
    await handle.sync();
    return received;
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

async function write(
  handle: FileHandle,
  file: string,
  body: AsyncIterable<Uint8Array>,
  blake3: Blake3,
  { claim, modifiedMs, allow }: ReceiveOptions,
): Promise<Received> {
  const hasher = await blake3.create();
  hasher.reset();
  const other: Hash | undefined =
    claim === undefined || claim.algorithm === 'blake3' ? undefined : createHash(claim.algorithm);
  let size = 0;
  let hasLines = false;
  for await (const bytes of body) {
    size += bytes.length;
    await allow(size);
    const written = writeAll(handle, bytes);
    // While the system writes.
    hasher.update(bytes);
    other?.update(bytes);
    hasLines ||= bytes.includes(0x0a) || bytes.includes(0x0d) || bytes.includes(0);
    await written;
  }
  if (modifiedMs !== undefined) await handle.utimes(Date.now() / 1000, modifiedMs / 1000);
  const digest = Buffer.from(hasher.digest()).toString('hex');
  const claimed = claim === undefined ? undefined : (other?.digest('hex') ?? digest);
  return { file, size, blake3: digest, claimed, hasLines };
}

async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at);
    at += bytesWritten;
  }
}
