import { createLogUpdate } from 'log-update';
import type { Progress } from '../../jobs/events.ts';
import type {
  RestoreEnd,
  RestoreEvent,
  RestoreProblem,
  RestoreStep,
} from '../../jobs/restore/restore-events.ts';
import type { SnapshotError } from '../../base/errors.ts';
import { formatBytes, formatCount, formatCountOf, formatDuration } from '../../base/amounts.ts';
import { JsonView } from './json-view.ts';
import { ProgressMeter } from './progress-meter.ts';
import type { Terminal } from '../terminal.ts';

/** How a restore is shown. */
export interface RestoreView {
  event(event: RestoreEvent): void;
  warn(message: string): void;
  end(end: RestoreEnd): void;
  /** Of several series, one begins, and then ends or cannot be restored; then all are done. */
  begin(series: string): void;
  series(end: RestoreEnd): void;
  failed(series: string, error: SnapshotError): void;
  all(ends: RestoredAll): void;
  /** Gives the terminal back. May be called twice. */
  close(): void;
}

/** How restoring several series ended. */
export interface RestoredAll {
  readonly status: number;
  /** Series without any trouble, of so many. */
  readonly restored: number;
  readonly of: number;
  /** The folder that they are in. */
  readonly to: string;
  readonly dryRun: boolean;
}

/** One JSON object per line. */
export function jsonRestoreView(terminal: Terminal): RestoreView {
  const view = new JsonView(terminal);
  return {
    event: (event) => view.event(event),
    warn: (message) => view.warn(message),
    end: (end) => terminal.out(JSON.stringify(end)),
    begin: () => {},
    series: (end) => terminal.out(JSON.stringify({ ...end, event: 'series' })),
    failed: (series, { code, message, hint }) =>
      terminal.out(JSON.stringify({ event: 'failed', series, error: { code, message, hint } })),
    all: (ends) => terminal.out(JSON.stringify({ event: 'end', ...ends })),
    close: () => {},
  };
}

const REDRAW_MS = 100;
const LINE_MS = 30_000;
/** So many problems are listed at the end; with --json, all are. */
const MAX_PROBLEMS = 20;

/** For people: a bar on a terminal, a line now and then elsewhere, and a short report at the end. */
export class TextRestoreView implements RestoreView {
  readonly #terminal: Terminal;
  readonly #quiet: boolean;
  readonly #draw: ReturnType<typeof createLogUpdate> | undefined;
  readonly #meter = new ProgressMeter();
  readonly #problems: RestoreProblem[] = [];
  #toldAt = performance.now();

  constructor(terminal: Terminal, quiet: boolean) {
    this.#terminal = terminal;
    this.#quiet = quiet;
    this.#draw = terminal.isLive && !quiet ? createLogUpdate(process.stdout) : undefined;
  }

