import type { Phase, Progress } from '../../jobs/events.ts';
import { formatBytes, formatCount, formatDuration } from '../../base/amounts.ts';
import type { Terminal } from '../terminal.ts';

const BAR_CELLS = 20;

/** What is measured: progress as a job tells it, the bytes that a verify reads, which counts no files, or what a second library fetches. */
export type Measured = Omit<Progress, 'event' | 'phase'> & { readonly phase: Phase | 'verify' | 'fetch' };

const VERB: Readonly<Record<Measured['phase'], string>> = {
  scan: 'scanning',
  look: 'comparing',
  pack: 'packing',
  restore: 'restoring',
  export: 'exporting',
  copy: 'copying',
  upload: 'uploading',
  fetch: 'fetching',
  verify: 'verifying',
};

/** How far one row is, how fast, and how long it will take. */
export class ProgressMeter {
  #progress: Measured | undefined;
  #phaseStart = 0;

  /** @param now - Milliseconds, of any steady clock. */
  update(progress: Measured, now: number): void {
    if (progress.phase !== this.#progress?.phase) this.#phaseStart = now;
    this.#progress = progress;
  }

  /** `documents  packing  ██████░░░░  1.2 GB/2 GB  310 MB/s  3s left  12,345/71,000 files`, as far as there is room. @param nameWidth - So wide is the name, so that bars align. */
  line(now: number, terminal: Terminal, nameWidth?: number): string {
    const progress = this.#progress;
    if (progress === undefined) return '';
    const { row, phase, files, bytes } = progress;
    const head = `${fitName(row, nameWidth ?? row.length)}  ${VERB[phase]}`;
    if (progress.totalBytes === undefined) return `${head}  ${formatCount(files)} entries`;
    // Files grow while they are read: all there is is at least what was done.
    const totalFiles = Math.max(progress.totalFiles ?? 0, files);
    const totalBytes = Math.max(progress.totalBytes, bytes);
    const share = totalBytes > 0 ? bytes / totalBytes : totalFiles > 0 ? files / totalFiles : 0;
    const elapsed = now - this.#phaseStart;
    const parts = [`${formatBytes(bytes)}/${formatBytes(totalBytes)}`];
    if (elapsed > 500 && bytes > 0) {
      parts.push(`${formatBytes((bytes / elapsed) * 1000)}/s`);
      const leftMs = share > 0 && share < 1 ? (elapsed / share) * (1 - share) : 0;
      if (leftMs > 0) parts.push(`${formatDuration(Math.ceil(leftMs / 1000) * 1000)} left`);
    }
    if (progress.totalFiles !== undefined)
      parts.push(`${formatCount(files)}/${formatCount(totalFiles)} files`);
    let room = terminal.columns - head.length - BAR_CELLS - 3;
    const shown = parts.filter((part) => (room -= part.length + 2) >= 0);
    return [head, bar(share, terminal), ...shown].join('  ');
  }
}

/** A long name must not cost the time left. */
function fitName(name: string, width: number): string {
  return name.length <= width ? name.padEnd(width) : `${name.slice(0, Math.max(0, width - 1))}…`;
}

function bar(share: number, { style }: Terminal): string {
  const full = Math.round(share * BAR_CELLS);
  return style('cyan', '█'.repeat(full)) + style('dim', '░'.repeat(BAR_CELLS - full));
}
