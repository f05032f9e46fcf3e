import { describe, expect, it } from 'vitest';
import { dailyAt, isEvery, midnightOf, readCron } from './cron.ts';

describe('readCron()', () => {
  it.each([
    ['99 2 * * *', '`99` is not possible as minute'],
    ['a 2 * * *', '`a` is not possible as minute'],
    ['0 2 32 * *', '`32` is not possible as day of month'],
    ['5 0 2 * * *', 'it has six fields'],
    ['0,5 0 2 * * *', 'it has six fields'],
    ['0 2 1 * 1', 'it names days of the month and days of the week'],
    ['0 2 L * 1', 'it names days of the month and days of the week'],
    ['0-100 2 * * *', 'a number in it is too large'],
    ['*/999999999 * * * *', 'a number in it is too large'],
  ])('says of %s what is wrong, in words: %s', (text, why) => {
    const message = expect.stringContaining(`Cannot read the cron expression "${text}": ${why}`) as string;
    const hint = expect.stringMatching(/\.$/) as string;
    expect(() => readCron(text)).toThrow(
      expect.objectContaining({ code: 'E_USAGE', message, hint }) as Error,
    );
  });

  it('spells out what it says, in order', () => {
    expect(readCron('30,5,*/20 22-23,2 * 12,1 *')).toMatchObject({
      text: '30,5,*/20 22-23,2 * 12,1 *',
      minutes: [0, 5, 20, 30, 40],
      hours: [2, 22, 23],
      months: [1, 12],
    });
  });

  it.each([
    ['0 2 * * *', Array.from({ length: 28 }, (_, i) => i + 1)],
    ['30 23 28 * *', [28]],
    ['0 0 L 2 *', [28]],
    // The first one is a Sunday.
    ['0 12 * * 0', [1, 8, 15, 22]],
    ['0 12 * * 7', [1, 8, 15, 22]],
    ['0 12 * * 1#2', [9]],
    ['0 12 * 3 *', []],
  ])('%s is on in February 2026 on the days %j', (text, days) => {
    const { isOn } = readCron(text);
    const all = Array.from({ length: 28 }, (_, i) => i + 1);
    expect(all.filter((day) => isOn(new Date(Date.UTC(2026, 1, day))))).toEqual(days);
  });
});

describe('dailyAt()', () => {
  it.each([
    ['02:00', '0 2 * * *'],
    ['2:05', '5 2 * * *'],
    ['00:00', '0 0 * * *'],
    ['23:59', '59 23 * * *'],
  ])('of %s is %s', (time, cron) => {
    expect(dailyAt(time)).toBe(cron);
  });

  it.each(['24:00', '23:60', '2', '2:5', '002:00', '02:00:00', ' 02:00', '-1:00', ''])(
    'refuses %j',
    (time) => {
      expect(() => dailyAt(time)).toThrow(`--at ${time}: it takes a time of day, as 02:00`);
    },
  );
});

describe('isEvery()', () => {
  it.each([
    [[0, 1, 2], true],
    [[0, 1, 1], false],
    [[0, 1], false],
    [[0, 1, 'L'], false],
  ])('of %j, of three: %s', (field, isAll) => {
    expect(isEvery(field, 3)).toBe(isAll);
  });
});

describe('midnightOf()', () => {
  it.each([
    ['2026-11-29T00:00:00.000Z', '2026-11-29T00:00:00.000Z'],
    ['2026-11-29T23:59:59.999Z', '2026-11-29T00:00:00.000Z'],
    ['1969-12-31T12:00:00.000Z', '1969-12-31T00:00:00.000Z'],
  ])('of %s is %s', (at, midnight) => {
    expect(midnightOf(Date.parse(at)).toISOString()).toBe(midnight);
  });
});