  event(event: RestoreEvent): void {
    switch (event.event) {
      case 'progress':
        this.#progress(event);
        break;
      case 'problem':
        this.#problems.push(event);
        break;
      case 'note':
        if (!this.#quiet) this.#above(event.message);
        break;
      case 'step':
        this.#step(event);
        break;
    }
  }

  warn(message: string): void {
    this.#draw?.clear();
    this.#terminal.err(`${this.#terminal.style('yellow', 'warning:')} ${message}`);
  }

  end(end: RestoreEnd): void {
    this.#draw?.clear();
    const { out } = this.#terminal;
    const others = this.#problems.filter(({ kind }) => kind === 'attributes');
    const lost = this.#problems.filter(({ kind }) => kind !== 'attributes');
    this.#list(lost, 'could not be restored:');
    this.#list(
      others,
      `${others.length === 1 ? 'is' : 'are'} restored, but not quite as ${others.length === 1 ? 'it was' : 'they were'}:`,
    );
    if (this.#quiet) return;
    for (const line of endLines(end)) out(line);
  }

  begin(series: string): void {
    if (!this.#quiet) this.#above(this.#terminal.style('bold', series));
  }

  series(end: RestoreEnd): void {
    this.end(end);
    this.#problems.length = 0;
  }

  failed(series: string, { message, hint }: SnapshotError): void {
    this.#draw?.clear();
    const { err, style } = this.#terminal;
    err(`${style('red', 'error:')} ${series}: ${message}`);
    if (hint !== undefined) err(`  ${style('dim', hint)}`);
    this.#problems.length = 0;
  }

  all({ restored, of, to, dryRun }: RestoredAll): void {
    if (this.#quiet) return;
    const { style, out } = this.#terminal;
    const done = dryRun ? 'Would restore' : 'Restored';
    if (of === 0) out('There is no series to restore.');
    else if (restored === of)
      out(style('green', `${done} ${formatCountOf(of, 'series', 'series')} to ${to}`));
    else out(style('red', `${done} ${restored} of ${of} series without trouble; see above.`));
  }

  close(): void {
    this.#draw?.done();
  }

  #list(problems: readonly RestoreProblem[], what: string): void {
    const { style, err } = this.#terminal;
    if (problems.length === 0) return;
    err(style('yellow', `${formatCountOf(problems.length, 'path')} ${what}`));
    for (const { path, reason } of problems.slice(0, MAX_PROBLEMS))
      err(`  ${path === '' ? '.' : path}: ${reason}`);
    const more = problems.length - MAX_PROBLEMS;
    if (more > 0) err(`  and ${formatCount(more)} more; --json names them all`);
  }

  #progress(progress: Progress): void {
    if (this.#quiet) return;
    const now = performance.now();
    this.#meter.update(progress, now);
    if (now - this.#toldAt < (this.#draw === undefined ? LINE_MS : REDRAW_MS)) return;
    this.#toldAt = now;
    if (this.#draw !== undefined) {
      this.#draw(this.#meter.line(now, this.#terminal));
      return;
    }
    const { row, files, bytes, totalFiles = 0, totalBytes = 0 } = progress;
    const of = `${formatCount(files)} of ${formatCount(totalFiles)} files`;
    this.#terminal.out(`${row}: restore, ${of}, ${formatBytes(bytes)} of ${formatBytes(totalBytes)}`);
  }

  #step({ do: doing, path, type, reason }: RestoreStep): void {
    // What stays as it is is counted at the end.
    if (this.#quiet || doing === 'same') return;
    const why = reason === undefined ? '' : this.#terminal.style('dim', `  ${reason}`);
    // The target itself has no path, and a lone slash would be the root of the whole system.
    const name = path === '' ? '.' : path;
    this.#terminal.out(`${doing.padEnd(7)}  ${name}${type === 'folder' ? '/' : ''}${why}`);
  }

  /** A line that stays, above what is drawn over. */
  #above(line: string): void {
    this.#draw?.clear();
    this.#terminal.out(line);
  }
}

function endLines(end: RestoreEnd): string[] {
  const { files, bytes, folders, links, same, otherwise, deleted, refused, dryRun } = end;
  const what = `${formatCountOf(files, 'file')}, ${formatBytes(bytes)}`;
  const more = [
    ...(folders > 0 ? [formatCountOf(folders, 'folder')] : []),
    ...(links > 0 ? [formatCountOf(links, 'link')] : []),
    ...(deleted > 0 ? [`${formatCount(deleted)} deleted`] : []),
  ].map((part) => `, ${part}`);
  const verb = dryRun ? 'Would restore' : 'Restored';
  const time = dryRun ? '' : ` in ${formatDuration(end.durationMs)}`;
  const lines = [`${verb} ${what}${more.join('')} from ${end.snapshot} to ${end.target}${time}`];
  if (same > 0) {
    const but = otherwise > 0 ? `; ${formatCount(otherwise)} of them with another mode or time` : '';
    lines.push(`${formatCountOf(same, 'file')} ${same === 1 ? 'was' : 'were'} there already${but}`);
  }
  if (refused > 0) lines.push(`Nothing would be done: ${formatCountOf(refused, 'path')} must not make way`);
  return lines;
}
