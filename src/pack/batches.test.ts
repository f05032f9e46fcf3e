import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry } from '../tree/entry.ts';
import { EntryTable } from '../tree/entry-table.ts';
import type { BytePath } from '../tree/path.ts';
import { batchesOf, PIECE_BYTES, smallFirst } from './batches.ts';

interface Item {
  readonly size: number;
  readonly type: Entry['type'];
  readonly isFurtherName: boolean;
}

function tableOf(items: readonly Item[]): EntryTable {
  const table = new EntryTable();
  items.forEach(({ size, type, isFurtherName }, i) => {
    table.push({
      path: `f${i}` as BytePath,
      type,
      size: type === 'file' ? size : 0,
      mode: 0o644,
      uid: 0,
      gid: 0,
      mtimeNs: 0n,
      ctimeNs: 0n,
      inode: 1n,
      target: undefined,
      hardlink: type === 'file' && isFurtherName ? ('f' as BytePath) : undefined,
    });
  });
  return table;
}

function files(...sizes: number[]): EntryTable {
  return tableOf(sizes.map((size) => ({ size, type: 'file', isFurtherName: false })));
}

const item = fc.record<Item>({
  size: fc.oneof(
    fc.nat({ max: 3 }),
    fc.nat({ max: PIECE_BYTES }),
    fc.constantFrom(PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 2 ** 40),
  ),
  type: fc.constantFrom<Entry['type'][]>('file', 'file', 'file', 'folder', 'link'),
  isFurtherName: fc.boolean(),
});

describe('batchesOf()', () => {
  it('puts every entry into one batch or among the large ones, in the order given', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 40 }), fc.boolean(), (items, isZip) => {
        const table = tableOf(items);
        const wanted = items.map((_, i) => i).toReversed();
        const { small, large } = batchesOf(table, wanted, isZip);
        const isLarge = (i: number): boolean => large.includes(i);
        expect(small.flat()).toEqual(wanted.filter((i) => !isLarge(i)));
        expect(large).toEqual(wanted.filter(isLarge));
        expect(small.every((batch) => batch.length > 0)).toBe(true);
      }),
    );
  });

  it('keeps batches about as large as a piece, and no smaller than it must', () => {
    const headers = 1536;
    const cost = (table: EntryTable, batch: readonly number[]): number =>
      batch.reduce((sum, i) => sum + headers + Math.ceil(table.size(i) / 512) * 512, 0);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: PIECE_BYTES }), { maxLength: 60 }), (sizes) => {
        const table = files(...sizes);
        const { small } = batchesOf(table, [...sizes.keys()], false);
        small.forEach((batch, n) => {
          if (batch.length > 1) expect(cost(table, batch)).toBeLessThanOrEqual(PIECE_BYTES);
          const [next] = small[n + 1] ?? [];
          if (next !== undefined) expect(cost(table, [...batch, next])).toBeGreaterThan(PIECE_BYTES);
        });
      }),
    );
  });

  it('takes a file of just one piece for small', () => {
    expect(batchesOf(files(PIECE_BYTES, PIECE_BYTES + 1), [0, 1], false)).toEqual({
      small: [[0]],
      large: [1],
    });
  });

  it('counts a further name as content in a zip only', () => {
    const table = tableOf([{ size: 2 * PIECE_BYTES, type: 'file', isFurtherName: true }]);
    expect(batchesOf(table, [0], false)).toEqual({ small: [[0]], large: [] });
    expect(batchesOf(table, [0], true)).toEqual({ small: [], large: [0] });
  });

  it('has nothing for nothing', () => {
    expect(batchesOf(files(), [], false)).toEqual({ small: [], large: [] });
  });
});

describe('smallFirst()', () => {
  it('orders by size, and equal ones as they come in the tree', () => {
    expect(smallFirst(files(5, 1, 5, 0, 1), [4, 2, 0, 1, 3])).toEqual([3, 1, 4, 0, 2]);
  });

  it('leaves the numbers it was given as they are', () => {
    const wanted = [1, 0];
    smallFirst(files(1, 2), wanted);
    expect(wanted).toEqual([1, 0]);
  });
});
