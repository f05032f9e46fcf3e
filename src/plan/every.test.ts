import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { everyText, formatEvery, parseEvery } from './every.ts';

const HOUR_MS = 3_600_000;

describe('parseEvery()', () => {
  it.each([
    ['12h', 12],
    ['1h', 1],
    [' 1D ', 24],
    ['7 d', 168],
    ['2w', 336],
    ['3650d', 87_600],
  ])('reads "%s"', (text, hours) => {
    expect(parseEvery(text)).toBe(hours * HOUR_MS);
  });

  it.each([
    ['7', 'no unit at `7`: write `7d`'],
    ['90m', 'unknown unit `m`: use `h`, `d` or `w`'],
    ['2weeks', 'unknown unit `weeks`: use `h`, `d` or `w`'],
    ['0d', '`0d` is too short: use `1h` or more'],
    ['600w', '`600w` is too long: use ten years or less'],
    ['99999999999999999999d', '`99999999999999999999d` is too long: use ten years or less'],
    ['Daily', 'unknown time `Daily`: write `1d`'],
    ['3651d', '`3651d` is too long: use ten years or less'],
    ['3min', 'unknown unit `min`: use `h`, `d` or `w`'],
    ['0h', '`0h` is too short: use `1h` or more'],
    ['12 h h', 'unknown time `12 h h`: write for example `12h`, `1d` or `2w`'],
    ['hourly', 'unknown time `hourly`: write `1h`'],
    ['nightly', 'unknown time `nightly`: write `1d`'],
    ['monthly', 'unknown time `monthly`: write `31d`'],
    ['weekly', 'unknown time `weekly`: write `7d`'],
    ['-1d', 'unknown time `-1d`: write for example `12h`, `1d` or `2w`'],
    ['1.5d', 'unknown time `1.5d`: write for example `12h`, `1d` or `2w`'],
    ['toString', 'unknown time `toString`: write for example `12h`, `1d` or `2w`'],
  ])('refuses "%s"', (text, message) => {
    expect(() => parseEvery(text)).toThrow(expect.objectContaining({ code: 'E_PLAN', message }));
  });

  it.each([
    [36, '36h'],
    [48, '2d'],
  ])('%i hours are told as %s', (hours, text) => {
    expect(formatEvery(hours * HOUR_MS)).toBe(text);
  });

  it('reads back whatever formatEvery() writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 87_600 }), (hours) => {
        expect(parseEvery(formatEvery(hours * HOUR_MS))).toBe(hours * HOUR_MS);
      }),
    );
  });
});

describe('everyText()', () => {
  it.each([
    [1, 'hour'],
    [12, '12 hours'],
    [24, 'day'],
    [72, '3 days'],
    [168, 'week'],
    [336, '2 weeks'],
  ])('%i hours: every %s', (hours, text) => {
    expect(everyText(hours * HOUR_MS)).toBe(text);
  });
});
