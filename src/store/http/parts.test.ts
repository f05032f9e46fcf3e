import { describe, expect, it } from 'vitest';
import { PART_BYTES, type Parts, partsOf, sendParts } from './parts.ts';

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

describe('sendParts()', () => {
  const content = Buffer.from('abcdefghij');
  const file = {
    sizeBytes: content.length,
    read: async (offset: number, length: number): Promise<Buffer> =>
      await Promise.resolve(content.subarray(offset, offset + length)),
  };
  const parts: Parts = { partBytes: 3, count: 4, parallel: 2 };

  it('sends what is missing, and only that, each part with its place', async () => {
    const done: (string | undefined)[] = ['told', undefined, undefined, undefined];
    await sendParts(file, parts, done, 'x', async (body, i) => await Promise.resolve(`${i} ${String(body)}`));
    expect(done).toEqual(['told', '1 def', '2 ghi', '3 j']);
  });

  it('begins no more once one has failed, and ends those under way', async () => {
    const begun: number[] = [];
    const done: (string | undefined)[] = [];
    const failed = new Error('no');
    let second: (() => void) | undefined;
    const sending = sendParts(file, parts, done, 'x', async (_, i) => {
      begun.push(i);
      if (i === 1) {
        second?.();
        throw failed;
      }
      await new Promise<void>((resolve) => (second = resolve));
      return `${i}`;
    });
    await expect(sending).rejects.toBe(failed);
    expect(begun).toEqual([0, 1]);
    expect(done).toEqual(['0']);
  });

  it('refuses a file that became shorter', async () => {
    const longer = { ...file, sizeBytes: 12 };
    await expect(sendParts(longer, parts, [], 'x', async () => await Promise.resolve(''))).rejects.toThrow(
      'became shorter',
    );
  });
});
