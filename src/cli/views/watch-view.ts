// What is seen of a plan that is watched: a line for each thing that was done, and on a terminal one that says how it stands.
import { createLogUpdate } from 'log-update';
import { printable } from '../../base/errors.ts';
import { formatBytes, formatCount, formatCountOf } from '../../base/amounts.ts';
import type { MirrorAction, Progress, RowEnd, RunEvent } from '../../jobs/events.ts';
import { formatLocal } from '../../jobs/moment.ts';
import { rowLine } from '../../jobs/nightly/row-line.ts';
import { rowsToRun } from '../../jobs/run/rows-to-run.ts';
import type { Plan, Row } from '../../plan/plan.ts';
import { rowLabel } from '../../plan/row-label.ts';
import type { CommonOptions } from '../options/common-options.ts';
import type { Terminal } from '../terminal.ts';
import { JsonView } from './json-view.ts';
import { ProblemLists } from './problem-lists.ts';
import { rowDetails } from './row-text.ts';

export interface WatchView {
  /** @param only - Names of rows; all when empty. */
  start(plan: Plan, only: readonly string[]): void;
  /** Another plan counts from now on. */
  changed(plan: Plan, only: readonly string[]): void;
  event(event: RunEvent): void;
  /** Worth knowing, and concerns no row. */
  note(message: string): void;
  stopping(): void;
  close(): void;
}

/** @param stdout - What is drawn over there, where it is a terminal. */
export function watchView(
  { json, quiet }: Pick<CommonOptions, 'json' | 'quiet'>,
  terminal: Terminal,
  stdout: NodeJS.WritableStream = process.stdout,
): WatchView {
  if (!json) return new TextWatchView(terminal, quiet, stdout);
  const view = new JsonView(terminal);
  return {
    start: () => {},
    changed: () => view.note(CHANGED),
    event: (event) => view.event(event),
    note: (message) => view.note(message),
    stopping: () => view.warn('stopping; once more ends it at once'),
    close: () => {},
  };
}

const WORDS: Readonly<Record<string, string>> = {
  'FILE CREATED': 'new',
  'FILE MODIFIED': 'changed',
  'FILE DELETED': 'deleted',
  'FILE MOVED': 'moved',
  'FOLDER CREATED': 'new folder',
  'FOLDER DELETED': 'deleted folder',
};

const CHANGED = 'The plan has changed, and is read again.';

const REDRAW_MS = 200;

/** How a mirror stands. */
interface Standing {
  readonly end: RowEnd | undefined;
  readonly at: Date | undefined;
  readonly progress: Progress | undefined;
  readonly copied: number;
}

class TextWatchView implements WatchView {
  readonly #terminal: Terminal;
  readonly #quiet: boolean;
  readonly #draw: ReturnType<typeof createLogUpdate> | undefined;
  readonly #problems = new ProblemLists();
  readonly #rows = new Map<string, Standing>();
  /** What is in the plan: of others it is not said how they stand. */
  #labels: ReadonlySet<string> = new Set();
  #drawnAt = 0;

  constructor(terminal: Terminal, quiet: boolean, stdout: NodeJS.WritableStream) {
    this.#terminal = terminal;
    this.#quiet = quiet;
    this.#draw = terminal.isLive && !quiet ? createLogUpdate(stdout) : undefined;
  }

