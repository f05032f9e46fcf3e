// How a sync ended, and where that is remembered.
import { formatCount } from '../../base/amounts.ts';
import { EXIT_STATUS, SnapshotError } from '../../base/errors.ts';
import type { Done } from '../../sync/done.ts';
import { isConflict } from '../../sync/decide.ts';
import type { Stop } from '../../sync/guards.ts';
import type { Past, SideName } from '../../sync/item.ts';
import type { PastFile } from '../../sync/past-file.ts';
import { pathField, pathOf } from '../../mirror/path-field.ts';
import type { Action } from '../../sync/plan.ts';
import type { Trouble } from '../../sync/see.ts';
import { type BytePath, display } from '../../tree/path.ts';

export interface SyncResult {
  readonly at: Date;
  readonly labels: Readonly<Record<SideName, string>>;
  /** What was to be done, in path order. */
  readonly actions: readonly Action[];
  readonly troubles: readonly Trouble[];
  /** Sockets and their like, and what is larger than it may be: no trouble, and not synced. */
  readonly passedOver: readonly Trouble[];
  readonly done: readonly Done[];
  /** Why nothing was done. */
  readonly stop: Stop | undefined;
  /** Nothing was known of an earlier sync: both sides were united. */
  readonly isFirst: boolean;
  /** Sides that cannot replace a file in one step, or flush. */
  readonly isWeak: readonly SideName[];
  readonly durationMs: number;
  readonly dryRun: boolean;
  /** What both sides have now, as far as they agree: files, and their bytes. */
  readonly agreed: { readonly files: number; readonly bytes: number };
  /** Why it did not come to its end. */
  readonly failed?: Failure | undefined;
}

export interface Failure {
  readonly message: string;
  readonly status: number;
}

export function failureOf(error: unknown, signal: AbortSignal): Failure {
  if (signal.aborted) return { message: 'it was stopped', status: EXIT_STATUS.E_STOPPED };
  const message = error instanceof Error ? error.message : String(error);
  return { message, status: error instanceof SnapshotError ? EXIT_STATUS[error.code] : 1 };
}

/** One line of what was passed over; undefined: nothing was. */
export function passedOverText({ passedOver }: SyncResult): string | undefined {
  const [first] = passedOver;
  if (first === undefined) return undefined;
  const more = passedOver.length === 1 ? '' : `, and ${formatCount(passedOver.length - 1)} more like it`;
  return `passed over: ${display(first.path)} (${first.side}) ${first.reason}${more}`;
}

/** Why a path stays as it is on both sides. */
export const APART: Readonly<Record<string, string>> = {
  types: 'it is of different types on both sides, or lies below such',
  names: 'one side takes its name for that of another one',
};

/** How much both sides have in common. */
export function agreedOn(past: Past): SyncResult['agreed'] {
  const files = [...past.values()].filter(({ type }) => type === 'file');
  return { files: files.length, bytes: files.reduce((sum, { here }) => sum + here.size, 0) };
}

/** What was done of it; of a dry run, and while nothing is known yet, what would be. */
export function effective({ actions, done, dryRun, stop }: SyncResult): readonly Action[] {
  if (dryRun) return actions;
  if (stop !== undefined) return [];
  const paths = new Set(done.map(({ path }) => path));
  return actions.filter(({ path, decision }) => decision.do === 'apart' || paths.has(path));
}

/** A conflict that was settled, and where the loser lies. */
export interface Conflict {
  readonly path: string;
  readonly winner: SideName;
  readonly why: 'newer' | 'hash';
  /** Below the root of the other side; undefined when it was not copied. */
  readonly version: string | undefined;
}

export function conflictsOf(result: SyncResult): readonly Conflict[] {
  const { done } = result;
  return effective(result).flatMap(({ decision, path }) => {
    if (decision.do !== 'copy' || !isConflict(decision)) return [];
    const put = done.find((one) => one.path === path && one.do === 'put');
    const version = put?.version;
    return [
      {
        path: display(path),
        winner: decision.to === 'here' ? 'there' : 'here',
        why: decision.why === 'hash' ? 'hash' : 'newer',
        version: version === undefined ? undefined : display(version),
      },
    ];
  });
}

/** What the last sync did is kept to be taken back, its end to be told. One that did nothing leaves the one before. */
export async function saveResult(file: PastFile, result: SyncResult): Promise<void> {
  if (result.done.length > 0) await saveSteps(file, result.done);
  const { at, labels, troubles, stop } = result;
  const apart = result.actions.filter(({ decision }) => decision.do === 'apart');
  await file.replace(
    'result.json',
    `${JSON.stringify({
      at: at.toISOString(),
      here: labels.here,
      there: labels.there,
      status: statusOf(result),
      done: result.done.length,
      conflicts: conflictsOf(result),
      troubles: troubles.map(({ path, side, reason }) => ({ path: display(path), side, reason })),
      apart: apart.map(({ path, decision }) => ({
        path: display(path),
        why: 'why' in decision ? decision.why : '',
      })),
      stop: stop ?? null,
      failed: result.failed?.message ?? null,
    })}\n`,
  );
}

/** What was done so far: also of a sync that is killed it can be taken back. */
export async function saveSteps(file: PastFile, done: readonly Done[]): Promise<void> {
  if (done.length === 0) return;
  const lines = done.map((one) => JSON.stringify({ ...lineOf(one), side: file.letterOf(one.side) }));
  await file.replace('last.jsonl', `${lines.join('\n')}\n`);
}

/** The exit status, as everywhere: 3, some could not be synced; 4, a guard held it. */
export function statusOf({ stop, troubles, actions, failed }: SyncResult): number {
  if (failed !== undefined) return failed.status;
  if (stop !== undefined) return 4;
  return troubles.length > 0 || actions.some(({ decision }) => decision.do === 'apart') ? 3 : 0;
}

function lineOf({ path, version, from, left, ...rest }: Done): Record<string, unknown> {
  return {
    ...rest,
    ...pathField('path', path),
    ...(version !== undefined && pathField('version', version)),
    ...(from !== undefined && pathField('from', from)),
    ...(left !== undefined && {
      left: { ...left, target: undefined, ...(left.target !== undefined && { linkTo: left.target }) },
    }),
  };
}

/** The steps of the last sync that did something, in their order. */
export async function lastSteps(file: PastFile): Promise<readonly Done[]> {
  const text = (await file.text('last.jsonl')) ?? '';
  return text
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line): Done[] => {
      const raw = stepOf(line);
      const path = pathOf(raw, 'path');
      if (path === undefined) return [];
      const { left } = raw;
      return [
        {
          do: raw.do,
          side: file.sideOf(raw.side),
          path,
          version: pathOf(raw, 'version'),
          from: pathOf(raw, 'from'),
          left: left === undefined ? undefined : { ...left, target: left.linkTo },
          mode: raw.mode,
        },
      ];
    });
}

type RawStep = Record<string, unknown> & Done & { left?: Done['left'] & { linkTo?: BytePath } };

function stepOf(line: string): RawStep {
  try {
    const raw = JSON.parse(line) as RawStep | null;
    if (typeof raw === 'object' && raw !== null) return raw;
  } catch {
    // It is told below.
  }
  throw new SnapshotError(
    'E_DAMAGED',
    'What this machine remembers of the last sync is damaged: it cannot be taken back',
    {
      hint: 'What it replaced or deleted is among the versions: --swap PATH brings one of them.',
    },
  );
}
