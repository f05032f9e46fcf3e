import { SnapshotError } from '../../base/errors.ts';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** The milliseconds of `90s`, `10m` or `2h`. @param option - The option that was given it, for messages. */
export function readDuration(option: string, text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  const unitMs = UNIT_MS[unit];
  if (unitMs === undefined) {
    throw new SnapshotError('E_USAGE', `--${option} ${text}: it takes a time, as 90s, 10m or 2h`);
  }
  return Number(count) * unitMs;
}
