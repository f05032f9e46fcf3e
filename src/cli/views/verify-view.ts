import { createLogUpdate } from 'log-update';
import { damageLine, drillLines, lostLine, verifyEndLines } from '../../jobs/verify/end-lines.ts';
import type {
  DrillEnd,
  Repaired,
  VerifyEnd,
  VerifyEvent,
  VerifyProgress,
} from '../../jobs/verify/verify-events.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { formatBytes, formatCount } from '../../base/amounts.ts';
import type { Terminal } from '../terminal.ts';
import { ProgressMeter } from './progress-meter.ts';

/** Of the files that are lost, so many are named; --json names all. */
const MOST_LOST = 20;
const REDRAW_MS = 100;
const JSON_PROGRESS_MS = 1000;
const PLAIN_PROGRESS_MS = 30_000;

/** Shows what verifying tells. */
export interface VerifyView {
  event(event: VerifyEvent): void;
  /** @param ends - How each series ended. */
  end(ends: readonly VerifyEnd[], status: number): void;
  close(): void;
}

export function verifyView({ json, quiet }: CommonOptions, terminal: Terminal): VerifyView {
  return json ? new JsonVerifyView(terminal) : new TextVerifyView(terminal, quiet);
}

class JsonVerifyView implements VerifyView {
  readonly #terminal: Terminal;
  #toldAt = -JSON_PROGRESS_MS;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  event(event: VerifyEvent): void {
    if (event.event === 'progress') {
      const now = performance.now();
      if (now - this.#toldAt < JSON_PROGRESS_MS) return;
      this.#toldAt = now;
    }
    this.#terminal.out(JSON.stringify(event));
  }

  end(ends: readonly VerifyEnd[], status: number): void {
    const sum = (of: 'damages' | 'lost'): number => ends.reduce((total, end) => total + end[of], 0);
    const counts = { series: ends.length, damages: sum('damages'), lost: sum('lost') };
    this.#terminal.out(JSON.stringify({ event: 'end', status, ...counts }));
  }

  close(): void {}
}

class TextVerifyView implements VerifyView {
  readonly #terminal: Terminal;
  readonly #quiet: boolean;
  readonly #draw: ReturnType<typeof createLogUpdate> | undefined;
  readonly #meters = new Map<string, ProgressMeter>();
  #lost = 0;
  #toldAt = performance.now();

  constructor(terminal: Terminal, quiet: boolean) {
    this.#terminal = terminal;
    this.#quiet = quiet;
    this.#draw = terminal.isLive && !quiet ? createLogUpdate(process.stdout) : undefined;
  }

