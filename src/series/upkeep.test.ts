import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { liveBytes, type Piece, planUpkeep, type Use } from './upkeep.ts';

const MIB = 1024 * 1024;

/** So many archives of one size, all of them live. */
function archives(count: number, bytes: number): Use[] {
  return Array.from({ length: count }, (_, number) => ({ number, bytes, liveBytes: bytes }));
}

describe('planUpkeep()', () => {
  it.each<[string, Use[], number[]]>([
    ['nothing where there is nothing', [], []],
    ['what is live by less than half', [{ number: 7, bytes: 101, liveBytes: 50 }], [7]],
    ['not what is live by half', [{ number: 7, bytes: 100, liveBytes: 50 }], []],
    ['not what is empty and whole', [{ number: 7, bytes: 0, liveBytes: 0 }], []],
    ['none of 32 small ones', archives(32, MIB), []],
    ['none of any number of large ones', archives(100, 256 * MIB), []],
    ['all but 16 of 33 small ones', archives(33, MIB), Array.from({ length: 17 }, (_, i) => 16 + i)],
  ])('gives up %s', (_, uses, given) => {
    expect(planUpkeep(uses)).toEqual(given);
  });

  it('gives up those small ones that cost the least to write again', () => {
    const uses = archives(40, MIB).map((use) => ({ ...use, liveBytes: MIB - ((use.number * 7) % 40) }));
    const given = new Set(planUpkeep(uses));
    const [kept, gone] = [true, false].map((stays) =>
      uses.filter(({ number }) => given.has(number) !== stays).map((use) => use.liveBytes),
    );
    expect(gone).toHaveLength(24);
    expect(Math.min(...(kept ?? []))).toBeGreaterThan(Math.max(...(gone ?? [])));
  });

  const uses = fc
    .array(
      fc.record({
        bytes: fc.oneof(fc.nat({ max: 1000 }), fc.nat({ max: 600 * MIB })),
        live: fc.double({ min: 0, max: 1.2, noNaN: true }),
      }),
      { maxLength: 120 },
    )
    .map((list) => list.map(({ bytes, live }, number): Use => ({ number, bytes, liveBytes: bytes * live })));

  it('leaves archives that are at least half live, and never more than 32 small ones', () => {
    fc.assert(
      fc.property(uses, (list) => {
        const given = planUpkeep(list);
        expect(new Set(given).size).toBe(given.length);
        const left = list.filter(({ number }) => !given.includes(number));
        expect(left.every(({ bytes, liveBytes: live }) => live * 2 >= bytes)).toBe(true);
        expect(left.filter(({ bytes }) => bytes < 256 * MIB).length).toBeLessThanOrEqual(32);
      }),
      { numRuns: 1000 },
    );
  });

  it('gives up nothing more of what it left, and nothing without need', () => {
    fc.assert(
      fc.property(uses, (list) => {
        const given = planUpkeep(list);
        expect(planUpkeep(list.filter(({ number }) => !given.includes(number)))).toEqual([]);
        const isHalfLive = list.every(({ bytes, liveBytes: live }) => live * 2 >= bytes);
        if (isHalfLive && list.length <= 32) expect(given).toEqual([]);
        // Large ones are given up for what is dead in them only.
        for (const { number, bytes, liveBytes: live } of list) {
          if (bytes >= 256 * MIB && live * 2 >= bytes) expect(given).not.toContain(number);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('liveBytes()', () => {
  const PIECE: Piece = { archive: 3, offset: 0, length: 100, size: 49, isLive: true };

  it.each<[string, Piece[], [number, number][]]>([
    ['nothing of nothing', [], []],
    ['the whole frame when all in it is live', [PIECE, { ...PIECE, size: 149 }], [[3, 100]]],
    ['nothing of a frame that is dead', [{ ...PIECE, isLive: false }], [[3, 0]]],
    ['its share of a frame', [PIECE, { ...PIECE, size: 149, isLive: false }], [[3, 25]]],
    [
      'a share for an empty file',
      [
        { ...PIECE, size: 0 },
        { ...PIECE, size: 98, isLive: false },
      ],
      [[3, 1]],
    ],
    [
      'all frames of an archive, each archive for itself',
      [PIECE, { ...PIECE, offset: 100, length: 7 }, { ...PIECE, archive: 5, length: 11 }],
      [
        [3, 107],
        [5, 11],
      ],
    ],
  ])('counts %s', (_, pieces, live) => {
    expect([...liveBytes(pieces)]).toEqual(live);
  });

  it('is between nothing and all frames, and grows by what lives', () => {
    const frames = fc.record({
      archive: fc.nat({ max: 2 }),
      offset: fc.nat({ max: 3 }),
      size: fc.nat(),
      isLive: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(frames, { minLength: 1 }), (list) => {
        const pieces = list.map((piece): Piece => ({ ...piece, length: 10 + piece.offset }));
        const live = liveBytes(pieces);
        const most = liveBytes(pieces.map((piece) => ({ ...piece, isLive: true })));
        for (const [archive, bytes] of live) {
          const offsets = new Set(
            pieces.filter((piece) => piece.archive === archive).map(({ offset }) => offset),
          );
          const total = [...offsets].reduce((sum, offset) => sum + 10 + offset, 0);
          expect(most.get(archive)).toBeCloseTo(total, 6);
          expect(bytes).toBeGreaterThanOrEqual(0);
          expect(bytes).toBeLessThanOrEqual(total * (1 + 1e-9));
        }
        const other = pieces.map((piece) => ({ ...piece, isLive: !piece.isLive }));
        for (const [archive, bytes] of liveBytes(other))
          expect(bytes + (live.get(archive) ?? 0)).toBeCloseTo(most.get(archive) ?? 0, 6);
      }),
    );
  });
});
