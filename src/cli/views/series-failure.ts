// One of several series that could not be looked into, which does not end what is said of the others.
import type { SeriesFailure } from '../../jobs/or-failure.ts';
import type { Terminal } from '../terminal.ts';

export function failureEvent({ series, error: { code, message, hint } }: SeriesFailure): object {
  return { event: 'failed', series: series.name, folder: series.place(), error: { code, message, hint } };
}

export function showFailure({ series, error: { message, hint } }: SeriesFailure, terminal: Terminal): void {
  terminal.err(`${terminal.style('red', 'error:')} ${series.name}: ${message}`);
  if (hint !== undefined) terminal.err(`  ${terminal.style('dim', hint)}`);
}
