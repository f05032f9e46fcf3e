// Rotation on demand: after `keep` was lowered, or when there is no room for the next snapshot.
import { formatCountOf } from '../../base/amounts.ts';
import { commandLine } from '../../base/command-line.ts';
import { EXIT_STATUS, SnapshotError } from '../../base/errors.ts';
import type { Row } from '../../plan/plan.ts';
import { readHeld, seriesWord, wayOut } from '../../series/guards.ts';
import { isSuccess } from '../../series/past.ts';
import { readRuns } from '../../series/read-runs.ts';
import { appendRecord, type RemovalRecord } from '../../series/runs-log.ts';
import type { Series } from '../../series/series.ts';
import { judge, NO_ROTATION, rotate, type Rotating, type Rotation, showRotation } from '../run/rotate.ts';
import { RowDamage } from '../run/row-damage.ts';
import { heldBackFailures } from '../status/streaks.ts';
import { refuseStranger } from '../run/whose.ts';
import { LateLock } from './late-lock.ts';

export interface PruneOptions {
  readonly dryRun: boolean;
  readonly now: () => Date;
  readonly note: (message: string) => void;
}

/** What a prune came to. */
export interface Pruned extends Rotation {
  /** Why snapshots that were to go stay. */
  readonly heldBack: string | undefined;
  /** What it adds to the exit status. */
  readonly status: number;
}

/** What keeps a prune from letting anything go. */
interface Hindrance {
  readonly why: string;
  readonly hint: string;
  readonly status: number;
}

class PruneContext implements Rotating {
  readonly row: Row;
  readonly series: Series;
  readonly started: Date;
  readonly report: { note(message: string): void };
  readonly lock: LateLock | undefined;
  readonly #hindrance: Hindrance | undefined;
  heldBack: string | undefined;
  status = 0;

  constructor(
    row: Row,
    series: Series,
    lock: LateLock | undefined,
    hindrance: Hindrance | undefined,
    { note, now }: PruneOptions,
  ) {
    this.row = row;
    this.series = series;
    this.started = now();
    this.report = { note };
    this.lock = lock;
    this.#hindrance = hindrance;
  }

  mayRotate(letGo: number): boolean {
    if (this.#hindrance === undefined || letGo === 0) return true;
    const { why, hint, status } = this.#hindrance;
    this.holdRotation(why, `nothing is removed: ${why}. ${hint}`);
    this.status = status;
    return false;
  }

  holdRotation(why: string, message: string = `nothing is removed, as ${why}`): void {
    this.heldBack ??= why;
    if (this.status === 0) this.status = EXIT_STATUS.E_STORE;
    this.report.note(message);
  }
}

/**
 * Removes the snapshots of `series` that `row` does not keep, as the next rotation would: by the same plan, under the
 * lock, and not while a guard holds rotation back.
 *
 * @throws {@link SnapshotError} when the series is another's, is locked, or cannot be read.
 */
export async function prune(row: Row, series: Series, options: PruneOptions): Promise<Pruned> {
  const { dryRun, note } = options;
  await refuseStranger(series, row);
  const lock = dryRun ? undefined : await LateLock.acquire(series);
  try {
    // Once more, as another one may have taken it meanwhile.
    await refuseStranger(series, row);
    const context = new PruneContext(row, series, lock, await findHindrance(series), options);
    const survey = await series.survey(context.started);
    const damage = await RowDamage.find(series, survey, {
      accept: false,
      dryRun,
      now: context.started,
      note,
    });
    let rotation: Rotation;
    if (dryRun) {
      const plan = await judge(context, survey, damage, survey.snapshots, undefined);
      rotation = plan === undefined ? NO_ROTATION : showRotation(plan);
    } else rotation = await rotate(context, survey, damage, survey.snapshots, undefined);
    const { heldBack } = context;
    const removed = rotation.removed.map(({ snapshot }) => snapshot);
    // One that finds nothing in the way any more says so, as a run that changes nothing cannot.
    const isNews = async (): Promise<boolean> =>
      removed.length > 0 || heldBack !== undefined || (await wasHeldBack(series));
    if (!dryRun && rotation.cut === undefined && (await isNews()))
      await log(series, { outcome: 'prune', removed, heldBack }, context.started, options);
    const status = rotation.cut === undefined ? context.status : EXIT_STATUS.E_LOCKED;
    return { ...rotation, heldBack, status };
  } finally {
    await lock?.release(note);
  }
}

async function findHindrance(series: Series): Promise<Hindrance | undefined> {
  const held = await readHeld(series);
  if (held !== undefined) {
    const hint = wayOut(series.name, held.path);
    return { why: `${held.message} (since ${held.snapshot})`, hint, status: EXIT_STATUS.E_GUARD };
  }
  const { missing = 0 } = (await readRuns(series)).records.findLast(isSuccess) ?? {};
  if (missing === 0) return undefined;
  return {
    why: `the last run could not read ${formatCountOf(missing, 'file or folder', 'files or folders')}`,
    hint: `Run again when they can be read; or \`${commandLine(`accept ${seriesWord(series.place())} PATH`)}\`, and run again.`,
    status: EXIT_STATUS.E_PARTIAL,
  };
}

async function wasHeldBack(series: Series): Promise<boolean> {
  return heldBackFailures((await readRuns(series)).records).length > 0;
}

/** Notes in the log what was removed: what was removed is gone, whether or not that can be noted. */
export async function log(
  series: Series,
  record: Pick<RemovalRecord, 'outcome' | 'removed' | 'heldBack'>,
  started: Date,
  { now, note }: Pick<PruneOptions, 'now' | 'note'>,
): Promise<void> {
  const { outcome, removed, heldBack } = record;
  try {
    await appendRecord(series, {
      started: started.toISOString(),
      finished: now().toISOString(),
      outcome,
      removed,
      ...(heldBack !== undefined && { heldBack }),
    });
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    note(`this is not in the log of the series: ${error.message}`);
  }
}
