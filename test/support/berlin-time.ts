// Times as a clock on a wall in Berlin shows them.

const WALL = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/Berlin',
  weekday: 'short',
  day: '2-digit',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
  timeZoneName: 'shortOffset',
});

/** `Sun 25 Mar 03:30 +2`: the last number is how many hours the clock is ahead of UTC. */
export function tellTime(time: Date): string {
  const parts = new Map(WALL.formatToParts(time).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
  const clock = `${part('hour')}:${part('minute')} ${part('timeZoneName').replace('GMT', '')}`;
  return `${part('weekday')} ${part('day')} ${part('month')} ${clock}`;
}

/** When the clock first shows `clock`, so many days after the date `start`. */
export function berlinTime(start: string, days: number, clock: string): Date {
  const utcMs = Date.parse(`${start}T${clock}Z`) + days * 86_400_000;
  const times = [2, 1].map((hours) => new Date(utcMs - hours * 3_600_000));
  const found = times.find((time) => tellTime(time).includes(` ${clock} `));
  if (found === undefined) throw new Error(`the clock never shows ${clock}`);
  return found;
}
