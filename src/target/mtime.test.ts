import { lutimesSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { isSameTime, toTime } from './mtime.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshot-mtime-'));
const file = join(folder, 'file');
writeFileSync(file, '');
afterAll(() => rmSync(folder, { recursive: true }));

function setAndRead(ns: bigint): bigint {
  lutimesSync(file, 0, toTime(ns));
  return statSync(file, { bigint: true }).mtimeNs;
}

describe.skipIf(process.platform === 'win32')('toTime()', () => {
  it('sets a time at or below the wanted one, by less than a microsecond', () => {
    const times = fc.bigInt({ min: 0n, max: 4_000_000_000_000_000_000n });
    fc.assert(
      fc.property(times, (ns) => {
        const set = setAndRead(ns);
        expect(set <= ns && ns - set < 1000n, `${ns} became ${set}`).toBe(true);
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

  it.each([-2_000_000_000n, -1_000_000n, -86_400_000_000_000n])('knows what was before 1970: %s', (ns) => {
    expect(setAndRead(ns)).toBe(ns);
  });
});
