import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Seek, seekCall } from '../base/hole-calls.ts';
import { MOST_STRETCHES } from '../format/sparse.ts';
import { sameStretches, stretchesOf } from './stretches.ts';

/** A file of `size` bytes with data in these places, as lseek(2) tells of it. */
function seekIn(size: number, data: readonly (readonly [start: number, end: number])[]): Seek {
  return (_, from, whence) => {
    if (from >= size) return -1;
    const within = data.find(([start, end]) => start <= from && from < end);
    if (whence === 'hole') return within === undefined ? from : within[1];
    return within === undefined ? (data.find(([start]) => start > from)?.[0] ?? -1) : from;
  };
}

const MIB = 1024 * 1024;

describe('stretchesOf()', () => {
  it.each<[string, number, [number, number][], unknown]>([
    ['no hole', 5 * MIB, [[0, 5 * MIB]], undefined],
    ['all hole', 5 * MIB, [], []],
    ['a hole at the end', 5 * MIB, [[0, MIB]], [{ offset: 0, length: MIB }]],
    ['a hole at the beginning', 5 * MIB + 7, [[MIB, 5 * MIB + 7]], [{ offset: MIB, length: 4 * MIB + 7 }]],
    ['data that begins and ends anywhere', 5 * MIB, [[MIB + 5, MIB + 9]], [{ offset: MIB, length: 4096 }]],
    [
      'small holes, which count as data',
      5 * MIB,
      [
        [0, 4096],
        [8192, 12_288],
        [MIB, 2 * MIB],
      ],
      [
        { offset: 0, length: 12_288 },
        { offset: MIB, length: MIB },
      ],
    ],
    [
      'small holes only',
      20_480,
      [
        [0, 4096],
        [8192, 20_480],
      ],
      undefined,
    ],
    ['nothing', 0, [], undefined],
  ])('finds %s', (_, size, data, stretches) => {
    expect(stretchesOf(3, size, seekIn(size, data))).toEqual(stretches);
  });

  it('takes for whole what a file system does not tell, at once or half way', () => {
    expect(stretchesOf(3, MIB, () => -1)).toBeUndefined();
    expect(stretchesOf(3, MIB, (_, from, whence) => (whence === 'data' ? from : -1))).toBeUndefined();
    const tell = seekIn(5 * MIB, [[0, MIB]]);
    const breaks: Seek = (fd, from, whence) => (from > 0 && whence === 'hole' ? -1 : tell(fd, from, whence));
    expect(stretchesOf(3, 5 * MIB, breaks)).toBeUndefined();
    // One that goes back would never come to an end.
    expect(stretchesOf(3, MIB, () => 0)).toBeUndefined();
  });

  it('finds no more than a map may have, and leaves out no data', () => {
    const step = 2 ** 17;
    const end = 3 * MOST_STRETCHES * step;
    // Data at the beginning of each step.
    const seek: Seek = (_, from, whence) => {
      const start = from - (from % step);
      const isData = from % step < 4096;
      if (whence === 'hole') return isData ? start + 4096 : from;
      return isData ? from : start + step < end ? start + step : -1;
    };
    const stretches = stretchesOf(3, end, seek) ?? [];
    expect(stretches.length).toBeGreaterThan(1000);
    expect(stretches.length).toBeLessThan(MOST_STRETCHES);
    let next = 0;
    for (const { offset, length } of stretches) {
      expect(offset).toBe(next);
      expect(length % step).toBe(4096);
      expect(length).toBeLessThan(16 * step);
      next = offset + length - 4096 + step;
    }
    expect(next).toBe(end);
  });

  it.skipIf(seekCall() === undefined)('asks the system', () => {
    const folder = mkdtempSync(join(tmpdir(), 'snapshot-stretches-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const fd = openSync(join(folder, 'file'), 'w+');
    onTestFinished(() => closeSync(fd));
    writeSync(fd, 'x', 10 * MIB);
    ftruncateSync(fd, 900 * MIB);
    expect(stretchesOf(fd, 900 * MIB)).toEqual([{ offset: 10 * MIB, length: 4096 }]);
  });
});

describe('sameStretches()', () => {
  it('tells one from another', () => {
    const one = [{ offset: 0, length: 5 }];
    expect(sameStretches(one, [{ offset: 0, length: 5 }])).toBe(true);
    expect(sameStretches(undefined, undefined)).toBe(true);
    for (const other of [undefined, [], [{ offset: 0, length: 6 }], [{ offset: 1, length: 5 }]])
      expect(sameStretches(one, other)).toBe(false);
    expect(sameStretches([], undefined)).toBe(false);
  });
});
