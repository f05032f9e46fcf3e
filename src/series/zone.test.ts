import { isMainThread } from 'node:worker_threads';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { localDate, thisZone } from './zone.ts';

const ZONES = ['Pacific/Auckland', 'America/St_Johns', 'UTC', 'Asia/Kathmandu', 'Pacific/Pago_Pago'];

describe('localDate()', () => {
  it.each<[string, string, number[]]>([
    ['2026-11-09T14:00:00Z', 'Pacific/Auckland', [2026, 11, 10]],
    ['2026-11-10T10:59:59Z', 'Pacific/Auckland', [2026, 11, 10]],
    ['2026-11-10T11:00:00Z', 'Pacific/Auckland', [2026, 11, 11]],
    // A day of 23 hours, and one of 25: each from one midnight to the next.
    ['2026-09-26T12:00:00Z', 'Pacific/Auckland', [2026, 9, 27]],
    ['2026-09-27T10:59:59Z', 'Pacific/Auckland', [2026, 9, 27]],
    ['2026-09-27T11:00:00Z', 'Pacific/Auckland', [2026, 9, 28]],
    ['2026-11-01T02:29:59Z', 'America/St_Johns', [2026, 10, 31]],
    ['2026-11-01T02:30:00Z', 'America/St_Johns', [2026, 11, 1]],
    ['2026-11-02T03:29:59Z', 'America/St_Johns', [2026, 11, 1]],
    ['2026-12-31T18:14:59Z', 'Asia/Kathmandu', [2026, 12, 31]],
    ['2026-12-31T18:15:00Z', 'Asia/Kathmandu', [2027, 1, 1]],
    ['1969-12-28T23:00:00Z', 'UTC', [1969, 12, 28]],
  ])('%s in %s', (time, zone, [year, month, date]) => {
    const day = Date.UTC(year ?? 0, (month ?? 1) - 1, date) / 86_400_000;
    expect(localDate(new Date(time), zone, 'UTC')).toMatchObject({ year, month, day });
  });

  // Also in zones that differ from UTC by parts of an hour.
  it.each<[string, string]>([
    ['UTC', '2026-11-09T14:00:00Z'],
    ['Pacific/Auckland', '2026-11-09T14:00:00Z'],
    ['Asia/Kathmandu', '2026-11-09T14:15:00Z'],
    ['America/St_Johns', '2026-11-09T14:30:00Z'],
    ['Australia/Eucla', '2026-11-09T14:15:00Z'],
    ['Asia/Kathmandu', '1969-12-28T14:30:00Z'],
  ])('begins an hour where the clock in %s shows a full one: %s', (zone, full) => {
    const fullMs = Date.parse(full);
    const hours = [-3_600_000, -1, 0, 3_599_999, 3_600_000].map(
      (ms) =>
        localDate(new Date(fullMs + ms), zone, 'UTC').hour - localDate(new Date(fullMs), zone, 'UTC').hour,
    );
    expect(hours).toEqual([-1, -1, 0, 0, 1]);
  });

  // A thread cannot change the zone of its process.
  it.skipIf(!isMainThread)('is what the clock on a wall shows, whatever the zone of the process', () => {
    const before = process.env['TZ'];
    const times = fc.date({ noInvalidDate: true, min: new Date('1970-01-01'), max: new Date('2099-12-31') });
    try {
      fc.assert(
        fc.property(times, fc.constantFrom(...ZONES), fc.constantFrom(...ZONES), (at, zone, other) => {
          process.env['TZ'] = zone;
          const here = localDate(at, undefined, thisZone());
          const { year, month, day, hour } = here;
          expect([year, month]).toEqual([at.getFullYear(), at.getMonth() + 1]);
          expect(new Date(day * 86_400_000).getUTCDate()).toBe(at.getDate());
          // An hour begins where the clock shows a full one.
          const full = new Date(
            at.getTime() - ((at.getMinutes() * 60 + at.getSeconds()) * 1000 + at.getMilliseconds()),
          );
          expect(localDate(full, undefined, thisZone()).hour).toBe(hour);
          expect(localDate(new Date(full.getTime() - 1), undefined, thisZone()).hour).toBe(hour - 1);
          process.env['TZ'] = other;
          expect(localDate(at, zone, other)).toEqual(here);
        }),
      );
    } finally {
      if (before === undefined) delete process.env['TZ'];
      else process.env['TZ'] = before;
    }
  });

  it('counts in the other zone where this system does not know the first, and then in UTC', () => {
    const at = new Date('2026-11-09T14:00:00Z');
    const there = localDate(at, 'Pacific/Auckland', 'UTC');
    expect(localDate(at, 'Mars/Olympus', 'Pacific/Auckland')).toEqual(there);
    expect(localDate(at, 'Mars/Olympus', 'Mars/Olympus')).toEqual(localDate(at, 'UTC', 'UTC'));
  });
});

it('thisZone() is the zone of this process', () => {
  expect(thisZone()).toBe(new Intl.DateTimeFormat().resolvedOptions().timeZone);
});
