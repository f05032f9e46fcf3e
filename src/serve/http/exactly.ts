import type { FileHandle } from 'node:fs/promises';

/**
 * The bytes of an open file from `start` on, up to and with `end`; all of them, or an error: whoever was told how many there are must not
 * take fewer for the file.
 */
export async function* exactly(handle: FileHandle, start: number, end: number): AsyncGenerator<Buffer> {
  let left = end - start + 1;
  if (left <= 0) return;
  for await (const piece of handle.createReadStream({ start, end, autoClose: false })) {
    left -= (piece as Buffer).length;
    yield piece as Buffer;
  }
  if (left > 0) throw new Error('it has become shorter while it was read');
}
