import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Piece, pieceAt } from './piece-list.ts';
import { PieceTable } from './piece-table.ts';

const piece: fc.Arbitrary<Piece> = fc.record({
  offset: fc.nat({ max: 3 }).map((n) => n * 2 ** 40),
  length: fc.nat({ max: 2 }),
  skip: fc.nat({ max: 3 }),
  size: fc.nat({ max: 2 }),
  hash: fc.nat({ max: 2 }).map((n) => new Uint8Array(32).fill(n)),
});
const keyOf = ({ offset, length, skip, size, hash }: Piece): string =>
  [offset, length, skip, size, hash[0]].join();

describe('PieceTable', () => {
  it('holds each piece once, and finds those it holds only', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 200 }), piece, (pieces, other) => {
        const table = new PieceTable();
        const slots = new Map<string, number>();
        for (const one of pieces) {
          const slot = table.add(one);
          expect(slots.get(keyOf(one)) ?? slot).toBe(slot);
          slots.set(keyOf(one), slot);
          expect(keyOf(table.at(slot))).toBe(keyOf(one));
        }
        expect(table.length).toBe(slots.size);
        expect(new Set(slots.values()).size).toBe(slots.size);
        expect(table.find(other)).toBe(slots.get(keyOf(other)));
        for (const one of pieces) expect(table.find(one)).toBe(slots.get(keyOf(one)));
      }),
    );
  });

  it('is shared in the order in which pieces lie in the archive', () => {
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const table = new PieceTable();
        for (const one of pieces) table.add(one);
        const shared = table.share();
        const places = [...shared.order].map((slot) => pieceAt(shared, slot));
        expect(places).toHaveLength(table.length);
        const sorted = places.toSorted((a, b) => a.offset - b.offset || a.skip - b.skip);
        expect(places.map(({ offset, skip }) => [offset, skip])).toEqual(
          sorted.map(({ offset, skip }) => [offset, skip]),
        );
      }),
    );
  });

  it('tells the first time in each round', () => {
    const table = new PieceTable();
    const slot = table.add({ offset: 0, length: 1, skip: 0, size: 1, hash: new Uint8Array(32) });
    expect([1, 1, 2, 2].map((round) => table.touch(slot, round))).toEqual([true, false, true, false]);
  });
});
