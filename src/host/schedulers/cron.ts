import { createTask, parse } from 'node-cron';
import { SnapshotError } from '../../base/errors.ts';

/** What a cron expression says, spelled out. */
export interface Cron {
  /** As it was written. */
  readonly text: string;
  /** Sorted, as all lists here. */
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** Of the month. Not only numbers: `L` is the last one. */
  readonly days: readonly (number | string)[];
  /** 1 to 12. */
  readonly months: readonly number[];
  /** From 0, a Sunday, to 6. Not only numbers: `5#1` is the first Friday. */
  readonly weekdays: readonly (number | string)[];
  /** Whether it fires on a day, given as its midnight in UTC. */
  readonly isOn: (midnight: Date) => boolean;
}

const DAY_MS = 86_400_000;

/**
 * Reads a cron expression of five fields, or a short one such as `@daily`.
 *
 * @throws {@link SnapshotError} `E_USAGE` when it is none, or when it names days of the month and of the week:
 * cron takes that as "either", others as "both", so nobody can be sure what it means.
 */
export function readCron(text: string): Cron {
  const { second, minute, hour, dayOfMonth, month, dayOfWeek } = parsed(text);
  const cron = {
    text,
    minutes: sorted(minute),
    hours: sorted(hour),
    days: dayOfMonth,
    months: sorted(month),
    weekdays: dayOfWeek,
  };
  if (second.length !== 1 || second[0] !== 0) {
    throw wrong(text, 'it has six fields', 'Leave out the first one: runs begin at full minutes.');
  }
  if (!isEvery(cron.days, 31) && !isEvery(cron.weekdays, 7)) {
    const hint = 'Put `*` into one of the two; for both, use two schedules.';
    throw wrong(text, 'it names days of the month and days of the week', hint);
  }
  const firstMs = ((cron.hours[0] ?? 0) * 60 + (cron.minutes[0] ?? 0)) * 60_000;
  // Only the days are asked for, and in UTC every one of them has 24 hours.
  const task = createTask(text, () => {}, { timezone: 'UTC' });
  return { ...cron, isOn: (midnight) => task.match(new Date(midnight.getTime() + firstMs)) };
}

/** The expression that fires every day at `time`, as `02:00`. */
export function dailyAt(time: string): string {
  const [, hour, minute] = /^(\d{1,2}):(\d\d)$/.exec(time) ?? [];
  if (hour === undefined || Number(hour) > 23 || Number(minute) > 59) {
    throw new SnapshotError('E_USAGE', `--at ${time}: it takes a time of day, as 02:00`);
  }
  return `${Number(minute)} ${Number(hour)} * * *`;
}

/** Whether a field stands for all of its `count` values. */
export function isEvery(field: readonly unknown[], count: number): boolean {
  return new Set(field).size === count && field.every((value) => typeof value === 'number');
}

/** The midnight, in UTC, of the day that `wallMs` is in. */
export function midnightOf(wallMs: number): Date {
  return new Date(Math.floor(wallMs / DAY_MS) * DAY_MS);
}

/** Two digits are enough for all there is. node-cron fills memory with what a larger range has, until Node dies. */
const TOO_LARGE = /\d{3}/;

function parsed(text: string): ReturnType<typeof parse> {
  if (TOO_LARGE.test(text)) {
    throw wrong(
      text,
      'a number in it is too large',
      'Minutes go to 59, hours to 23, days to 31, months to 12.',
    );
  }
  try {
    return parse(text);
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    const why = said.replace(/^(.*) is a invalid expression for (.*)$/s, '`$1` is not possible as $2');
    throw wrong(text, why, 'Minute, hour, day of the month, month, day of the week: "0 2 * * *".', cause);
  }
}

function wrong(text: string, why: string, hint: string, cause?: unknown): SnapshotError {
  return new SnapshotError('E_USAGE', `Cannot read the cron expression "${text}": ${why}`, { cause, hint });
}

function sorted(values: readonly number[]): readonly number[] {
  return [...new Set(values)].toSorted((a, b) => a - b);
}
