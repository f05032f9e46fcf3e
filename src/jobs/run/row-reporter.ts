import { printable } from '../../base/errors.ts';
import type { Problem } from '../../tree/entry.ts';
import { display } from '../../tree/path.ts';
import type { Phase, Report } from '../events.ts';

/** Progress of one phase: told what was just done, it keeps the sum. */
export type Count = (files: number, bytes: number) => void;

/** Tells the events of one row. */
export class RowReporter {
  readonly #row: string;
  readonly #report: Report;

  constructor(row: string, report: Report) {
    this.#row = row;
    this.#report = report;
  }

  scanned(entries: number): void {
    this.#progress('scan', entries, 0, undefined, undefined);
  }

  /** Begins a phase with so much to do. */
  phase(phase: Phase, totalFiles: number, totalBytes: number): Count {
    let files = 0;
    let bytes = 0;
    this.#progress(phase, 0, 0, totalFiles, totalBytes);
    return (moreFiles, moreBytes) => {
      files += moreFiles;
      bytes += moreBytes;
      this.#progress(phase, files, bytes, totalFiles, totalBytes);
    };
  }

  problem({ kind, path, reason }: Problem): void {
    this.#report({ event: 'problem', row: this.#row, kind, path: display(path), reason });
  }

  action(action: string, path: string, bytes: number, failed: string | undefined): void {
    this.#report({
      event: 'action',
      row: this.#row,
      action,
      path: printable(path),
      bytes,
      failed: failed ?? null,
    });
  }

  note(message: string): void {
    this.#report({ event: 'note', row: this.#row, message });
  }

  warn(message: string): void {
    this.#report({ event: 'note', row: this.#row, message, warning: true });
  }

  #progress(
    phase: Phase,
    files: number,
    bytes: number,
    totalFiles: number | undefined,
    totalBytes: number | undefined,
  ): void {
    this.#report({ event: 'progress', row: this.#row, phase, files, bytes, totalFiles, totalBytes });
  }
}
