// Which parts of a file hold data. Synchronous: a few microseconds for each.
import { seekCall, type Seek } from '../base/hole-calls.ts';
import { MOST_STRETCHES, type Stretch } from '../format/sparse.ts';

/** Stretches begin and end at its multiples: tar wants blocks of 512, file systems have larger ones. */
const GRAIN_BYTES = 4096;

/** A hole that is smaller costs less as zeros. */
const SMALLEST_HOLE = 64 * 1024;

/**
 * The stretches of data in a file, in order; undefined where it has no holes, or nobody can tell.
 *
 * @param seek - For tests.
 */
export function stretchesOf(
  fd: number,
  sizeBytes: number,
  seek: Seek | undefined = seekCall(),
): readonly Stretch[] | undefined {
  if (seek === undefined || sizeBytes === 0) return undefined;
  let found: Part[] = [];
  for (let at = 0; at < sizeBytes;) {
    const start = seek(fd, at, 'data');
    if (start < 0) {
      // No more data is what a file says that ends with a hole; an error looks the same.
      if (seek(fd, at, 'hole') !== at) return undefined;
      break;
    }
    const hole = seek(fd, start, 'hole');
    if (hole <= start || start < at) return undefined;
    const offset = Math.min(Math.floor(start / GRAIN_BYTES) * GRAIN_BYTES, sizeBytes);
    const end = Math.min(Math.ceil(hole / GRAIN_BYTES) * GRAIN_BYTES, sizeBytes);
    const last = found.at(-1);
    if (last !== undefined && offset - last.end < SMALLEST_HOLE) last.end = end;
    else if (offset < end) found.push({ offset, end });
    if (found.length > 2 * MOST_STRETCHES) found = halved(found);
    at = hole;
  }
  while (found.length >= MOST_STRETCHES) found = halved(found);
  const [first] = found;
  if (found.length === 1 && first?.offset === 0 && first.end === sizeBytes) return undefined;
  return found.map(({ offset, end }) => ({ offset, length: end - offset }));
}

interface Part {
  readonly offset: number;
  end: number;
}

/** Without the smaller half of the holes; of equal ones, every other. */
function halved(parts: readonly Part[]): Part[] {
  const holes = parts.slice(1).map(({ offset }, n) => offset - (parts[n]?.end ?? 0));
  const middle = holes.toSorted((a, b) => a - b)[holes.length >> 1] ?? 0;
  const all: Part[] = [];
  for (const [n, { offset, end }] of parts.entries()) {
    const last = all.at(-1);
    const hole = holes[n - 1] ?? Infinity;
    if (last !== undefined && (hole < middle || (hole === middle && n % 2 === 1))) last.end = end;
    else all.push({ offset, end });
  }
  return all;
}

/** Whether two looks found the same. */
export function sameStretches(a: readonly Stretch[] | undefined, b: readonly Stretch[] | undefined): boolean {
  return (
    a?.length === b?.length &&
    (a ?? []).every(({ offset, length }, n) => offset === b?.[n]?.offset && length === b[n]?.length)
  );
}
