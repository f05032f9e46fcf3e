// What a run tells while it goes on. The command line shows these, and prints them as they are with --json;
// docs/cli.md lists them.
import type { SeriesSize } from '../series/series-size.ts';
import type { ChangeCount } from '../tree/compare.ts';
import type { ProblemKind } from '../tree/entry.ts';

/** `look`: finding out what changed. `pack`: writing it down. `restore`, `export`: getting it back. `copy`: to another place. `upload`: to a library. `verify`: reading what is stored. */
export type Phase = 'scan' | 'look' | 'pack' | 'restore' | 'export' | 'copy' | 'upload' | 'verify';

/** Totals are undefined as long as they are not known. */
export interface Progress {
  readonly event: 'progress';
  readonly row: string;
  readonly phase: Phase;
  readonly files: number;
  readonly bytes: number;
  readonly totalFiles: number | undefined;
  readonly totalBytes: number | undefined;
}

export interface RowProblem {
  readonly event: 'problem';
  readonly row: string;
  readonly kind: ProblemKind;
  /** For people; bytes that are not UTF-8 are shown as `\xe9`. */
  readonly path: string;
  readonly reason: string;
}

/** Something that was done to a mirror that is kept up to date. */
export interface MirrorAction {
  readonly event: 'action';
  readonly row: string;
  /** As the log of the mirror calls it: `FILE CREATED`, `FILE MODIFIED`, `FILE DELETED`, `FILE MOVED`, ... */
  readonly action: string;
  /** In the source, for people; of what was moved, from where and to where. */
  readonly path: string;
  readonly bytes: number;
  /** Why it was not done; null when it was. */
  readonly failed: string | null;
}

/** Something a user should know that is no failure. */
export interface RowNote {
  readonly event: 'note';
  readonly row: string;
  readonly message: string;
  /** It should be read also by who only wants to know what went wrong. */
  readonly warning?: true;
}

export interface RotationStep {
  readonly snapshot: string;
  /** Why it is kept; empty for one that is let go. */
  readonly reasons: readonly string[];
}

export interface GuardReport {
  readonly guard: string;
  readonly message: string;
  readonly hint: string;
}

/** What became of damage in a series. */
export interface DamageReport {
  /** Files of the series that are known to be damaged. */
  readonly files: number;
  /** Files that are whole in the new snapshot, and were not in the one before. */
  readonly healed: number;
  /** Files of snapshots that no archive has any more, and that nobody has accepted. */
  readonly lost: number;
  /** Files that are no archives, and may be written anew by a repair. */
  readonly repairable: number;
  /** What was known cannot be read. */
  readonly unknown: boolean;
  readonly messages: readonly string[];
  readonly hint: string;
}

/** How one row ended. */
export interface RowEnd {
  readonly event: 'row';
  readonly row: string;
  readonly source: string;
  /** `waiting`: its disk is not connected, and it is not overdue yet. */
  readonly outcome: 'written' | 'unchanged' | 'failed' | 'stopped' | 'waiting';
  /** Nothing was written: it says what would have been. */
  readonly dryRun: boolean;
  /** The snapshot written, or the newest one when nothing changed; null when there is none. */
  readonly snapshot: string | null;
  /** The folder of that snapshot. */
  readonly folder: string | null;
  readonly change: ChangeCount;
  readonly files: number;
  readonly bytes: number;
  /** Written to the destination; in a dry run, what would go into archives, uncompressed. */
  readonly newBytes: number;
  readonly problems: number;
  readonly guards: readonly GuardReport[];
  /** All snapshots of the series with the reasons for keeping them; empty when rotation was held back. */
  readonly kept: readonly RotationStep[];
  readonly removed: readonly RotationStep[];
  /** What there is to say of damage in the series; null when nothing. */
  readonly damage: DamageReport | null;
  /** Of a sync: what both sides had changed, and where the other content lies; left out where there was nothing. */
  readonly conflicts?: readonly string[] | undefined;
  /** What the series has now; null when that is not known. */
  readonly series: SeriesSize | null;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly hint: string | undefined;
    /** Of `E_INTERNAL`, a defect of this program: where it happened. */
    readonly stack?: string | undefined;
  } | null;
  /** Since when its disk is away, and what there is to say of it; null when it is there. */
  readonly waiting: {
    readonly since: string;
    readonly lastSuccess: string | null;
    readonly message: string;
  } | null;
  readonly durationMs: number;
  /** What this row contributes to the exit status. */
  readonly status: number;
}

export type RunEvent = Progress | RowProblem | RowNote | MirrorAction | RowEnd;
export type Report = (event: RunEvent) => void;
