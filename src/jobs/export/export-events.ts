// What an export tells while it goes on. The command line shows these, and prints them as they are with --json; docs/cli.md
// lists them.
import type { Progress, RowNote } from '../events.ts';
import type { ExportFormat } from './formats.ts';

/** Something that the archive lacks, as it cannot hold it. */
export interface ExportProblem {
  readonly event: 'problem';
  readonly row: string;
  readonly kind: 'refused';
  /** For people; bytes that are not UTF-8 are shown as `\xe9`. */
  readonly path: string;
  readonly reason: string;
}

export type ExportEvent = Progress | ExportProblem | RowNote;

/** How an export ended. */
export interface ExportEnd {
  readonly event: 'end';
  /** 3 when there were problems. */
  readonly status: number;
  readonly series: string;
  readonly snapshot: string;
  /** The file, absolute; null for the standard output. */
  readonly file: string | null;
  readonly format: ExportFormat;
  /** Hard links are files too. */
  readonly files: number;
  readonly bytes: number;
  readonly folders: number;
  readonly links: number;
  /** Of the archive. */
  readonly archiveBytes: number;
  readonly problems: number;
  readonly durationMs: number;
}
