import prettyBytes from 'pretty-bytes';
import prettyMs from 'pretty-ms';

/** `12,345` */
export function formatCount(value: number): string {
  return value.toLocaleString('en-US');
}

/** `12,345 files`; the plural is made with an s, unless it is given. */
export function formatCountOf(value: number, noun: string, plural: string = `${noun}s`): string {
  return `${formatCount(value)} ${value === 1 ? noun : plural}`;
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