  event(event: VerifyEvent): void {
    switch (event.event) {
      case 'progress':
        this.#progress(event);
        break;
      case 'note':
        if (!this.#quiet) this.#line(`${event.series}: ${event.message}`);
        else if (event.isTrouble === true) this.#wrong(`${event.series}: ${event.message}`);
        break;
      case 'damage':
        this.#wrong(damageLine(event, this.#terminal));
        break;
      case 'lost':
        if (++this.#lost > MOST_LOST) return;
        this.#wrong(lostLine(event, this.#terminal));
        break;
      case 'drill':
        this.#drill(event);
        break;
      case 'repair':
        this.#repair(event);
        break;
      case 'series':
        this.#series(event);
        break;
    }
  }

  end(ends: readonly VerifyEnd[], status: number): void {
    this.#draw?.clear();
    if (this.#quiet) return;
    const { style } = this.#terminal;
    const isAll = ends.every(({ looked, isKeyless }) => looked === 'full' && isKeyless !== true);
    const isNothing = ends.every(({ nothing }) => nothing !== undefined);
    if (ends.length === 0) this.#terminal.out('There is no series to verify.');
    else if (isNothing) this.#terminal.out(style('yellow', 'Nothing was verified; see above.'));
    else if (status !== 0) this.#terminal.out(style('red', 'Not everything is as it should be; see above.'));
    else if (ends.some(({ nothing }) => nothing !== undefined)) {
      const unseen = ends.flatMap(({ series, nothing }) => (nothing === undefined ? [] : [series]));
      this.#terminal.out(
        `What was looked at is as it should be. ${style('yellow', `Not verified: ${unseen.join(', ')}.`)}`,
      );
    } else if (isAll) this.#terminal.out(style('green', 'Everything is as it should be.'));
    else {
      const rest = ends.some((one) => one.isKeyless)
        ? 'Only a verify with the key tells whether it can be restored.'
        : '`--level full` reads the rest.';
      this.#terminal.out(`${style('green', 'What was looked at is as it should be.')} ${rest}`);
    }
  }

  close(): void {
    this.#draw?.clear();
    this.#draw?.done();
  }

  #series(end: VerifyEnd): void {
    const { series, lost } = end;
    if (lost > MOST_LOST)
      this.#wrong(`... and ${formatCount(lost - MOST_LOST)} more lost; --json names them all`);
    this.#lost = 0;
    if (this.#quiet && end.nothing === undefined) return;
    if (end.nothing !== undefined) {
      this.#wrong(`${this.#terminal.style('yellow', 'nothing')}  ${series}  ${end.nothing}`);
      return;
    }
    for (const line of verifyEndLines(end, this.#terminal)) this.#line(line);
  }

  #drill(end: DrillEnd): void {
    const [first = '', ...rest] = drillLines(end, this.#terminal);
    if (end.result === 'failed') for (const line of [first, ...rest]) this.#wrong(line);
    else if (!this.#quiet) this.#line(first);
  }

  #repair({ series, snapshot, outcome, files, notes }: Repaired): void {
    const { style } = this.#terminal;
    if (outcome === 'impossible') {
      this.#wrong(`${style('red', 'not repaired:')} ${series}  ${snapshot}: ${notes.join('; ')}`);
      return;
    }
    if (this.#quiet) return;
    this.#line(`${style('yellow', 'repaired:')} ${series}  ${snapshot}, new: ${files.join(', ')}`);
    for (const note of notes) this.#line(`  ${note}`);
  }

  #progress({ series, phase, done, total }: VerifyProgress): void {
    const now = performance.now();
    const meter = phase === 'read' ? this.#meterOf(series) : undefined;
    meter?.update(
      { row: series, phase: 'verify', files: 0, bytes: done, totalFiles: undefined, totalBytes: total },
      now,
    );
    // A drill tells only that it begins, and may take long.
    const isDue = phase === 'drill' && this.#draw !== undefined;
    const periodMs = this.#draw === undefined ? PLAIN_PROGRESS_MS : REDRAW_MS;
    if (this.#quiet || (!isDue && now - this.#toldAt < periodMs)) return;
    this.#toldAt = now;
    const text = `${series}: ${progressText(phase, done, total)}`;
    if (this.#draw === undefined) this.#terminal.out(text);
    else this.#draw(meter?.line(now, this.#terminal) ?? text);
  }

  #meterOf(series: string): ProgressMeter {
    const meter = this.#meters.get(series) ?? new ProgressMeter();
    this.#meters.set(series, meter);
    return meter;
  }

  #line(line: string): void {
    this.#draw?.clear();
    this.#terminal.out(line);
  }

  #wrong(line: string): void {
    this.#draw?.clear();
    if (this.#quiet) this.#terminal.err(line);
    else this.#terminal.out(line);
  }
}

function progressText(phase: VerifyProgress['phase'], done: number, total: number): string {
  switch (phase) {
    case 'look':
      return `snapshot ${done + 1} of ${total}`;
    case 'read': {
      const share = total > 0 ? ` (${Math.min(100, Math.floor((done / total) * 100))}%)` : '';
      return `${formatBytes(done)} of ${formatBytes(total)} read${share}`;
    }
    case 'drill':
      return `restoring snapshot ${done + 1} of ${total}, and comparing`;
  }
}
