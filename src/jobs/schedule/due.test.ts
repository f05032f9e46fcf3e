import { isMainThread } from 'node:worker_threads';
import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readCron } from '../../host/schedulers/cron.ts';
import { Timetable, type TimetableOptions } from './due.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Jumps by an hour at 02:00, at 01:00, at midnight, by half an hour, in the month of fasting; or never. */
const ZONES = [
  'Europe/Berlin',
  'Europe/London',
  'America/New_York',
  'America/Santiago',
  'Asia/Beirut',
  'Australia/Lord_Howe',
  'Pacific/Chatham',
  'Africa/Casablanca',
  'Asia/Kolkata',
  'UTC',
];

function timetable(cron: string, options: TimetableOptions = {}): Timetable {
  return new Timetable(readCron(cron), options);
}

function after(cron: string, timezone: string, time: string): string {
  return timetable(cron, { timezone }).after(new Date(time)).due.toISOString().replace(':00.000Z', 'Z');
}

/** What a clock on the wall shows. */
function wall(time: Date, timeZone: string): { date: string; minute: number } {
  const text = time.toLocaleString('sv-SE', { timeZone });
  const [date = '', clock = ''] = text.split(' ');
  const [hours, minutes] = clock.split(':').map(Number);
  return { date, minute: (hours ?? 0) * 60 + (minutes ?? 0) };
}

const ZONE = fc.constantFrom(...ZONES);
const TIME = fc.date({ min: new Date('2024-01-01'), max: new Date('2030-01-01'), noInvalidDate: true });
const CRON = fc.constantFrom('30 2 * * *', '0 * * * *', '*/20 0-3 * * *', '15 0,1,2,3 * * 0', '59 23 L * *');

