import { createHash } from 'node:crypto';
import { loadZstd, measureFrame, type Zstd } from '../archive/zstd.ts';
import { SnapshotError } from '../errors.ts';
import type { StoreWriter } from '../store/store.ts';
import { type BytePath, comparePaths } from '../tree/path.ts';
import { formatLine, type IndexEntry, parseLine } from './index-line.ts';

/** Text per zstd frame, before compression; what is read back at once. */
const FRAME_BYTES = 4 * 1024 * 1024;

/**
 * Writes an index: `items` in path order.
 *
 * @returns Its size and SHA-256, as info.json has them. The caller commits `writer`.
 */
export async function writeIndex(
  items: Iterable<IndexEntry>,
  writer: StoreWriter,
): Promise<{ bytes: number; sha256: string }> {
  const zstd = await loadZstd();
  const sha256 = createHash('sha256');
  let bytes = 0;
  let text: string[] = [];
  let length = 0;
  const flush = async (): Promise<void> => {
    const frame = zstd.compress(Buffer.from(text.join('')));
    sha256.update(frame);
    bytes += frame.length;
    await writer.write(frame);
    text = [];
    length = 0;
  };
  for (const item of items) {
    const line = `${formatLine(item)}\n`;
    text.push(line);
    length += line.length;
    if (length >= FRAME_BYTES) await flush();
  }
  if (length > 0 || bytes === 0) await flush();
  return { bytes, sha256: sha256.digest('hex') };
}

/**
 * The entries of an index, in path order.
 *
 * @param bytes - The whole file.
 * @param sha256 - What info.json says of it.
 * @param where - The file, for messages.
 * @throws {@link SnapshotError} `E_DAMAGED` at once when the file is not what info.json says, and from the
 *   iteration when a line is not what an index may hold.
 */
export async function readIndex(bytes: Buffer, sha256: string, where: string): Promise<Iterable<IndexEntry>> {
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
    throw new SnapshotError('E_DAMAGED', `"${where}" is damaged: its SHA-256 is not what info.json says`);
  }
  return lines(bytes, await loadZstd(), where);
}

function* lines(bytes: Buffer, zstd: Zstd, where: string): Generator<IndexEntry> {
  let number = 0;
  let last: BytePath | undefined;
  for (let at = 0; at < bytes.length;) {
    const frame = measureFrame(bytes.subarray(at));
    // Lines never span frames.
    const text = zstd
      .decompress(bytes.subarray(at, at + frame.bytes), frame.contentBytes ?? 0)
      .toString('utf8');
    at += frame.bytes;
    for (const line of text.split('\n')) {
      if (line === '') continue;
      number++;
      const item = parseLine(line, `"${where}", line ${number},`);
      if (last !== undefined && comparePaths(last, item.entry.path) >= 0) {
        throw new SnapshotError('E_DAMAGED', `"${where}", line ${number}, is damaged: it is out of order`);
      }
      last = item.entry.path;
      yield item;
    }
  }
}
