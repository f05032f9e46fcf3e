import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Retention, formatKeep, parseKeep } from './keep.ts';

describe('parseKeep()', () => {
  it.each<[string, Retention]>([
    ['7', { last: 7 }],
    ['  07 ', { last: 7 }],
    ['last=7 daily=14', { last: 7, daily: 14 }],
    ['hourly=24 daily=7', { hourly: 24, daily: 7 }],
    ['yearly=3,monthly=12,  weekly=8', { weekly: 8, monthly: 12, yearly: 3 }],
    ['Daily = 2', { daily: 2 }],
    [' daily  =  2 ,, weekly=3 , ', { daily: 2, weekly: 3 }],
  ])('reads "%s"', (text, keep) => {
    expect(parseKeep(text)).toEqual(keep);
  });

  it.each([
    ['0', 'unusable number `0`: use a whole number, 1 or more'],
    ['-1', 'unusable number `-1`: use a whole number, 1 or more'],
    ['1.5', 'unusable number `1.5`: use a whole number, 1 or more'],
    ['99999999999999999999', 'unusable number `99999999999999999999`: use a whole number, 1 or more'],
    ['daily=0', 'unusable number `0`: use a whole number, 1 or more'],
    ['daily=', 'unusable number ``: use a whole number, 1 or more'],
    ['daily=1=2', 'unusable number `1=2`: use a whole number, 1 or more'],
    ['daily', 'no number at `daily`: write `daily=7`'],
    ['dayly=3', 'unknown rule `dayly`: did you mean `daily`?'],
    [
      'minutely=3 last=1',
      'unknown rule `minutely`: use `last`, `hourly`, `daily`, `weekly`, `monthly` or `yearly`',
    ],
    ['last=1 last=1', 'the rule `last` twice: give it once'],
    ['daily=2x', 'unusable number `2x`: use a whole number, 1 or more'],
    ['daily=x2', 'unusable number `x2`: use a whole number, 1 or more'],
    ['14 daily=3', 'no rule at `14`: write `last=14`'],
    ['x7 daily=3', 'unknown rule `x7`: use `last`, `hourly`, `daily`, `weekly`, `monthly` or `yearly`'],
    ['7x daily=3', 'unknown rule `7x`: use `last`, `hourly`, `daily`, `weekly`, `monthly` or `yearly`'],
    ['7 daily=3', 'no rule at `7`: write `last=7`'],
    ['', 'no rule: write for example `7` or `last=7 daily=14`'],
    [' , ', 'no rule: write for example `7` or `last=7 daily=14`'],
  ])('refuses "%s"', (text, message) => {
    expect(() => parseKeep(text)).toThrow(expect.objectContaining({ code: 'E_PLAN', message }));
  });

  it('reads back whatever formatKeep() writes', () => {
    const count = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
    const hours = fc.integer({ min: 1, max: 87_600 }).map((n) => n * 3_600_000);
    const keeps = fc
      .record(
        {
          last: count,
          hourly: count,
          daily: count,
          weekly: count,
          monthly: count,
          yearly: count,
          within: hours,
        },
        { requiredKeys: [], noNullPrototype: true },
      )
      .filter((keep) => Object.keys(keep).length > 0);
    fc.assert(
      fc.property(keeps, (keep) => {
        expect(parseKeep(formatKeep(keep))).toEqual(keep);
      }),
    );
  });
});

describe('formatKeep()', () => {
  it('writes a plain number for the newest ones only', () => {
    expect(formatKeep({ last: 7 })).toBe('7');
    expect(formatKeep({ daily: 7 })).toBe('daily=7');
  });

  it('writes rules from the shortest period to the longest', () => {
    expect(formatKeep({ yearly: 1, last: 2 })).toBe('last=2 yearly=1');
  });
});
