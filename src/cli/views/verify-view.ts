import { createLogUpdate } from 'log-update';
import type {
  DrillEnd,
  Repaired,
  VerifyEnd,
  VerifyEvent,
  VerifyProgress,
} from '../../jobs/verify/verify-events.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { formatBytes, formatCount, formatCountOf, formatDuration } from '../../base/amounts.ts';
import { formatLocal } from '../../jobs/moment.ts';
import type { Terminal } from '../terminal.ts';
import { ProgressMeter } from './progress-meter.ts';

/** Of the files that are lost, so many are named; --json names all. */
const MOST_LOST = 20;
const REDRAW_MS = 100;
const JSON_PROGRESS_MS = 1000;
const PLAIN_PROGRESS_MS = 30_000;

/** Only who has read everything calls a series healthy. */
const VERDICTS = { quick: 'in place', sample: 'sound as far as read', full: 'healthy' } as const;

type Mirrored = NonNullable<VerifyEnd['mirror']>;

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
    const { style } = this.#terminal;
    switch (event.event) {
      case 'progress':
        this.#progress(event);
        break;
      case 'note':
        if (!this.#quiet) this.#line(`${event.series}: ${event.message}`);
        else if (event.isTrouble === true) this.#wrong(`${event.series}: ${event.message}`);
        break;
      case 'damage': {
        const { series, file, what, snapshots } = event;
        const needed = snapshots.length > 1 ? ` (${snapshots.length} snapshots need it)` : '';
        this.#wrong(`${style('red', 'damaged:')} ${series}/${file}: ${what}${needed}`);
        break;
      }
      case 'lost': {
        if (++this.#lost > MOST_LOST) return;
        const { snapshot, path, stillIn } = event;
        const [n] = [stillIn.length];
        const newest = stillIn.at(-1) ?? '';
        const still =
          n === 0 ? 'in no snapshot any more' : `still in ${newest}${n > 1 ? ` and ${n - 1} more` : ''}`;
        this.#wrong(`${style('red', 'lost:')} ${path} of ${snapshot}, ${still}`);
        break;
      }
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
    const { series, snapshots, archives, readBytes, readPieces, pieces, lost, seed, durationMs } = end;
    if (lost > MOST_LOST)
      this.#wrong(`... and ${formatCount(lost - MOST_LOST)} more lost; --json names them all`);
    this.#lost = 0;
    if (this.#quiet && end.nothing === undefined) return;
    if (end.nothing !== undefined) {
      this.#wrong(`${this.#terminal.style('yellow', 'nothing')}  ${series}  ${end.nothing}`);
      return;
    }
    const read = end.isKeyless
      ? `${readBytes === 0 ? 'names of stored files' : `${formatBytes(readBytes)} read as stored`}; without a key`
      : readBytes === 0
        ? 'names, sizes and small files; contents were not read'
        : `${formatBytes(readBytes)} read, ${formatCount(readPieces)} of ${formatCountOf(pieces, 'content')} checked`;
    if (end.mirror !== undefined) {
      this.#mirror(end, end.mirror);
      return;
    }
    if (end.pair !== undefined) {
      this.#pair(end);
      return;
    }
    const sample = seed === undefined ? '' : `, seed ${seed}`;
    const verdict =
      end.damages + lost === 0
        ? this.#terminal.style('green', end.isKeyless ? 'stored as it was' : VERDICTS[end.looked])
        : this.#terminal.style('red', 'DAMAGED');
    this.#line(
      `${verdict}  ${this.#terminal.style('bold', series)}  ${formatCountOf(snapshots, 'snapshot')}, ` +
        `${formatCountOf(archives, 'archive')}, ${read}${sample}, ${formatDuration(durationMs)}`,
    );
  }

  #mirror({ series, damages, looked, readBytes, durationMs }: VerifyEnd, { files, scanned }: Mirrored): void {
    const { style } = this.#terminal;
    const verdict = damages === 0 ? style('green', VERDICTS[looked]) : style('red', 'CHANGED');
    const as = scanned === null ? 'never whole' : `as of ${formatLocal(new Date(scanned))}`;
    const read = looked === 'full' ? `${formatBytes(readBytes)} read` : 'contents were not read';
    this.#line(
      `${verdict}  ${style('bold', series)}  mirror ${as}, ${formatCountOf(files, 'file')}, ${read}, ${formatDuration(durationMs)}`,
    );
    if (damages > 0)
      this.#line(
        `  ${style('dim', 'The next run puts it right; with `--rehash` also what differs in content alone.')}`,
      );
  }

  #pair({ series, looked, readBytes, durationMs, status, pair }: VerifyEnd): void {
    const { style } = this.#terminal;
    const { files = 0, differing = 0, troubles = 0 } = pair ?? {};
    const isLooked = looked === 'full' && troubles === 0;
    const verdict =
      status === 0 ? style('green', isLooked ? VERDICTS.full : VERDICTS.quick) : style('red', 'TROUBLE');
    const read = looked === 'full' ? `${formatBytes(readBytes)} read` : 'contents were not read';
    const news = differing === 0 ? '' : `, ${formatCountOf(differing, 'path')} for the next one`;
    this.#line(
      `${verdict}  ${style('bold', series)}  sync, ${formatCountOf(files, 'file')} at the last one${news}, ${read}, ${formatDuration(durationMs)}`,
    );
  }

  #drill({
    series,
    snapshot,
    result,
    paths,
    bytes,
    durationMs,
    differences,
    differenceCount,
    error,
  }: DrillEnd): void {
    const { style } = this.#terminal;
    if (result === 'passed') {
      const text = `${formatCountOf(paths, 'path')}, ${formatBytes(bytes)}, ${formatDuration(durationMs)}`;
      if (!this.#quiet) this.#line(`${style('green', 'drill passed')}  ${series}  ${snapshot}, ${text}`);
      return;
    }
    this.#wrong(
      `${style('red', 'drill FAILED')}  ${series}  ${snapshot}: ${error ?? `${differenceCount} differences`}`,
    );
    for (const difference of differences) this.#wrong(`  ${difference}`);
    const more = differenceCount - differences.length;
    if (more > 0) this.#wrong(`  ... and ${formatCount(more)} more`);
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
