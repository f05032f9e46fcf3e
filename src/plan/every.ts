import { InvalidValue, quoted } from './problem.ts';

const HOUR_MS = 3_600_000;
const UNITS = { h: HOUR_MS, d: 24 * HOUR_MS, w: 7 * 24 * HOUR_MS } as const;

/** What people write instead, and what they mean by it. */
const WORDS: Readonly<Record<string, string>> = {
  hourly: '1h',
  daily: '1d',
  nightly: '1d',
  weekly: '7d',
  monthly: '31d',
};

/** Ten years: longer is a slip. */
const LONGEST_MS = 3650 * UNITS.d;

/**
 * Reads an `every` cell: `12h`, `1d`, `2w`. From an hour on, as nothing that is watched less closely is a backup.
 *
 * @returns Milliseconds.
 * @throws {@link InvalidValue} when `text` is anything else.
 */
export function parseEvery(text: string): number {
  const word = text.trim().toLowerCase();
  const [, digits, unit = ''] = /^(\d+) *([a-z]*)$/.exec(word) ?? [];
  if (digits === undefined) {
    const meant = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
    const right = meant === undefined ? 'write for example `12h`, `1d` or `2w`' : `write ${quoted(meant)}`;
    throw new InvalidValue(`unknown time ${quoted(text)}`, right);
  }
  if (unit === '') throw new InvalidValue(`no unit at ${quoted(text)}`, `write ${quoted(`${digits}d`)}`);
  const unitMs = lengthOf(unit);
  if (unitMs === undefined) throw new InvalidValue(`unknown unit ${quoted(unit)}`, 'use `h`, `d` or `w`');
  const ms = Number(digits) * unitMs;
  if (ms < HOUR_MS) throw new InvalidValue(`${quoted(text)} is too short`, 'use `1h` or more');
  if (ms > LONGEST_MS) throw new InvalidValue(`${quoted(text)} is too long`, 'use ten years or less');
  return ms;
}

function lengthOf(unit: string): number | undefined {
  return unit === 'h' || unit === 'd' || unit === 'w' ? UNITS[unit] : undefined;
}

/** `12h`, `7d`: as {@link parseEvery} reads it. */
export function formatEvery(everyMs: number): string {
  return everyMs % UNITS.d === 0 ? `${everyMs / UNITS.d}d` : `${everyMs / UNITS.h}h`;
}

/** `day`, `12 hours`, `2 weeks`: as in "every day". */
export function everyText(everyMs: number): string {
  const unit = everyMs % UNITS.w === 0 ? 'w' : everyMs % UNITS.d === 0 ? 'd' : 'h';
  const count = everyMs / UNITS[unit];
  const noun = { h: 'hour', d: 'day', w: 'week' }[unit];
  return count === 1 ? noun : `${count} ${noun}s`;
}

/** What an empty cell means: a night. */
export const DEFAULT_EVERY_MS: number = UNITS.d;
