import { describe, expect, it } from 'vitest';
import type { Snapshot } from '../../series/series.ts';
import { growthOf, sizesOf } from './stats.ts';

function file(number: number): object {
  const name = `data-2026-01-${String(number).padStart(2, '0')}T00-00-00Z.tar.zst`;
  return { file: name, sha256: `archive ${number}`, bytes: number * 100 };
}

/** A snapshot of that day with archives, by their number, of so many bytes each; its own index has 1 byte. */
function snapshot(day: number, archives: readonly number[]): Snapshot {
  const name = `2026-01-${String(day).padStart(2, '0')}T00-00-00Z`;
  const at = new Date(Date.UTC(2026, 0, day));
  const index = { file: 'index.jsonl.zst', sha256: `index ${day}`, bytes: 1 };
  const info = { bytes: 5, archives: archives.map(file), index, changes: null, dead: null };
  return { name, at, info } as unknown as Snapshot;
}

describe('sizesOf()', () => {
  it('counts what one alone has, and what all have so far', () => {
    const sizes = sizesOf([snapshot(1, [1]), snapshot(2, [1, 2]), snapshot(3, [2, 3])]);
    expect(sizes.map(({ newBytes, ownBytes, totalBytes }) => [newBytes, ownBytes, totalBytes])).toEqual([
      [101, 1, 101],
      [201, 1, 302],
      [301, 301, 603],
    ]);
  });
});

describe('growthOf()', () => {
  it('leaves out the first snapshot, and what is older than 30 days', () => {
    expect(growthOf([snapshot(1, [1]), snapshot(2, [1, 2]), snapshot(3, [2, 3])])).toEqual({
      days: 2,
      bytes: 502,
    });
    const later = { ...snapshot(3, [3]), at: new Date(Date.UTC(2026, 2, 1)) };
    expect(growthOf([snapshot(1, [1]), snapshot(2, [2]), later])).toEqual({ days: 30, bytes: 301 });
  });

  it.each([[[]], [[1]]])('is not known of %j', (days) => {
    expect(growthOf(days.map((day) => snapshot(day, [day])))).toBeUndefined();
  });
});