describe('Timetable', () => {
  it.each([
    ['an ordinary night', '0 2 * * *', '2026-11-19T12:00Z', '2026-11-20T01:00Z'],
    ['the very minute it is due: the next one', '0 2 * * *', '2026-11-20T01:00Z', '2026-11-21T01:00Z'],
    [
      'a time that spring jumps over: as long after the jump',
      '30 2 * * *',
      '2026-03-28T12:00Z',
      '2026-03-29T01:30Z',
    ],
    ['the day of a year that is none, of a century', '0 2 29 2 *', '2096-03-01T12:00Z', '2104-02-29T01:00Z'],
    ['then back to normal', '30 2 * * *', '2026-03-29T01:30Z', '2026-03-30T00:30Z'],
    ['a time that autumn has twice: the first', '30 2 * * *', '2026-10-24T12:00Z', '2026-10-25T00:30Z'],
    ['and not the second', '30 2 * * *', '2026-10-25T00:30Z', '2026-10-26T01:30Z'],
    ['every hour: in autumn the second too', '30 * * * *', '2026-10-25T00:30Z', '2026-10-25T01:30Z'],
    ['every hour: in spring none is doubled', '0 * * * *', '2026-03-29T01:00Z', '2026-03-29T02:00Z'],
    [
      'every hour: in autumn, what is earlier on the wall',
      '10 * * * *',
      '2026-10-25T00:15Z',
      '2026-10-25T01:10Z',
    ],
    ['the last day of a month', '0 2 L * *', '2026-02-01T00:00Z', '2026-02-28T01:00Z'],
    ['the first of several on a day', '0,30 2,14 * * *', '2026-11-19T12:00Z', '2026-11-19T13:00Z'],
    ['the last second before it', '0 2 * * *', '2026-11-20T00:59:59Z', '2026-11-20T01:00Z'],
    ['a millisecond before it', '0 2 * * *', '2026-11-20T00:59:59.999Z', '2026-11-20T01:00Z'],
    ['a month without that day: the next one', '0 2 31 * *', '2026-11-19T12:00Z', '2026-12-31T01:00Z'],
    ['the night in which a year ends', '30 0 1 1 *', '2026-12-31T12:00Z', '2026-12-31T23:30Z'],
    ['a leap day', '0 2 29 2 *', '2026-02-01T00:00Z', '2028-02-29T01:00Z'],
    ['a name for it', '@weekly', '2026-11-20T00:00Z', '2026-11-21T23:00Z'],
  ])('knows %s', (_, cron, time, due) => {
    expect(after(cron, 'Europe/Berlin', time)).toBe(due);
  });

  // A thread, as Stryker has, does not see the zone change.
  it.skipIf(!isMainThread)('goes by the clock of this machine when no zone is named', () => {
    const before = process.env['TZ'];
    onTestFinished(() => {
      if (before === undefined) delete process.env['TZ'];
      else process.env['TZ'] = before;
    });
    process.env['TZ'] = 'Asia/Kolkata';
    const { due } = timetable('0 2 * * *').after(new Date('2026-11-19T12:00Z'));
    expect(due).toEqual(new Date('2026-11-19T20:30Z'));
  });

  it('keeps to the order of time where a jump turns that of the wall clock round', () => {
    // At 02:00 it is 02:30 there: 02:20 comes as 02:50, after 02:35.
    const times = ['2026-10-03T12:00Z', '2026-10-03T15:35Z'].map((time) =>
      after('20,35 2 * * *', 'Australia/Lord_Howe', time),
    );
    expect(times).toEqual(['2026-10-03T15:35Z', '2026-10-03T15:50Z']);
  });

  it('is due once a day, whatever the clocks do, at its time or as long after the jump', () => {
    const property = fc.property(ZONE, fc.nat(23), fc.nat(59), fc.nat(5), (timezone, hour, minute, year) => {
      const times = timetable(`${minute} ${hour} * * *`, { timezone });
      let time = new Date(Date.UTC(2024 + year, 0, 1));
      let { due } = times.after(time);
      for (let day = 0; day < 366; day++) {
        time = due;
        ({ due } = times.after(time));
        const [before, now] = [wall(time, timezone), wall(due, timezone)];
        expect(Date.parse(now.date) - Date.parse(before.date)).toBe(DAY_MS);
        const lateMinutes = now.minute - (hour * 60 + minute);
        if (lateMinutes === 0) continue;
        expect([30, 60]).toContain(lateMinutes);
        // It is so because there is no such time on that day.
        const shown = new Set<number>();
        for (let ms = due.getTime() - 3 * HOUR_MS; ms <= due.getTime(); ms += 60_000) {
          shown.add(wall(new Date(ms), timezone).minute);
        }
        expect(shown).not.toContain(hour * 60 + minute);
      }
    });
    fc.assert(property, { numRuns: 12 });
  });

  it('leaves no hour out when it is for every hour', () => {
    const property = fc.property(ZONE, TIME, (timezone, time) => {
      const { due } = timetable('0 * * * *', { timezone }).after(time);
      const most = timezone === 'Australia/Lord_Howe' ? 1.5 : 1;
      expect(due.getTime() - time.getTime()).toBeLessThanOrEqual(most * HOUR_MS);
    });
    fc.assert(property);
  });

  it('finds the first one: from any time before it, it is the same', () => {
    const property = fc.property(
      ZONE,
      CRON,
      TIME,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (timezone, cron, time, part) => {
        const times = timetable(cron, { timezone });
        const { due } = times.after(time);
        expect(due > time).toBe(true);
        const between = new Date(time.getTime() + Math.floor(part * (due.getTime() - time.getTime() - 1)));
        expect(times.after(between).due).toEqual(due);
      },
    );
    fc.assert(property, { numRuns: 300 });
  });

  it('begins later by a jitter that is below its limit, the same each time, and another one elsewhere', () => {
    const property = fc.property(
      TIME,
      fc.integer({ min: 1, max: DAY_MS }),
      fc.string(),
      (time, jitterMs, seed) => {
        const { due, at } = timetable('0 2 * * *', { timezone: 'UTC', jitterMs, seed }).after(time);
        expect(at.getTime() - due.getTime()).toBeGreaterThanOrEqual(0);
        expect(at.getTime() - due.getTime()).toBeLessThan(jitterMs);
        expect(timetable('0 2 * * *', { timezone: 'UTC', jitterMs, seed }).after(time)).toEqual({ due, at });
      },
    );
    fc.assert(property);
    const seeds = ['a', 'b', 'c', 'd'];
    const starts = seeds.map((seed) =>
      timetable('0 2 * * *', { jitterMs: DAY_MS, seed }).after(new Date(0)).at.getTime(),
    );
    expect(new Set(starts).size).toBe(4);
    // Spread over all of it, and another one each day.
    const days = Array.from({ length: 60 }, (_day, n) => {
      const { due, at } = timetable('0 2 * * *', { timezone: 'UTC', jitterMs: DAY_MS }).after(
        new Date(n * DAY_MS),
      );
      return (at.getTime() - due.getTime()) / DAY_MS;
    });
    expect([Math.min(...days) < 0.2, Math.max(...days) > 0.8]).toEqual([true, true]);
  });

  it.each([
    ['0 2 1 * 1', 'days of the month and days of the week'],
    ['30 0 2 * * *', 'six fields'],
    ['0 25 * * *', '`25` is not possible as hour'],
    ['nightly', 'expected 5 or 6 fields'],
    ['0 0 31 2 *', 'impossible'],
    // As large a range fills memory, and Node dies of it.
    ['0-999999999 2 * * *', 'a number in it is too large'],
    ['*/100 2 * * *', 'a number in it is too large'],
  ])('refuses %s', (cron, why) => {
    expect(() => readCron(cron)).toThrow(why);
  });

  it('refuses a time zone that there is not', () => {
    expect(() => timetable('0 2 * * *', { timezone: 'Europe/Berln' })).toThrow('no such time zone');
  });
});
