import type { RowEnd, RunEvent } from '../events.ts';
import type { Plan, Row } from '../../plan/plan.ts';

/** How a run is shown: on a terminal, in a log or a mail, or to another program. */
export interface RunView {
  /** @param rows - Those that are to run. */
  start(plan: Plan, rows: readonly Row[]): void;
  event(event: RunEvent): void;
  /** Something that concerns no row. */
  warn(message: string): void;
  /** Worth knowing, and concerns no row. */
  note(message: string): void;
  /** No row was run, and why that is right. */
  nothing(message: string): void;
  end(ends: readonly RowEnd[], status: number): void;
  /** A second of the countdown before a shutdown. */
  countdown(secondsLeft: number): void;
  /** What became of the shutdown. */
  shutdown(message: string): void;
  /** Gives the terminal back. May be called twice. */
  close(): void;
}
