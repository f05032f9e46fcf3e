import type { ArchiveSource } from '../found-member.ts';
import { ENTRY_BYTES, type FrameSize, seekTable, seekTableEnds } from './seek-table.ts';

/** More frames than any archive has that is read in parts. */
const MOST_FRAMES = 100_000;

/**
 * The sizes of all frames before the seek table that ends `source`, as the table says them: they fill it up to where
 * the table begins. Whether they are those of the frames is not looked at.
 *
 * @returns Undefined when it does not end with such a table, or with a very large one.
 */
export async function readSeekTable(source: ArchiveSource): Promise<readonly FrameSize[] | undefined> {
  const { sizeBytes } = source;
  const { header, footer } = seekTableEnds(0);
  if (sizeBytes < header.length + footer.length) return undefined;
  const count = (await source.read(sizeBytes - footer.length, footer.length)).readUInt32LE(0);
  const at = sizeBytes - (header.length + count * ENTRY_BYTES + footer.length);
  if (count > MOST_FRAMES || at < 0) return undefined;
  const bytes = await source.read(at, sizeBytes - at);
  const frames = Array.from({ length: count }, (_, i): FrameSize => {
    const entry = header.length + i * ENTRY_BYTES;
    return { compressedBytes: bytes.readUInt32LE(entry), contentBytes: bytes.readUInt32LE(entry + 4) };
  });
  const isExact = bytes.equals(seekTable(frames)) && sumOf(frames) === at;
  return isExact ? frames : undefined;
}

function sumOf(frames: readonly FrameSize[]): number {
  return frames.reduce((sum, { compressedBytes }) => sum + compressedBytes, 0);
}
