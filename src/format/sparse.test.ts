import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Damage } from './damage.ts';
import { Expansion, expanded, formatMap, isOfHole, sparseSkip, type Stretch, zeros } from './sparse.ts';

/** What stands in an archive for a file that holds `content` in `stretches`, and zeros. */
function packed(content: Buffer, stretches: readonly Stretch[]): Buffer {
  const data = stretches.map(({ offset, length }) => content.subarray(offset, offset + length));
  return Buffer.concat([formatMap(stretches, content.length), ...data]);
}

/** Given in pieces of so many bytes. */
function unpacked(bytes: Buffer, size: number, step: number): { content: Buffer; isWhole: boolean } {
  const expansion = new Expansion(size);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += step) {
    for (const piece of expansion.add(bytes.subarray(at, at + step))) pieces.push(Uint8Array.from(piece));
  }
  return { content: Buffer.concat(pieces), isWhole: expansion.isWhole };
}

/** A map in whole blocks. */
function map(...numbers: readonly unknown[]): Buffer {
  const text = `${numbers.join('\n')}\n`;
  return Buffer.concat([Buffer.from(text), Buffer.alloc(512 - (text.length % 512))]);
}

function textOf(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/\0+$/, '');
}

describe('a sparse member', () => {
  it('gives back what it was made of, whatever the holes and pieces', () => {
    const part = fc.record({
      hole: fc.integer({ min: 1, max: 900 }),
      data: fc.integer({ min: 1, max: 900 }),
    });
    const property = fc.property(
      fc.array(part, { maxLength: 8 }),
      fc.integer({ min: 0, max: 900 }),
      fc.integer({ min: 1, max: 2000 }),
      fc.boolean(),
      (list, end, step, startsFull) => {
        const stretches: Stretch[] = [];
        let size = 0;
        for (const [n, { hole, data }] of list.entries()) {
          size += n === 0 && startsFull ? 0 : hole;
          stretches.push({ offset: size, length: data });
          size += data;
        }
        const content = Buffer.alloc(size + end);
        for (const { offset, length } of stretches) content.fill('data', offset, offset + length);
        const bytes = Buffer.concat([packed(content, stretches), Buffer.alloc(512)]);
        expect(unpacked(bytes, content.length, step)).toEqual({ content, isWhole: true });
      },
    );
    fc.assert(property, { numRuns: 300 });
  });

  it('has its map in whole blocks, as GNU tar writes it', () => {
    expect(textOf(formatMap([{ offset: 4096, length: 10 }], 4106))).toBe('1\n4096\n10\n');
    // What ends with a hole has a last stretch, which says how long it is.
    expect(textOf(formatMap([], 1000))).toBe('1\n1000\n0\n');
    expect(textOf(formatMap([{ offset: 0, length: 4096 }], 9000))).toBe('2\n0\n4096\n9000\n0\n');
    const many = Array.from({ length: 100 }, (_, n) => ({ offset: n * 8192, length: 4096 }));
    expect(formatMap(many, 819_200).length % 512).toBe(0);
  });

  it.each([
    ['more than numbers', map(1, 'x', 5), 'something else than numbers'],
    ['a negative offset', map(1, -4, 5), 'something else than numbers'],
    ['a number without an end', Buffer.alloc(512, '1'), 'has no end'],
    ['a number past all numbers', map('9999999999999999'), 'something else than numbers'],
    ['too many stretches', map(70_000), '70000 stretches'],
    ['stretches that overlap', map(2, 0, 10, 5, 10), 'not that of a file of its size'],
    ['a stretch past the end', map(1, 90, 11), 'not that of a file of its size'],
  ])('is refused with %s', (_, bytes, message) => {
    expect(() => unpacked(bytes, 100, 512)).toThrow(Damage);
    expect(() => unpacked(bytes, 100, 7)).toThrow(message);
  });

  it('is not whole where its data or its map is cut short', async () => {
    const bytes = packed(Buffer.alloc(5000, 'x'), [{ offset: 0, length: 3000 }]);
    for (const cut of [0, 5, 512, 3500])
      expect(unpacked(bytes.subarray(0, cut), 5000, 512).isWhole).toBe(false);
    const pieces = async function* (): AsyncGenerator<Buffer> {
      yield bytes.subarray(0, 3500);
    };
    const read = async (): Promise<void> => {
      for await (const _ of expanded(pieces(), sparseSkip(0), 5000));
    };
    await expect(read()).rejects.toThrow('its sparse map says more than there is');
  });

  it('is found behind all that comes before its map, in pieces of any size', async () => {
    const stretches = [{ offset: 1000, length: 600 }];
    const content = Buffer.alloc(5000).fill('x', 1000, 1600);
    const bytes = Buffer.concat([Buffer.alloc(700, 'header '), packed(content, stretches)]);
    for (const step of [1, 100, 699, 700, 701, 5000]) {
      const pieces = async function* (): AsyncGenerator<Buffer> {
        for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
      };
      const found: Uint8Array[] = [];
      for await (const piece of expanded(pieces(), sparseSkip(700), 5000)) found.push(Uint8Array.from(piece));
      expect(Buffer.concat(found)).toEqual(content);
    }
  });

  it('tells its holes from data that is zeros', () => {
    const expansion = new Expansion(200_000);
    const bytes = packed(Buffer.alloc(200_000), [{ offset: 100_000, length: 50_000 }]);
    expect([...expansion.add(bytes)].map((piece) => [piece.length, isOfHole(piece)])).toEqual([
      [100_000, true],
      [50_000, false],
      [50_000, true],
    ]);
    expect([...zeros(3_000_000)].map(({ length }) => length)).toEqual([1_048_576, 1_048_576, 902_848]);
  });
});
