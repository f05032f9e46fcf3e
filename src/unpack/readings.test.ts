import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sparseSkip } from '../format/sparse.ts';
import { Places } from './places.ts';
import { partsOf, type Reading, readingsOf } from './readings.ts';

const MIB = 1024 * 1024;
const ARCHIVE = { key: 'one', format: 'tar.zst' } as const;

interface Piece {
  readonly archive: number;
  readonly offset: number;
  readonly length: number;
  readonly size: number;
}

function readings(
  pieces: readonly Piece[],
): ReturnType<typeof readingsOf> extends Generator<infer T> ? T[] : never {
  const places = new Places();
  for (const [i, { archive, offset, length }] of pieces.entries())
    places.set(i, { key: String(archive), format: 'tar.zst' }, { offset, length, skip: 0 });
  return [...readingsOf([...pieces.keys()], places, (i) => pieces[i]?.size ?? 0)];
}

/** Numbers of files in `reading`. */
function filesOf(reading: ReturnType<typeof readings>[number]): readonly number[] {
  if (reading.kind === 'large') return [reading.i];
  return reading.kind === 'nowhere' ? reading.files : reading.pieces.flatMap(({ files }) => files);
}

describe('readingsOf()', () => {
  const piece = fc.record({
    archive: fc.integer({ min: 0, max: 2 }),
    offset: fc.integer({ min: 0, max: 12 }).map((n) => n * 700_000),
    length: fc.constantFrom(1, 300_000, 700_000, 80 * MIB),
    size: fc.constantFrom(0, 1, 5000, 20 * MIB),
  });

  it('reads each file once, and each piece whole', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const all = readings(pieces);
        expect(all.flatMap(filesOf).toSorted((a, b) => a - b)).toEqual([...pieces.keys()]);
        for (const reading of all) {
          if (reading.kind !== 'pieces') continue;
          for (const { offset, length, files } of reading.pieces) {
            expect(offset >= reading.offset && offset + length <= reading.offset + reading.length).toBe(true);
            for (const i of files) {
              if (reading.archive === undefined) expect(pieces[i]?.size).toBe(0);
              else expect(pieces[i]).toMatchObject({ archive: Number(reading.archive.key), offset, length });
            }
          }
          expect(reading.length <= 4 * MIB || reading.pieces.length === 1).toBe(true);
          expect(reading.length).toBeLessThan(80 * MIB);
        }
      }),
    );
  });

  it('reads what lies close together at once, and not what lies far between', () => {
    const offsets = [0, 1000, 3000, 3 * MIB, 9 * MIB, 0];
    const lengths = readings(offsets.map((offset) => ({ archive: 0, offset, length: 1000, size: 1 }))).map(
      (reading) => (reading as Reading).length,
    );
    expect(lengths).toEqual([4000, 1000, 1000]);
  });

  it('streams a file with holes, however small', () => {
    const places = new Places();
    places.set(0, ARCHIVE, { offset: 0, length: 10, skip: sparseSkip(5) });
    expect([...readingsOf([0], places, () => 100)]).toEqual([{ kind: 'large', archive: ARCHIVE, i: 0 }]);
  });

  it('knows no archive of an entry that nothing was said of', () => {
    const places = new Places();
    places.set(5, { key: 'one', format: 'tar.zst' }, { offset: 1, length: 1, skip: 0 });
    expect([3, 5, 2000].map((i) => places.archive(i)?.key)).toEqual([undefined, 'one', undefined]);
  });

  it('streams what is large, and knows what is nowhere', () => {
    const [large, far] = [
      { archive: 0, offset: 0, length: 90 * MIB, size: 100 * MIB },
      { archive: 0, offset: 0, length: Number.MAX_SAFE_INTEGER, size: 1 },
    ];
    expect(readings([large, far])).toEqual([
      { kind: 'large', archive: { ...ARCHIVE, key: '0' }, i: 0 },
      { kind: 'nowhere', files: [1] },
    ]);
    expect([...readingsOf([7], new Places(), () => 1)]).toEqual([{ kind: 'nowhere', files: [7] }]);
  });
});

/** A damaged index may have two at one place. */
function placeOf(piece: number): { readonly offset: number; readonly length: number } {
  return { offset: Math.floor(piece / 2) * 1000, length: 800 + (piece % 2) * 100 };
}

describe('partsOf()', () => {
  const file = fc.record({
    piece: fc.integer({ min: 0, max: 3 }),
    size: fc.constantFrom(1, 5000, 7 * MIB, 16 * MIB),
  });

  it('keeps the order, and gives each part little content and the bytes that it needs', () => {
    fc.assert(
      fc.property(fc.array(file, { minLength: 1, maxLength: 30 }), (files) => {
        const size = (i: number): number => files[i]?.size ?? 0;
        const pieces = [0, 1, 2, 3].flatMap((piece) => {
          const own = [...files.keys()].filter((i) => files[i]?.piece === piece);
          return own.length === 0 ? [] : [{ ...placeOf(piece), files: own }];
        });
        const reading: Reading = { kind: 'pieces', archive: ARCHIVE, offset: 0, length: 4000, pieces };
        const parts = [...partsOf(reading, size)];
        expect(parts.flatMap(filesOf)).toEqual(filesOf(reading));
        for (const part of parts) {
          const numbers = filesOf(part);
          const bytes = numbers.reduce((sum, i) => sum + size(i), 0);
          expect(numbers.length === 1 || bytes <= 16 * MIB).toBe(true);
          expect(part.offset).toBe(part.pieces[0]?.offset);
          const ends = part.pieces.map(({ offset, length }) => offset + length);
          expect(part.offset + part.length).toBe(Math.max(...ends));
          for (const { files: own, ...place } of part.pieces)
            for (const i of own) expect(place).toEqual(placeOf(files[i]?.piece ?? 0));
        }
      }),
    );
  });
});
