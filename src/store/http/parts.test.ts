import { describe, expect, it } from 'vitest';
import { PART_BYTES, partsOf } from './parts.ts';

const MIB = 1024 * 1024;
const TIB = MIB * MIB;

describe('partsOf()', () => {
  it.each<[number, number, number, number]>([
    [16 * MIB, 16 * MIB, 1, 4],
    [16 * MIB + 1, 16 * MIB, 2, 4],
    [160_000 * MIB, 16 * MIB, 10_000, 4],
    [160_000 * MIB + 1, 17 * MIB, 9412, 3],
    [5 * TIB, 525 * MIB, 9987, 1],
  ])('%d bytes: parts of %d, %d of them, %d at once', (sizeBytes, partBytes, count, parallel) => {
    expect(partsOf(sizeBytes, PART_BYTES, 10_000)).toEqual({ partBytes, count, parallel });
  });
});
