import { describe, expect, it } from 'vitest';
import type { PastRecord } from '../../series/past.ts';
import { checksDue, type ScheduledCheck } from './checks-due.ts';

const NOON = '0 12 * * *';
const SUNDAYS = '0 12 * * 0';

/** Local times, as schedulers have them. */
function at(text: string): Date {
  return new Date(`${text}:00`);
}

function check(
  kind: ScheduledCheck['kind'],
  when: string,
  more: Partial<ScheduledCheck> = {},
): ScheduledCheck {
  return { kind, depth: 0, when, since: at('2026-11-01T09:00'), ...more };
}

function verified(time: string, more: object = {}): PastRecord {
  const started = at(time).toISOString();
  return { outcome: 'verify', started, result: 'passed', level: 'quick', sample: null, at: null, ...more };
}

function drilled(time: string): PastRecord {
  return { outcome: 'drill', started: at(time).toISOString(), result: 'passed' };
}

describe('checksDue()', () => {
  it.each([
    ['of a new entry, nothing yet', [], '2026-11-01T10:00', '2026-11-01T12:00', 0],
    ['within half of the time to the next one, no alarm', [], '2026-11-01T23:59', '2026-11-02T12:00', 0],
    ['after that, it was left out', [], '2026-11-02T00:01', '2026-11-02T12:00', 1],
    [
      'one that was done a little late counts',
      [verified('2026-11-02T08:00')],
      '2026-11-02T13:00',
      '2026-11-03T12:00',
      0,
    ],
    ['one of long ago does not', [verified('2026-11-02T12:00')], '2026-11-04T12:01', '2026-11-05T12:00', 1],
    [
      'one from before there was the entry: from then on',
      [verified('2026-01-01T12:00')],
      '2026-11-01T23:59',
      '2026-11-02T12:00',
      0,
    ],
    [
      'one of a part in time is none',
      [verified('2026-11-03T12:01', { at: 'latest' })],
      '2026-11-03T13:00',
      '2026-11-04T12:00',
      1,
    ],
    ['a drill is none', [drilled('2026-11-03T12:01')], '2026-11-03T13:00', '2026-11-04T12:00', 1],
    [
      'one that failed was done',
      [verified('2026-11-03T12:01', { result: 'failed' })],
      '2026-11-03T13:00',
      '2026-11-04T12:00',
      0,
    ],
  ] as const)('%s', (_, records, now, next, late) => {
    const due = checksDue([check('verify', NOON)], records, at(now));
    expect({ next: due.nextVerify, late: due.late.length }).toEqual({ next: at(next), late });
    expect(due.nextDrill).toBeUndefined();
  });

  it('a quick verify is not the sample that is due', () => {
    const sample = [check('verify', NOON, { depth: 1 })];
    const now = at('2026-11-05T13:00');
    expect(checksDue(sample, [verified('2026-11-05T12:01')], now).late).toHaveLength(1);
    const read = verified('2026-11-05T12:01', { level: 'full', sample: 0.05 });
    expect(checksDue(sample, [read], now).late).toEqual([]);
  });

  it('each is judged by itself, and the first one that comes is told', () => {
    const checks = [check('verify', SUNDAYS), check('verify', NOON), check('drill', SUNDAYS)];
    const records = [verified('2026-11-29T12:10')];
    const due = checksDue(checks, records, at('2026-11-30T11:00'));
    expect(due).toMatchObject({ nextVerify: at('2026-11-30T12:00'), nextDrill: at('2026-12-06T12:00') });
    expect(due.late).toEqual([expect.stringContaining('drill')]);
  });

  it('an entry that was made while the clock was wrong keeps nothing from being late', () => {
    const future = [check('verify', NOON, { since: at('2099-01-01T00:00') })];
    const now = at('2026-11-30T11:00');
    expect(checksDue(future, [verified('2026-11-01T12:00')], now).late).toHaveLength(1);
    expect(checksDue(future, [], now)).toMatchObject({ nextVerify: at('2026-11-30T12:00'), late: [] });
  });

  it('of an entry whose age nobody knows, nothing is late that was never done', () => {
    const unknown = [check('drill', NOON, { since: undefined })];
    const now = at('2026-11-30T11:00');
    expect(checksDue(unknown, [], now)).toMatchObject({ nextDrill: at('2026-11-30T12:00'), late: [] });
    expect(checksDue(unknown, [drilled('2026-11-01T12:00')], now).late).toHaveLength(1);
  });
});
