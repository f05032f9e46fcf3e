// One of several series that could not be looked into, which does not end what is said of the others.
import { SnapshotError } from '../../base/errors.ts';
import type { Series } from '../../series/series.ts';
import type { Terminal } from '../terminal.ts';

export interface SeriesFailure {
  readonly series: Series;
  readonly error: SnapshotError;
}

/** What `work` comes to, or why it failed. @param goesOn - There are others: then it does not throw. */
export async function orFailure<T>(
  series: Series,
  goesOn: boolean,
  work: () => Promise<T>,
): Promise<T | SeriesFailure> {
  try {
    return await work();
  } catch (error) {
    if (!goesOn || !(error instanceof SnapshotError) || error.code === 'E_STOPPED') throw error;
    return { series, error };
  }
}

export function failureEvent({ series, error: { code, message, hint } }: SeriesFailure): object {
  return { event: 'failed', series: series.name, folder: series.place(), error: { code, message, hint } };
}

export function showFailure({ series, error: { message, hint } }: SeriesFailure, terminal: Terminal): void {
  terminal.err(`${terminal.style('red', 'error:')} ${series.name}: ${message}`);
  if (hint !== undefined) terminal.err(`  ${terminal.style('dim', hint)}`);
}
