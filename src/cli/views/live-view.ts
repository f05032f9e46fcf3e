import { createLogUpdate } from 'log-update';
import type { Progress, RowEnd, RunEvent } from '../../jobs/events.ts';
import { formatBytes, formatCount, formatDuration } from '../../base/amounts.ts';
import { ProgressMeter } from './progress-meter.ts';
import { ProblemLists } from './problem-lists.ts';
import { outcomeText, rowLine } from '../../jobs/nightly/row-line.ts';
import { rowDetails } from './row-text.ts';
import type { RunView } from '../../jobs/nightly/run-view.ts';
import { fitTable } from './table.ts';
import type { Terminal } from '../terminal.ts';
import { verdictText } from './verdict.ts';

const REDRAW_MS = 100;

const COLUMNS = [
  { title: 'row' },
  { title: 'result' },
  { title: 'files', align: 'right' },
  { title: 'size', align: 'right' },
  { title: 'added', align: 'right' },
  { title: 'modified', align: 'right' },
  { title: 'removed', align: 'right' },
  { title: 'written', align: 'right' },
  { title: 'time', align: 'right' },
] as const;

/** Before compression: what it comes to is known when it is written. */
const DRY_COLUMNS = COLUMNS.map((column) =>
  column.title === 'written' ? { ...column, title: 'to write' } : column,
);

/** What is left out first where there is no room. */
const DISPENSABLE = ['size', 'time', 'files', 'removed', 'modified'] as const;

/** A line with a bar for each row at work; a table when all is done. */
export class LiveView implements RunView {
  readonly #terminal: Terminal;
  readonly #draw = createLogUpdate(process.stdout);
  readonly #meters = new Map<string, ProgressMeter>();
  readonly #problems = new ProblemLists();
  #drawnAt = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  start(): void {}

  event(event: RunEvent): void {
    switch (event.event) {
      case 'progress':
        this.#progress(event);
        break;
      case 'problem':
        this.#problems.add(event);
        break;
      case 'note':
        if (event.warning === true) this.warn(`${event.row}: ${event.message}`);
        else this.#above(`${event.row}: ${event.message}`);
        break;
      case 'action':
        // They are told while a mirror is kept up to date, which is shown by another view.
        break;
      case 'row':
        this.#meters.delete(event.row);
        break;
    }
  }

  warn(message: string): void {
    this.#above(`${this.#terminal.style('yellow', 'warning:')} ${message}`);
  }

  note(message: string): void {
    this.#above(this.#terminal.style('dim', message));
  }

  nothing(message: string): void {
    this.#above(message);
  }

  end(ends: readonly RowEnd[], status: number): void {
    this.#draw.clear();
    if (ends.length === 0) return;
    this.#terminal.out(
      fitTable(
        ends.some(({ dryRun }) => dryRun) ? DRY_COLUMNS : COLUMNS,
        ends.map((end) => this.#cells(end)),
        this.#terminal,
        DISPENSABLE,
      ),
    );
    const details = ends.map((end) => this.#details(end));
    const lines = details.flat();
    if (lines.length > 0) this.#terminal.out(`\n${lines.join('\n')}`);
    this.#terminal.out(`\n${verdictText(ends, status, this.#terminal)}`);
  }

  countdown(secondsLeft: number): void {
    this.#draw(`Shutting down in ${secondsLeft} seconds. Ctrl-C or \`snapshot shutdown --cancel\` stops it.`);
  }

  shutdown(message: string): void {
    this.#draw.clear();
    this.#terminal.out(message);
  }

  close(): void {
    this.#draw.done();
  }

  #progress(progress: Progress): void {
    const meter = this.#meters.get(progress.row) ?? new ProgressMeter();
    this.#meters.set(progress.row, meter);
    const now = performance.now();
    meter.update(progress, now);
    if (now - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = now;
    const names = [...this.#meters.keys()].map((name) => name.length);
    const width = Math.min(Math.max(...names), Math.max(8, Math.floor(this.#terminal.columns * 0.3)));
    const lines = [...this.#meters.values()].map((one) => one.line(now, this.#terminal, width));
    this.#draw(lines.join('\n'));
  }

  /** A line that stays, above what is drawn over. */
  #above(line: string): void {
    this.#draw.clear();
    this.#terminal.out(line);
  }

  #details(end: RowEnd): readonly string[] {
    const details = rowDetails(end, this.#problems.of(end.row), this.#terminal);
    return end.outcome === 'waiting' ? [rowLine(end, this.#terminal), ...details] : details;
  }

  #cells(end: RowEnd): string[] {
    const { row, files, bytes, change, newBytes, outcome, durationMs, error } = end;
    const isWritten = outcome === 'written';
    const known = error === null && outcome !== 'waiting';
    return [
      row,
      outcomeText(end, this.#terminal),
      known ? formatCount(files) : '',
      known ? formatBytes(bytes) : '',
      ...[change.added, change.modified, change.removed].map((count) =>
        isWritten ? formatCount(count) : '',
      ),
      isWritten ? formatBytes(newBytes) : '',
      formatDuration(durationMs),
    ];
  }
}
