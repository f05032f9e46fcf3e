import { describe, expect, it } from 'vitest';
import { readCron } from '../../host/schedulers/cron.ts';
import { Timetable } from './due.ts';
import { schedule, type ScheduleEvent } from './schedule.ts';
import { ScheduleLab } from './schedule.lab.ts';

const HOUR_MS = 3_600_000;

interface Try {
  readonly cron?: string;
  readonly jitterMs?: number;
  readonly lastRun?: Date;
  readonly end: Date;
  /** How long a run takes. */
  readonly runMs?: number;
  readonly during?: (run: number) => void;
}

/** When runs began, until `end`; what was told is in `events`. */
async function runsUntil(
  lab: ScheduleLab,
  { cron = '0 2 * * *', jitterMs = 0, lastRun = lab.start, end, runMs = 60_000, during }: Try,
): Promise<{ runs: readonly string[]; events: readonly ScheduleEvent[] }> {
  const runs: string[] = [];
  const events: ScheduleEvent[] = [];
  await schedule({
    timetable: new Timetable(readCron(cron), { timezone: 'UTC', jitterMs }),
    lastRun,
    signal: lab.until(end),
    report: (event) => events.push(event),
    clock: lab,
    run: async () => {
      runs.push(lab.tell(lab.now()));
      during?.(runs.length);
      lab.pass(runMs);
      await Promise.resolve();
    },
  });
  return { runs, events };
}

function missedIn(lab: ScheduleLab, events: readonly ScheduleEvent[]): readonly string[] {
  return events.flatMap((event) =>
    event.event === 'missed' ? [`${event.count} from ${lab.tell(event.due)}`] : [],
  );
}

