// What a restore tells while it goes on. The command line shows these, and prints them as they are with --json;
// docs/cli.md lists them.
import { EXIT_STATUS, gravestStatus } from '../../base/errors.ts';
import type { EntryType } from '../../tree/entry.ts';
import type { Progress, RowNote } from '../events.ts';
import type { Doing } from './target-plan.ts';

export interface RestoreProblem {
  readonly event: 'problem';
  readonly row: string;
  /**
   * - `damaged`: no archive of the series holds it as it was.
   * - `refused`: restoring it would lead out of the target, or over what must stay.
   * - `failed`: the system says no.
   * - `attributes`: it is restored, but its mode, owner or time is not, or it is a file of its own instead of a further name.
   */
  readonly kind: 'damaged' | 'refused' | 'failed' | 'attributes';
  /** For people; bytes that are not UTF-8 are shown as `\xe9`. */
  readonly path: string;
  readonly reason: string;
}

/** What a dry run would do. */
export interface RestoreStep {
  readonly event: 'step';
  readonly do: Doing;
  readonly path: string;
  readonly type: EntryType;
  readonly reason: string | undefined;
}

export type RestoreEvent = Progress | RestoreProblem | RowNote | RestoreStep;

/** How a restore ended. */
export interface RestoreEnd {
  readonly event: 'end';
  readonly status: number;
  readonly series: string;
  readonly snapshot: string;
  readonly target: string;
  readonly dryRun: boolean;
  /** Written, or in a dry run to be written; hard links are files too. */
  readonly files: number;
  readonly bytes: number;
  readonly folders: number;
  readonly links: number;
  /** Files that were there already. */
  readonly same: number;
  /** Of them, those with another mode or time, which they keep. */
  readonly otherwise: number;
  readonly deleted: number;
  readonly problems: number;
  /** Paths that may not make way; nothing was done then. */
  readonly refused: number;
  readonly durationMs: number;
}

/**
 * The exit status of a restore.
 *
 * @param hadFiles - Some file was to come back.
 */
export function statusOfRestore(
  { files, same, problems, refused }: Pick<RestoreEnd, 'files' | 'same' | 'problems' | 'refused'>,
  hadFiles: boolean,
): number {
  const isNothing = hadFiles && files + same === 0;
  const lacking = isNothing ? EXIT_STATUS.E_ROW : EXIT_STATUS.E_PARTIAL;
  return gravestStatus([refused > 0 ? EXIT_STATUS.E_USAGE : 0, problems > 0 ? lacking : 0]);
}
