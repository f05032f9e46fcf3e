import { SnapshotError } from '../../base/errors.ts';

const UNITS: ReadonlyMap<string, number> = new Map([
  ['kB', 1e3],
  ['KB', 1e3],
  ['MB', 1e6],
  ['GB', 1e9],
  ['KiB', 2 ** 10],
  ['MiB', 2 ** 20],
  ['GiB', 2 ** 30],
]);

/** Slower, and the small files that tell other runs of this one would come too late. */
const MIN_BYTES_PER_SECOND = 1000;

/**
 * Reads a rate: `20MB/s`, `1.5MiB`.
 *
 * @returns Bytes per second.
 * @throws {@link SnapshotError} `E_USAGE` for anything else: a rate that is guessed wrong is worse than none.
 */
export function parseRate(text: string): number {
  const [, number = '', unit = ''] = /^(\d{1,9}(?:\.\d+)?) ?([A-Za-z]+)(?:\/s)?$/.exec(text) ?? [];
  const factor = UNITS.get(unit);
  if (factor === undefined) {
    throw new SnapshotError('E_USAGE', `--max-rate ${text}: it takes a number and a unit, as 20MB/s`, {
      hint: `Units: ${[...UNITS.keys()].filter((name) => name !== 'kB').join(', ')}; MB is a million bytes, MiB is 1024 * 1024.`,
    });
  }
  const bytesPerSecond = Number(number) * factor;
  if (bytesPerSecond >= MIN_BYTES_PER_SECOND) return bytesPerSecond;
  throw new SnapshotError('E_USAGE', `--max-rate ${text}: it takes at least 1KB/s`);
}
