import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatLocal, lastInstant, localOffset, type Moment, parseMoment } from './moment.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function at(text: string, offsetAt: (ms: number) => number = () => HOUR): string {
  const moment = parseMoment(text);
  if (moment === undefined || moment === 'invalid') throw new Error(`no moment: ${text}`);
  return new Date(lastInstant(moment, offsetAt)).toISOString();
}

describe('parseMoment()', () => {
  it.each([
    ['a date to the end of its day', '2026-11-19', '2026-11-19T22:59:59.999Z'],
    ['a minute to its end', '2026-11-19 02:00', '2026-11-19T01:00:59.999Z'],
    ['a second to its end', '2026-11-19 02:00:30', '2026-11-19T01:00:30.999Z'],
    ['a fraction as it is', '2026-11-19T02:00:30.5', '2026-11-19T01:00:30.500Z'],
    ['UTC', '2026-11-19T02:00Z', '2026-11-19T02:00:59.999Z'],
    ['UTC in small letters', '2026-11-19t02:00:00z', '2026-11-19T02:00:00.999Z'],
    ['an offset', '2026-11-19T02:00:00.000+05:30', '2026-11-18T20:30:00.000Z'],
    ['an offset without a colon', '2026-11-19 02:00:00.0 -0500', '2026-11-19T07:00:00.000Z'],
    ['an offset in hours', '2026-11-19 02:00:00.0-05', '2026-11-19T07:00:00.000Z'],
    ['a month to its end', '2026-11', '2026-11-30T22:59:59.999Z'],
    ['the last month of a year', '2026-12', '2026-12-31T22:59:59.999Z'],
    ['a leap day', '2028-02-29', '2028-02-29T22:59:59.999Z'],
    ['nanoseconds, cut', '2026-11-19T02:00:00.123999999Z', '2026-11-19T02:00:00.123Z'],
  ])('reads %s', (_, text, expected) => {
    expect(at(text)).toBe(expected);
  });

  it.each(['', 'latest', '2026', '2026-11-1', '2026-11-19T02', '2026-11-19T02-00-00Z', '2026-11-19x'])(
    'leaves `%s` to others',
    (text) => {
      expect(parseMoment(text)).toBeUndefined();
    },
  );

  it.each([
    '2026-02-29',
    '2026-13',
    '2026-00',
    '2026-13-01',
    '2026-00-10',
    '2026-11-19 24:00',
    '2026-11-19 02:60',
    '2026-11-19 02:00:60',
    '2026-11-19 02:00+25:00',
  ])('knows that there is no %s', (text) => {
    expect(parseMoment(text)).toBe('invalid');
  });

  it('reads what formatLocal() writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e9 }), (seconds) => {
        const text = formatLocal(new Date(seconds * 1000));
        const moment = parseMoment(text) as Moment;
        expect(formatLocal(new Date(lastInstant(moment, localOffset)))).toBe(text);
        expect(lastInstant(moment, localOffset)).toBeGreaterThanOrEqual(seconds * 1000);
      }),
    );
  });
});

/** A clock that changes once, at `changeMs`. */
function zone(changeMs: number, before: number, after: number): (ms: number) => number {
  return (ms) => (ms < changeMs ? before : after);
}

describe('lastInstant()', () => {
  const spring = zone(Date.parse('2026-03-29T01:00:00Z'), HOUR, 2 * HOUR);
  const autumn = zone(Date.parse('2026-10-25T01:00:00Z'), 2 * HOUR, HOUR);

  it.each([
    ['before the hour that is left out', '2026-03-29 01:30:00.0', spring, '2026-03-29T00:30:00.000Z'],
    ['in the hour that is left out', '2026-03-29 02:30', spring, '2026-03-29T00:59:59.999Z'],
    ['after the hour that is left out', '2026-03-29 03:30:00.0', spring, '2026-03-29T01:30:00.000Z'],
    ['before the hour that comes twice', '2026-10-25 01:30:00.0', autumn, '2026-10-24T23:30:00.000Z'],
    ['in the hour that comes twice', '2026-10-25 02:30:00.0', autumn, '2026-10-25T01:30:00.000Z'],
    ['the short day', '2026-03-29', spring, '2026-03-29T21:59:59.999Z'],
    ['the long day', '2026-10-25', autumn, '2026-10-25T22:59:59.999Z'],
  ])('%s', (_, text, clock, expected) => {
    expect(at(text, clock)).toBe(expected);
  });

  it('is the last moment at which any clock shows that or less', () => {
    const quarter = 15 * MINUTE;
    const offset = fc.integer({ min: -12 * 4, max: 14 * 4 }).map((quarters) => quarters * quarter);
    const change = fc.integer({ min: 0, max: 400 }).map((quarters) => quarters * quarter);
    const jump = fc.integer({ min: -8, max: 8 }).map((quarters) => quarters * quarter);
    fc.assert(
      fc.property(change, offset, jump, fc.integer({ min: 0, max: 400 }), (changeMs, before, by, wall) => {
        const clock = zone(changeMs, before, before + by);
        const wallMs = wall * quarter;
        const last = lastInstant({ wallMs, offsetMs: undefined }, clock);
        expect(last + clock(last)).toBeLessThanOrEqual(wallMs);
        // Every later moment, as far as the clocks of the world are apart, shows more.
        for (let ms = last + 1; ms < last + 30 * HOUR; ms += quarter) {
          expect(ms + clock(ms)).toBeGreaterThan(wallMs);
        }
      }),
    );
  });
});
