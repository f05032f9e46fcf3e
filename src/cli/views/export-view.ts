import { formatBytes, formatCount, formatCountOf, formatDuration } from '../../base/amounts.ts';
import type { ExportEnd, ExportEvent, ExportProblem } from '../../jobs/export/export-events.ts';
import type { Terminal } from '../terminal.ts';
import { JsonView } from './json-view.ts';
import { ProgressMeter } from './progress-meter.ts';

/** How an export is shown. */
export interface ExportView {
  event(event: ExportEvent): void;
  end(end: ExportEnd): void;
  /** Gives the terminal back. May be called twice. */
  close(): void;
}

export interface ExportViewOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  /** The archive itself goes to the standard output: nothing else may. */
  readonly isOut: boolean;
}

const DRAW_MS = 100;
/** So many problems are listed at the end; with --json, all are. */
const MAX_PROBLEMS = 20;

export function exportView(terminal: Terminal, options: ExportViewOptions): ExportView {
  if (!options.json) return new TextView(terminal, options);
  const view = new JsonView(terminal);
  return {
    event: (event) => view.event(event),
    end: (end) => terminal.out(JSON.stringify(end)),
    close: () => {},
  };
}

/** For people: a line on a terminal that is drawn over, and a short report at the end. */
class TextView implements ExportView {
  readonly #terminal: Terminal;
  readonly #options: ExportViewOptions;
  readonly #meter = new ProgressMeter();
  readonly #status: ReturnType<Terminal['status']>;
  readonly #problems: ExportProblem[] = [];
  #shownAt = 0;

  constructor(terminal: Terminal, options: ExportViewOptions) {
    this.#terminal = terminal;
    this.#options = options;
    this.#status = terminal.status(!options.quiet);
  }

  event(event: ExportEvent): void {
    if (event.event === 'problem') this.#problems.push(event);
    else if (event.event === 'note') {
      this.#status.clear();
      if (!this.#options.quiet) this.#terminal.err(event.message);
    } else {
      const now = performance.now();
      this.#meter.update(event, now);
      this.#show(now);
    }
  }

  end(end: ExportEnd): void {
    this.#status.clear();
    const { style, err, out } = this.#terminal;
    const { length } = this.#problems;
    if (length > 0) {
      err(style('yellow', `${formatCountOf(length, 'path')} could not be exported:`));
      for (const { path, reason } of this.#problems.slice(0, MAX_PROBLEMS)) err(`  ${path}: ${reason}`);
      if (length > MAX_PROBLEMS)
        err(`  and ${formatCount(length - MAX_PROBLEMS)} more; --json names them all`);
    }
    const { isOut, quiet } = this.#options;
    if (!quiet && !isOut) out(endLine(end));
  }

  close(): void {
    this.#status.clear();
  }

  #show(now: number): void {
    // A million small files make a million of these.
    if (now - this.#shownAt < DRAW_MS) return;
    this.#shownAt = now;
    this.#status.show(this.#meter.line(now, this.#terminal));
  }
}

function endLine({
  files,
  bytes,
  folders,
  links,
  snapshot,
  file,
  archiveBytes,
  durationMs,
}: ExportEnd): string {
  const what = [
    formatCountOf(files, 'file'),
    formatBytes(bytes),
    ...(folders > 0 ? [formatCountOf(folders, 'folder')] : []),
    ...(links > 0 ? [formatCountOf(links, 'link')] : []),
  ].join(', ');
  const to = `${file ?? 'the standard output'} (${formatBytes(archiveBytes)})`;
  return `Exported ${what} from ${snapshot} to ${to} in ${formatDuration(durationMs)}`;
}
