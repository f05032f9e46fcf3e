// Days and hours as a calendar and a clock on the wall show them.

/** A date of the calendar of some place. */
export interface LocalDate {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  /** Days since 1 January 1970, as the calendar there counts them. */
  readonly day: number;
  /** Hours since 1970, each of which begins when the clock there shows a full one. One that comes twice a year counts twice. */
  readonly hour: number;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** Making one takes longer than a thousand uses of it. Undefined: this system does not know the zone. */
const calendars = new Map<string, Intl.DateTimeFormat | undefined>();

function calendarOf(zone: string): Intl.DateTimeFormat | undefined {
  if (calendars.has(zone)) return calendars.get(zone);
  let calendar: Intl.DateTimeFormat | undefined;
  try {
    calendar = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      hourCycle: 'h23',
      minute: 'numeric',
    });
  } catch (error) {
    // No such zone, or none that this system has heard of yet.
    if (!(error instanceof RangeError)) throw error;
  }
  calendars.set(zone, calendar);
  return calendar;
}

/** The zone of this process, by its IANA name; `UTC` where the system does not say. */
export function thisZone(): string {
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return calendarOf(zone) === undefined ? 'UTC' : zone;
}

/** Which day it is in `zone` at a time; one that this system does not know counts as `otherwise`, and that as UTC. */
export function localDate(at: Date, zone: string | undefined, otherwise: string): LocalDate {
  const calendar = (zone === undefined ? undefined : calendarOf(zone)) ?? calendarOf(otherwise);
  const [month, date, year, , minute] = calendar
    ?.format(at)
    .split(/[^\d-]+/)
    .map(Number) ?? [at.getUTCMonth() + 1, at.getUTCDate(), at.getUTCFullYear(), 0, at.getUTCMinutes()];
  if (year === undefined || month === undefined || date === undefined || minute === undefined)
    throw new RangeError('no date');
  // Zones differ by hours, and some by 30 or 45 minutes more.
  const offMs = ((minute - at.getUTCMinutes() + 60) % 60) * MINUTE_MS;
  return {
    year,
    month,
    day: Math.round(Date.UTC(year, month - 1, date) / DAY_MS),
    hour: Math.floor((at.getTime() + offMs) / HOUR_MS),
  };
}