  start(plan: Plan, only: readonly string[]): void {
    const chosen = this.#take(plan, only);
    const mirrors = chosen.filter(({ strategy }) => strategy === 'mirror').length;
    const pairs = chosen.filter(({ strategy }) => strategy === 'sync').length;
    const others = chosen.length - mirrors - pairs;
    const what = [
      ...(mirrors > 0 ? [formatCountOf(mirrors, 'mirror')] : []),
      ...(pairs > 0 ? [`${formatCountOf(pairs, 'pair')} to sync`] : []),
      ...(others > 0 ? [`${formatCountOf(others, 'row')} with snapshots, run when due`] : []),
    ];
    this.#say(
      `Watching ${new Intl.ListFormat('en').format(what) || 'nothing: the plan has no active row'}. Ctrl-C ends it.`,
    );
  }

  changed(plan: Plan, only: readonly string[]): void {
    this.#take(plan, only);
    this.note(CHANGED);
  }

  #take(plan: Plan, only: readonly string[]): readonly Row[] {
    const active = plan.rows.filter((row) => row.active);
    const chosen = rowsToRun(plan, { only });
    this.#labels = new Set(chosen.map((row) => rowLabel(row, active)));
    return chosen;
  }

  event(event: RunEvent): void {
    switch (event.event) {
      case 'progress':
        this.#note(event.row, { progress: event });
        break;
      case 'problem':
        this.#problems.add(event);
        break;
      case 'note':
        if (event.warning === true) this.#warn(`${event.row}: ${event.message}`);
        else this.#say(`${event.row}: ${event.message}`);
        break;
      case 'action':
        this.#action(event);
        break;
      case 'row':
        this.#row(event);
        break;
    }
  }

  note(message: string): void {
    this.#say(`${this.#time()} ${printable(message)}`);
  }

  stopping(): void {
    this.#say('Stopping: what is under way is finished. Once more ends it at once.');
  }

  close(): void {
    this.#draw?.clear();
    this.#draw?.done();
  }

  #action({ row, action, path, bytes, failed }: MirrorAction): void {
    const size = bytes > 0 ? ` (${formatBytes(bytes)})` : '';
    const text = `${row}: ${WORDS[action] ?? action.toLowerCase()} ${path}${size}`;
    const { copied = 0 } = this.#rows.get(row) ?? {};
    // Before the line is said, below which it is drawn again.
    this.#note(row, { copied: copied + 1, at: new Date(), progress: undefined });
    if (failed === null) this.#say(`${this.#time()} ${text}`);
    else this.#warn(`${text}: ${failed}`);
  }

  #row(end: RowEnd): void {
    const before = this.#rows.get(end.row)?.end;
    this.#note(end.row, { end, at: new Date(), progress: undefined });
    const problems = this.#problems.of(end.row);
    // That nothing has changed in an hour is no news.
    const isNews = before === undefined || end.outcome !== 'unchanged' || end.status !== before.status;
    if (!isNews) return;
    const print = end.status === 0 ? this.#say.bind(this) : this.#tell.bind(this);
    print(`${this.#time()} ${rowLine(end, this.#terminal)}`);
    for (const line of rowDetails(end, problems, this.#terminal)) print(`  ${line}`);
  }

  #note(row: string, news: Partial<Standing>): void {
    const before = this.#rows.get(row) ?? { end: undefined, at: undefined, progress: undefined, copied: 0 };
    this.#rows.set(row, { ...before, ...news });
    const now = performance.now();
    if (this.#draw === undefined || now - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = now;
    this.#redraw();
  }

  #redraw(): void {
    const lines = [...this.#rows].flatMap(([row, standing]) =>
      this.#labels.has(row) ? [this.#standing(row, standing)] : [],
    );
    this.#draw?.(lines.join('\n'));
  }

  #standing(row: string, { end, at, progress, copied }: Standing): string {
    const { style } = this.#terminal;
    const mark = end === undefined || end.status === 0 ? style('green', '●') : style('red', '●');
    const as = at === undefined ? '' : `  up to date as of ${formatLocal(at).slice(11)}`;
    const files = end === undefined ? '' : `  ${formatCountOf(end.files, 'file')}`;
    const isDone = progress === undefined || progress.files === (progress.totalFiles ?? 0);
    const work =
      isDone || progress.phase === 'scan'
        ? ''
        : `  ${formatCount(progress.files)} of ${formatCount(progress.totalFiles ?? 0)} copied`;
    return `${mark} ${style('bold', row)}${work === '' ? as : work}${files}  ${style('dim', formatCountOf(copied, 'action'))}`;
  }

  #time(): string {
    return this.#terminal.style('dim', formatLocal(new Date()).slice(11));
  }

  #say(line: string): void {
    if (!this.#quiet) this.#above(line, this.#terminal.out);
  }

  #tell(line: string): void {
    this.#above(line, this.#terminal.err);
  }

  #warn(message: string): void {
    this.#tell(`${this.#terminal.style('yellow', 'warning:')} ${message}`);
  }

  /** A line that stays, above what is drawn over. */
  #above(line: string, print: (line: string) => void): void {
    this.#draw?.clear();
    print(line);
    if (this.#draw !== undefined) this.#redraw();
  }
}
