import { rowLabel } from '../../plan/row-label.ts';
import type { CopyEvent } from '../../jobs/copy/copy-events.ts';
import type { RowEnd, RunEvent } from '../../jobs/events.ts';
import type { ExportEvent } from '../../jobs/export/export-events.ts';
import type { RestoreEvent } from '../../jobs/restore/restore-events.ts';
import type { Plan, Row } from '../../plan/plan.ts';
import type { RunView } from '../../jobs/nightly/run-view.ts';
import type { Terminal } from '../terminal.ts';

/** Progress of one row and phase is told at most so often. */
const PROGRESS_MS = 1000;

/** One JSON object per line, as docs/cli.md lists them. */
export class JsonView implements RunView {
  readonly #terminal: Terminal;
  readonly #toldAt = new Map<string, number>();
  #end: object | undefined;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  start(plan: Plan, rows: readonly Row[]): void {
    this.#print({
      event: 'start',
      plan: plan.file,
      rows: rows.map((row) =>
        rowLabel(
          row,
          plan.rows.filter(({ active }) => active),
        ),
      ),
    });
  }

  event(event: RunEvent | RestoreEvent | ExportEvent | CopyEvent): void {
    if (event.event === 'progress') {
      const key = `${event.row}/${event.phase}`;
      const now = performance.now();
      if (now - (this.#toldAt.get(key) ?? -PROGRESS_MS) < PROGRESS_MS) return;
      this.#toldAt.set(key, now);
    }
    this.#print(event);
  }

  warn(message: string): void {
    this.#print({ event: 'warning', message });
  }

  note(message: string): void {
    this.#print({ event: 'note', message });
  }

  nothing(message: string): void {
    this.#print({ event: 'nothing', message });
  }

  end(ends: readonly RowEnd[], status: number): void {
    const count = (outcome: RowEnd['outcome']): number =>
      ends.filter((end) => end.outcome === outcome).length;
    const [written, unchanged, failed, stopped, waiting] = [
      count('written'),
      count('unchanged'),
      count('failed'),
      count('stopped'),
      count('waiting'),
    ];
    this.#end = { event: 'end', status, written, unchanged, failed, stopped, waiting };
  }

  countdown(secondsLeft: number): void {
    this.#print({ event: 'countdown', secondsLeft });
  }

  shutdown(message: string): void {
    this.#print({ event: 'shutdown', message });
  }

  /** The `end` event is the last line, after a countdown too. */
  close(): void {
    if (this.#end !== undefined) this.#print(this.#end);
    this.#end = undefined;
  }

  #print(event: object): void {
    this.#terminal.out(JSON.stringify(event));
  }
}
