// Whether a run is followed by a shutdown.
import type { RowEnd } from '../../jobs/events.ts';
import type { Row } from '../../plan/plan.ts';
import type { ShutdownChoice } from '../views/countdown-view.ts';

/**
 * What was asked for: the option wins; without it, the plan decides when all rows that ran say yes, and all ran.
 *
 * @param flag - The value of `--shutdown`; undefined: not given.
 */
export function shutdownChoice(
  flag: string | undefined,
  rows: readonly Pick<Row, 'active' | 'shutdown'>[],
  ends: readonly unknown[],
): ShutdownChoice | undefined {
  if (flag !== undefined) return flag === 'always' ? 'always' : 'unless-failed';
  const active = rows.filter((row) => row.active);
  const all = ends.length === active.length && active.length > 0 && active.every((row) => row.shutdown);
  return all ? 'unless-failed' : undefined;
}

/** Whether somebody should look before the machine goes down: a row, or a command around the run, did not do its work. */
export function hasFailed(status: number, ends: readonly Pick<RowEnd, 'error'>[]): boolean {
  return status === 1 || ends.some((end) => end.error !== null);
}
