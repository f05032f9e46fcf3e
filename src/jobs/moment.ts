// Dates and times as people write them. Pure: what time it is where is asked of the caller.

/** A date, or a date and a time. What was not said is taken to its end: a month alone is its end, a day too. */
export interface Moment {
  /** The last millisecond that it covers, as if it were UTC. */
  readonly wallMs: number;
  /** How far ahead of UTC; undefined: as the clock on the wall shows it. */
  readonly offsetMs: number | undefined;
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})/;
const TIME = /^[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?/i;
const ZONE = /^ ?(?:(z)|([+-])(\d{2}):?(\d{2})?)$/i;

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const MONTH = /^(\d{4})-(\d{2})$/;
const AGO = /^(\d{1,4}) ?([hdw])(?: ago)?$/i;
const AGO_MS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/**
 * Reads `yesterday` and `today`, to their end, and `2d`, `12h`, `3w`: so long ago.
 *
 * @param offsetAt - The clock on the wall, see {@link lastInstant}.
 */
export function parseRelative(
  text: string,
  nowMs: number,
  offsetAt: (ms: number) => number,
): Moment | undefined {
  const [, count, unit = ''] = AGO.exec(text) ?? [];
  if (count !== undefined)
    return { wallMs: nowMs - Number(count) * (AGO_MS[unit.toLowerCase()] ?? 0), offsetMs: 0 };
  const wallMs = nowMs + offsetAt(nowMs);
  const todayMs = wallMs - (((wallMs % DAY_MS) + DAY_MS) % DAY_MS);
  const word = text.toLowerCase();
  if (word === 'today') return { wallMs: todayMs + DAY_MS - 1, offsetMs: undefined };
  return word === 'yesterday' ? { wallMs: todayMs - 1, offsetMs: undefined } : undefined;
}

/**
 * Reads `2026-11`, `2026-11-19`, `2026-11-19 02:00`, `2026-11-19T02:00:30.5`, the last two also with `Z` or `+01:00`.
 *
 * @returns undefined when `text` has no such form; `invalid` when it has, and there is no such day or time.
 */
export function parseMoment(text: string): Moment | 'invalid' | undefined {
  const [whole, wholeYear, wholeMonth] = MONTH.exec(text) ?? [];
  if (whole !== undefined) {
    if (dayOf(Number(wholeYear), Number(wholeMonth), 1) === undefined) return 'invalid';
    return { wallMs: Date.UTC(Number(wholeYear), Number(wholeMonth), 1) - 1, offsetMs: undefined };
  }
  const [date, year, month, day] = DATE.exec(text) ?? [];
  if (date === undefined) return undefined;
  const rest = text.slice(date.length);
  const dayMs = dayOf(Number(year), Number(month), Number(day));
  if (rest === '')
    return dayMs === undefined ? 'invalid' : { wallMs: dayMs + DAY_MS - 1, offsetMs: undefined };
  const [time, hour, minute, second, fraction] = TIME.exec(rest) ?? [];
  if (time === undefined) return undefined;
  const zone = rest.slice(time.length);
  const offsetMs = zone === '' ? undefined : offsetOf(zone);
  if (zone !== '' && offsetMs === undefined) return undefined;
  const [h, m, s] = [Number(hour), Number(minute), Number(second ?? 0)];
  if (dayMs === undefined || h > 23 || m > 59 || s > 59 || Math.abs(offsetMs ?? 0) >= DAY_MS)
    return 'invalid';
  const startMs = dayMs + (h * 60 + m) * MINUTE_MS + s * 1000;
  if (second === undefined) return { wallMs: startMs + MINUTE_MS - 1, offsetMs };
  const ms = fraction === undefined ? 999 : Number(fraction.padEnd(3, '0').slice(0, 3));
  return { wallMs: startMs + ms, offsetMs };
}

/** When a day begins, as if in UTC; undefined when there is no such day. */
function dayOf(year: number, month: number, day: number): number | undefined {
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  return at.getUTCMonth() === month - 1 && at.getUTCDate() === day ? at.getTime() : undefined;
}

function offsetOf(zone: string): number | undefined {
  const [, utc, sign, hours, minutes] = ZONE.exec(zone) ?? [];
  if (utc !== undefined) return 0;
  if (hours === undefined || Number(minutes ?? 0) > 59) return undefined;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes ?? 0)) * MINUTE_MS;
}

/**
 * The last moment at which the clock shows `moment` or less, milliseconds since 1970.
 *
 * In autumn an hour comes twice: its second time counts. In spring one is left out: what lies in it means the
 * moment before the clock jumps.
 *
 * @param offsetAt - How far the clock is ahead of UTC at a time, both in milliseconds.
 */
export function lastInstant(moment: Moment, offsetAt: (ms: number) => number): number {
  const { wallMs, offsetMs } = moment;
  if (offsetMs !== undefined) return wallMs - offsetMs;
  // No zone is further than 14 hours from UTC, and none changes twice within two days.
  let [low, high] = [wallMs - DAY_MS, wallMs + DAY_MS];
  const late = wallMs - offsetAt(high);
  const early = wallMs - offsetAt(low);
  const fitting = [late, early].filter((ms) => ms + offsetAt(ms) === wallMs);
  if (fitting.length > 0) return Math.max(...fitting);
  // It is left out: the clock jumps from before it to after it.
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (middle + offsetAt(middle) <= wallMs) low = middle;
    else high = middle;
  }
  return low;
}

/** The clock of this machine, for {@link lastInstant}. */
export function localOffset(ms: number): number {
  return -new Date(ms).getTimezoneOffset() * MINUTE_MS;
}

/** `2026-11-19 03:00:12`, as the clock of this machine shows it, and as {@link parseMoment} reads it. */
export function formatLocal(at: Date): string {
  if (Number.isNaN(at.getTime())) return 'beyond all years';
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
