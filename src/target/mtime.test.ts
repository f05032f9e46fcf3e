import { lutimesSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { isOtherTime, isSameTime, toTime } from './mtime.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshot-mtime-'));
const file = join(folder, 'file');
writeFileSync(file, '');
afterAll(() => rmSync(folder, { recursive: true }));

function setAndRead(ns: bigint): bigint {
  lutimesSync(file, 0, toTime(ns));
  return statSync(file, { bigint: true }).mtimeNs;
}

/**
 * Whether `set` is what there is for `wanted`. On Windows libuv counts steps of 100 ns from 1601 in a double, which holds every
 * 16th of them, and from 2057 on every 32nd.
 */
function isNear(wanted: bigint, set: bigint): boolean {
  return process.platform === 'win32' ? isSameTime(wanted, set) : set <= wanted && wanted - set < 1000n;
}

/** The last one that has to come back. */
const LAST_NS = process.platform === 'win32' ? 2_740_000_000_000_000_000n : 4_000_000_000_000_000_000n;

/** Windows keeps them, but Node reads them there as 136 years later. */
const HAS_OLD_TIMES = setAndRead(-2_000_000_000n) === -2_000_000_000n;

describe('toTime()', () => {
  it.each([
    [-1n, -1],
    [-1_000_000n, -1],
    [-1_000_001n, -2],
  ])('has a whole millisecond at or below %s ns', (ns, ms) => {
    expect(toTime(ns)).toEqual(new Date(ms));
  });

  it('sets a time at or below the wanted one, by less than a microsecond, on Windows two', () => {
    const times = fc.bigInt({ min: 0n, max: LAST_NS });
    fc.assert(
      fc.property(times, (ns) => {
        const set = setAndRead(ns);
        expect(isNear(ns, set), `${ns} became ${set}`).toBe(true);
        expect(isSameTime(ns, set)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('comes as near as a double can where nothing is cut off', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2_147_483_647_000_000_000n }), (ns) => {
        const seconds = toTime(ns, false) as number;
        const whole = Math.trunc(seconds);
        const set = BigInt(whole) * 1_000_000_000n + BigInt(Math.trunc((seconds - whole) * 1e9));
        expect(set <= ns && ns - set < 240n, `${ns} becomes ${set}`).toBe(true);
      }),
    );
  });

  it.skipIf(!HAS_OLD_TIMES).each([-2_000_000_000n, -1_000_000n, -86_400_000_000_000n])(
    'knows what was before 1970: %s',
    (ns) => {
      expect(setAndRead(ns)).toBe(ns);
    },
  );
});

describe('two times', () => {
  const AT = 1_700_000_000_000_000_000n;
  it.each([
    [0n, true, false],
    [1999n, true, false],
    [2000n, false, false],
    [2_000_000_000n, false, false],
    [2_000_000_001n, false, true],
  ])(
    'that are %i ns apart: the same %s, and what no file system makes of the other %s',
    (off, isSame, isOther) => {
      for (const time of [AT + off, AT - off]) {
        expect([isSameTime(time, AT), isSameTime(AT, time)]).toEqual([isSame, isSame]);
        expect([isOtherTime(time, AT), isOtherTime(AT, time)]).toEqual([isOther, isOther]);
      }
    },
  );
});
