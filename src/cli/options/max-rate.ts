import { parseBytes, UNIT_NAMES } from '../../base/byte-size.ts';
import { SnapshotError } from '../../base/errors.ts';

/** Slower, and the small files that tell other runs of this one would come too late. */
const MIN_BYTES_PER_SECOND = 1000;

/**
 * Reads a rate: `20MB/s`, `1.5MiB`.
 *
 * @returns Bytes per second.
 * @throws {@link SnapshotError} `E_USAGE` for anything else: a rate that is guessed wrong is worse than none.
 */
export function parseRate(text: string): number {
  const bytesPerSecond = parseBytes(text.replace(/\/s$/, ''));
  if (bytesPerSecond === undefined) {
    throw new SnapshotError('E_USAGE', `--max-rate ${text}: it takes a number and a unit, as 20MB/s`, {
      hint: `Units: ${UNIT_NAMES}; MB is a million bytes, MiB is 1024 * 1024.`,
    });
  }
  if (bytesPerSecond >= MIN_BYTES_PER_SECOND) return bytesPerSecond;
  throw new SnapshotError('E_USAGE', `--max-rate ${text}: it takes at least 1KB/s`);
}
