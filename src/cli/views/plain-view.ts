import type { Progress, RowEnd, RunEvent } from '../../jobs/events.ts';
import { formatBytes, formatCount } from '../../base/amounts.ts';
import { ProblemLists } from './problem-lists.ts';
import { rowLine } from '../../jobs/nightly/row-line.ts';
import { rowDetails } from './row-text.ts';
import type { RunView } from '../../jobs/nightly/run-view.ts';
import type { Terminal } from '../terminal.ts';

/** A line of progress now and then, for who watches a log grow. */
const PROGRESS_MS = 30_000;

/** Plain lines: for pipes, logs and mails. */
export class PlainView implements RunView {
  readonly #terminal: Terminal;
  readonly #quiet: boolean;
  readonly #problems = new ProblemLists();
  #toldAt = performance.now();

  constructor(terminal: Terminal, quiet: boolean) {
    this.#terminal = terminal;
    this.#quiet = quiet;
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
        else if (!this.#quiet) this.#terminal.out(`${event.row}: ${event.message}`);
        break;
      case 'action':
        // They are told while a mirror is kept up to date, which is shown by another view.
        break;
      case 'row':
        this.#row(event);
        break;
    }
  }

  warn(message: string): void {
    this.#terminal.err(`warning: ${message}`);
  }

  note(message: string): void {
    if (!this.#quiet) this.#terminal.out(message);
  }

  nothing(message: string): void {
    this.note(message);
  }

  end(): void {}

  countdown(secondsLeft: number): void {
    if (secondsLeft % 10 !== 0) return;
    this.#terminal.out(`Shutting down in ${secondsLeft} seconds; \`snapshot shutdown --cancel\` stops it.`);
  }

  shutdown(message: string): void {
    this.#terminal.out(message);
  }

  close(): void {}

  #progress({ row, phase, files, bytes, totalFiles, totalBytes }: Progress): void {
    if (this.#quiet || performance.now() - this.#toldAt < PROGRESS_MS) return;
    this.#toldAt = performance.now();
    const of = totalFiles === undefined ? '' : ` of ${formatCount(totalFiles)}`;
    const ofBytes = totalBytes === undefined ? '' : `, ${formatBytes(bytes)} of ${formatBytes(totalBytes)}`;
    this.#terminal.out(`${row}: ${phase}, ${formatCount(files)}${of} files${ofBytes}`);
  }

  #row(end: RowEnd): void {
    const problems = this.#problems.of(end.row);
    // Damage that was healed is no failure, but nobody should miss it.
    const isFine = end.status === 0 && end.damage === null;
    if (this.#quiet && isFine) return;
    const print = isFine ? this.#terminal.out : this.#terminal.err;
    print(rowLine(end, this.#terminal));
    for (const line of rowDetails(end, problems, this.#terminal)) print(`  ${line}`);
  }
}
