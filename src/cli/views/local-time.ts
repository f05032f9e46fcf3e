/** `2026-11-19 02:00`, with the zone where it is not that of this machine. */
export function localTime(time: Date, timezone: string | undefined): string {
  // Sweden writes dates as ISO 8601 does.
  const text = time.toLocaleString('sv-SE', {
    dateStyle: 'short',
    timeStyle: 'short',
    ...(timezone === undefined ? {} : { timeZone: timezone }),
  });
  return timezone === undefined ? text : `${text} ${timezone}`;
}
