// Amounts and times in words.

const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** `1.2 MB`; units of 1,000, as the rest of the program has them. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && value < 99.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${value === 1 && unit === 0 ? 'byte' : UNITS[unit]}`;
}

/** `1 file`, `2,000 files`. */
export function count(number: number, one: string): string {
  return `${number.toLocaleString('en')} ${one}${number === 1 ? '' : 's'}`;
}

/** A moment in the time zone of whoever looks. @param ms - Since 1970. */
export function formatWhen(ms: number): string {
  return new Date(ms).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

/** The day of it. @param ms - Since 1970. */
export function formatDay(ms: number): string {
  return new Date(ms).toLocaleDateString(undefined, { dateStyle: 'medium' });
}
