import { formatBytes, formatCountOf, formatDuration } from '../../base/amounts.ts';
import type { CopiedSnapshot, CopyEnd, CopyEvent } from '../../jobs/copy/copy-events.ts';
import type { Terminal } from '../terminal.ts';
import { JsonView } from './json-view.ts';
import { ProgressMeter } from './progress-meter.ts';

/** How a copy is shown. */
export interface CopyView {
  event(event: CopyEvent): void;
  end(end: CopyEnd): void;
  /** Gives the terminal back. May be called twice. */
  close(): void;
}

const DRAW_MS = 100;

/** @param isDryRun - What is told would be done. */
export function copyView(
  terminal: Terminal,
  options: { readonly json: boolean; readonly quiet: boolean; readonly isDryRun: boolean },
): CopyView {
  if (!options.json) return new TextCopyView(terminal, options.quiet, options.isDryRun);
  const view = new JsonView(terminal);
  return {
    event: (event) => view.event(event),
    end: (end) => terminal.out(JSON.stringify(end)),
    close: () => {},
  };
}

/** For people: a line on a terminal that is drawn over, one for each snapshot, and what it came to. */
class TextCopyView implements CopyView {
  readonly #terminal: Terminal;
  readonly #quiet: boolean;
  readonly #isDryRun: boolean;
  readonly #meter = new ProgressMeter();
  readonly #status: ReturnType<Terminal['status']>;
  #shownAt = 0;

  constructor(terminal: Terminal, quiet: boolean, isDryRun: boolean) {
    this.#terminal = terminal;
    this.#quiet = quiet;
    this.#isDryRun = isDryRun;
    this.#status = terminal.status(!quiet);
  }

  event(event: CopyEvent): void {
    if (event.event === 'progress') {
      const now = performance.now();
      this.#meter.update(event, now);
      if (now - this.#shownAt < DRAW_MS) return;
      this.#shownAt = now;
      this.#status.show(this.#meter.line(now, this.#terminal));
      return;
    }
    this.#status.clear();
    if (event.event === 'note') {
      if (!this.#quiet) this.#terminal.err(event.message);
    } else this.#snapshot(event);
  }

  end({ from, to, copied, mended, damaged, unmended, there, bytes, durationMs }: CopyEnd): void {
    this.#status.clear();
    if (this.#quiet) return;
    const parts = [
      ...(copied > 0 || mended + damaged + unmended === 0 ? [formatCountOf(copied, 'snapshot')] : []),
      ...(mended > 0 ? [`${mended} mended`] : []),
      ...(unmended > 0 ? [`${unmended} damaged at both places`] : []),
      ...(damaged > 0 ? [`${damaged} damaged and left out`] : []),
    ];
    const did = this.#isDryRun ? 'Would copy' : 'Copied';
    const time = this.#isDryRun ? '' : ` in ${formatDuration(durationMs)}`;
    this.#terminal.out(`${did} ${parts.join(', ')} (${formatBytes(bytes)}) from ${from} to ${to}${time}`);
    if (there > 0) this.#terminal.out(`${formatCountOf(there, 'snapshot')} had been there before`);
  }

  close(): void {
    this.#status.clear();
  }

  #snapshot({ snapshot, outcome, bytes, reason }: CopiedSnapshot): void {
    const { style, out, err } = this.#terminal;
    if (outcome === 'damaged' || outcome === 'unmended') {
      const what = outcome === 'damaged' ? 'is left out' : 'stays damaged there';
      err(`${style('yellow', 'damaged:')} ${snapshot} ${what}: ${reason ?? ''}`);
      return;
    }
    const would = { copied: 'would be copied', mended: 'would be mended' }[outcome];
    if (!this.#quiet) out(`${snapshot}  ${this.#isDryRun ? would : outcome}, ${formatBytes(bytes)}`);
  }
}
