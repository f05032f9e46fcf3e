import prettyBytes from 'pretty-bytes';
import prettyMs from 'pretty-ms';

/** `12,345` */
export function formatCount(value: number): string {
  return value.toLocaleString('en-US');
}

/** `12,345 files`; the plural is made with an s. */
export function formatCountOf(value: number, noun: string): string {
  return `${formatCount(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** `1.2 GB`: powers of 1000, as disks are sold. */
export function formatBytes(bytes: number): string {
  return prettyBytes(bytes);
}

/** `2m 5s`, `0.8s`, `45ms` */
export function formatDuration(ms: number): string {
  if (ms < 100) return `${Math.round(ms)}ms`;
  if (ms < 1000) return `${(ms / 1000).toFixed(1)}s`;
  return prettyMs(ms, { secondsDecimalDigits: ms < 10_000 ? 1 : 0, unitCount: 2 });
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** `2026-11-19 03:00:12` in the time zone of this machine. */
export function formatLocalTime(at: Date): string {
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
