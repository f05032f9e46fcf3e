// What a copy tells while it goes on. The command line shows these, and prints them as they are with --json; docs/cli.md lists them.
import type { Progress, RowNote } from '../events.ts';

/** What became of a snapshot that the other place did not have, or not whole. */
export interface CopiedSnapshot {
  readonly event: 'snapshot';
  readonly row: string;
  readonly snapshot: string;
  /**
   * `copied`; `mended`: it was there, and something of it was not, or was damaged; `damaged`: it is left out; `unmended`: it is there,
   * and what is damaged of it is so here as well.
   */
  readonly outcome: 'copied' | 'mended' | 'damaged' | 'unmended';
  /** In a dry run, what would be written. */
  readonly bytes: number;
  /** What is damaged; null where all is well. */
  readonly reason: string | null;
}

export type CopyEvent = Progress | RowNote | CopiedSnapshot;

/** How a copy ended. */
export interface CopyEnd {
  readonly event: 'end';
  readonly status: number;
  readonly series: string;
  /** The folder or address of the series that was read. */
  readonly from: string;
  /** That of the one which was written. */
  readonly to: string;
  readonly dryRun: boolean;
  readonly copied: number;
  readonly mended: number;
  readonly damaged: number;
  readonly unmended: number;
  /** Snapshots that were there already. */
  readonly there: number;
  readonly bytes: number;
  readonly durationMs: number;
}