describe('schedule()', () => {
  it('runs when it is due, and tells each time when that will be', async () => {
    const lab = new ScheduleLab();
    const { runs, events } = await runsUntil(lab, { end: lab.at(2, '12:00') });
    expect(runs).toEqual(['0 02:00', '1 02:00', '2 02:00']);
    expect(events.map(({ event }) => event)).toEqual(['next', 'next', 'next', 'next']);
  });

  it('makes up for three nights of sleep with one run, within a minute of waking', async () => {
    const lab = new ScheduleLab();
    lab.sleeps(lab.at(1, '22:00'), lab.at(4, '22:30'));
    const { runs, events } = await runsUntil(lab, { end: lab.at(6, '12:00') });
    expect(runs).toEqual(['0 02:00', '1 02:00', '4 22:30', '5 02:00', '6 02:00']);
    expect(missedIn(lab, events)).toEqual(['3 from 2 02:00']);
  });

  it('makes up for what was missed while it did not run', async () => {
    const lab = new ScheduleLab();
    lab.set(lab.at(5, '09:00'));
    const { runs, events } = await runsUntil(lab, { lastRun: lab.at(3, '02:00'), end: lab.at(6, '12:00') });
    expect(runs).toEqual(['5 09:00', '6 02:00']);
    expect(missedIn(lab, events)).toEqual(['2 from 4 02:00']);
  });

  it('waits for the night when the last one had its run', async () => {
    const lab = new ScheduleLab();
    lab.set(lab.at(5, '09:00'));
    const { runs } = await runsUntil(lab, { lastRun: lab.at(5, '02:00'), end: lab.at(6, '12:00') });
    expect(runs).toEqual(['6 02:00']);
  });

  it('never has two runs at once: what is due during one is covered by it', async () => {
    const lab = new ScheduleLab();
    const { runs } = await runsUntil(lab, {
      cron: '0 * * * *',
      runMs: 2.5 * HOUR_MS,
      end: lab.at(0, '08:00'),
    });
    expect(runs).toEqual(['0 01:00', '0 04:00', '0 07:00']);
  });

  it('begins later by the jitter, and still once a night', async () => {
    const lab = new ScheduleLab();
    const { runs } = await runsUntil(lab, { jitterMs: HOUR_MS, end: lab.at(9, '12:00') });
    expect(runs).toHaveLength(10);
    expect(runs.every((run) => run.split(' ')[1]?.startsWith('02:'))).toBe(true);
    expect(new Set(runs.map((run) => run.split(' ')[1])).size).toBeGreaterThan(1);
  });

  it('when the clock is put forward by days, runs once for them', async () => {
    const lab = new ScheduleLab();
    const during = (run: number): void => {
      if (run === 2) lab.set(lab.at(8, '10:00'));
    };
    const { runs } = await runsUntil(lab, { end: lab.at(9, '12:00'), during });
    expect(runs).toEqual(['0 02:00', '1 02:00', '9 02:00']);
  });

  it('when the clock is put back by days, goes on with every night', async () => {
    const lab = new ScheduleLab();
    lab.set(lab.at(8, '01:00'));
    const during = (run: number): void => {
      if (run === 1) lab.set(lab.at(2, '10:00'));
    };
    const { runs } = await runsUntil(lab, { lastRun: lab.at(7, '02:00'), end: lab.at(8, '12:00'), during });
    expect(runs.slice(0, 4)).toEqual(['8 02:00', '3 02:00', '4 02:00', '5 02:00']);
  });

  it('when the last run is of a time to come, the clock was wrong then, and the nights go on', async () => {
    const lab = new ScheduleLab();
    const { runs } = await runsUntil(lab, { lastRun: lab.at(900, '02:00'), end: lab.at(1, '12:00') });
    expect(runs).toEqual(['0 02:00', '1 02:00']);
  });

  it('when the clock is corrected by seconds, does not run twice', async () => {
    const lab = new ScheduleLab();
    const during = (run: number): void => {
      if (run === 1) lab.set(new Date(lab.at(0, '01:59').getTime() + 30_000));
    };
    const { runs } = await runsUntil(lab, { runMs: 1000, end: lab.at(1, '12:00'), during });
    expect(runs).toEqual(['0 02:00', '1 02:00']);
  });

  it('when the clock is put back while it waits, does not wait until it is where it was', async () => {
    const lab = new ScheduleLab();
    lab.set(lab.at(8, '01:00'));
    const runs: string[] = [];
    await schedule({
      timetable: new Timetable(readCron('0 2 * * *'), { timezone: 'UTC' }),
      lastRun: lab.at(7, '02:00'),
      signal: lab.until(lab.at(4, '12:00')),
      // It was wrong by six days.
      report: ({ event }) => event === 'next' && runs.length === 0 && lab.set(lab.at(2, '01:00')),
      clock: lab,
      run: async () => {
        runs.push(lab.tell(lab.now()));
        await Promise.resolve();
      },
    });
    expect(runs).toEqual(['2 02:00', '3 02:00', '4 02:00']);
  });

  it.each<[string, Partial<Try> & { readonly until: string }, readonly string[]]>([
    ['by minutes: nothing', { until: '02:04' }, []],
    ['by more', { until: '02:06' }, ['1 from 1 02:00']],
    [
      'but not the one whose jitter is not over yet',
      { cron: '0 * * * *', jitterMs: HOUR_MS, until: '05:00' },
      ['4 from 1 01:00'],
    ],
    [
      'each, also where the jitter is longer than it is to the next one',
      { cron: '*/10 * * * *', jitterMs: 2 * HOUR_MS, until: '12:00' },
      [expect.stringMatching(/^[5-7]\d from /)],
    ],
    ['up to a thousand', { cron: '* * * * *', until: '23:59' }, ['1000 from 1 00:29']],
  ])('tells what was missed %s', async (_, { until, ...more }, missed) => {
    const lab = new ScheduleLab();
    lab.set(lab.at(1, '00:20'));
    lab.sleeps(lab.at(1, '00:29'), lab.at(1, until));
    const end = new Date(lab.at(1, until).getTime() + 60_000);
    const { events } = await runsUntil(lab, { lastRun: lab.at(1, '00:20'), ...more, end });
    expect(missedIn(lab, events)).toEqual(missed);
  });

  it('that is stopped before it begins runs nothing, though nothing ever ran', async () => {
    let runs = 0;
    await schedule({
      timetable: new Timetable(readCron('0 2 * * *')),
      lastRun: undefined,
      signal: AbortSignal.abort(),
      report: () => {},
      run: async () => {
        runs++;
        await Promise.resolve();
      },
    });
    expect(runs).toBe(0);
  });

  it('does nothing more once it is stopped', async () => {
    const lab = new ScheduleLab();
    const { runs } = await runsUntil(lab, { cron: '0 * * * *', runMs: 3 * HOUR_MS, end: lab.at(0, '02:00') });
    expect(runs).toEqual(['0 01:00']);
  });
});
