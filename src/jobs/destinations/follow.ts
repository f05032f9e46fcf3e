// Bringing a destination to where the row has come at another one, and rotating it by its own keep.
import { EXIT_STATUS, gravestStatus, SnapshotError } from '../../base/errors.ts';
import { commandLine } from '../../base/command-line.ts';
import { readFormerNames } from '../../series/former-names.ts';
import { GuardError, seriesWord } from '../../series/guards.ts';
import { snapshotTime } from '../../series/names.ts';
import { sizeOfSeries } from '../../series/series-size.ts';
import { inOrder } from '../../series/order.ts';
import { Series, type Snapshot, type Survey } from '../../series/series.ts';
import { alone } from '../copy/alone.ts';
import type { Brought } from '../copy/bring-up.ts';
import { whileShared } from '../../series/lock/shared-lock.ts';
import type { RowEnd } from '../events.ts';
import type { AtDestination } from '../run/at-destination.ts';
import type { RowResult } from '../run/row-context.ts';
import { type DamageEnd, RowDamage } from '../run/row-damage.ts';
import { recordOf, statusOf } from '../run/row-end.ts';
import {
  decideRotation,
  NO_ROTATION,
  rotate,
  type Rotating,
  type Rotation,
  showRotation,
} from '../run/rotate.ts';
import type { Settled } from '../run/run-options.ts';
import { bringTo, type Holding } from './bring.ts';

/** What a destination came to. */
interface Followed {
  readonly brought: Brought;
  readonly rotation: Rotation;
  readonly damage: DamageEnd;
  /** All that are there now. */
  readonly left: readonly Snapshot[];
  readonly heldBack: string | undefined;
}

/**
 * Brings `at` up to `base`, where the row was run. However that goes is how it ended there.
 *
 * @param from - The series of `base`, and where else files may be whole.
 */
export async function follow(
  at: AtDestination,
  base: AtDestination,
  from: readonly [Series, ...Series[]],
  options: Settled & Pick<Rotating, 'lackedElsewhere'>,
): Promise<void> {
  const { end } = base;
  if (end === undefined || end.outcome === 'waiting') return;
  // What keeps others out there keeps them out of all of the row.
  if (end.error?.code === 'E_LOCKED') return at.endLike(end);
  const note = (message: string): void => at.reporter.note(message);
  try {
    const work = async (holding: Holding): Promise<Followed> =>
      await bringAndRotate(at, base, from, options, holding);
    const { signal, dryRun } = options;
    const followed = dryRun
      ? await work({ signal })
      : await whileShared(base.series, note, async () => await alone(at.series, signal, note, work));
    tell(at, end, followed);
    if (end.error !== null) at.endLike(end);
    else finish(at, end, base.result, followed, options);
  } catch (error) {
    at.fail(error);
  }
}

async function bringAndRotate(
  at: AtDestination,
  base: AtDestination,
  from: readonly [Series, ...Series[]],
  options: Settled & Pick<Rotating, 'lackedElsewhere'>,
  holding: Holding,
): Promise<Followed> {
  const { series, started } = at;
  await refuseCalledOtherwise(series, base.series);
  const brought = await bringTo(at, from, options, holding, true);
  const survey = await series.survey(started);
  const damage = await RowDamage.find(series, survey, {
    accept: options.acceptChanges,
    dryRun: options.dryRun,
    now: started,
    note: (message) => at.reporter.note(message),
  });
  const context = new FollowingRotation(at, base, holding, options.lackedElsewhere);
  const rotation = options.dryRun
    ? await wouldRotate(context, survey, brought, base.end)
    : await rotate(context, survey, damage, survey.snapshots, undefined);
  const gone = new Set(rotation.removed.map(({ snapshot }) => snapshot));
  const left = survey.snapshots.filter(({ name }) => options.dryRun || !gone.has(name));
  const isWritten = brought.copied.length > 0;
  return {
    brought,
    rotation,
    left,
    damage: await damage.end(left, 0, isWritten),
    heldBack: context.heldBack,
  };
}

/** The row was renamed at one destination, and here the series is called as before: it would be brought a second time. @throws GuardError */
async function refuseCalledOtherwise(to: Series, from: Series): Promise<void> {
  if (await hasDated(to)) return;
  for (const name of await readFormerNames(from)) {
    const old = new Series(to.store, name);
    if (!(await hasDated(old))) continue;
    throw new GuardError(
      'renamed',
      `Series "${old.place()}" is called \`${to.name}\` now, but not here; nothing was written`,
      `\`${commandLine(`rename ${seriesWord(old.place())} ${seriesWord(to.name)}`)}\` gives it that name.`,
    );
  }
}

async function hasDated(series: Series): Promise<boolean> {
  return (await series.store.list(series.name)).some(({ name }) => snapshotTime(name) !== undefined);
}

class FollowingRotation implements Rotating {
  readonly row: Rotating['row'];
  readonly series: Series;
  readonly started: Date;
  readonly report: { note(message: string): void };
  readonly lock: Rotating['lock'];
  readonly lackedElsewhere: Rotating['lackedElsewhere'];
  readonly #base: AtDestination;
  heldBack: string | undefined;

  constructor(
    { row, series, started, reporter }: AtDestination,
    base: AtDestination,
    { lock }: Holding,
    lackedElsewhere: Rotating['lackedElsewhere'],
  ) {
    this.lackedElsewhere = lackedElsewhere;
    this.row = row;
    this.series = series;
    this.started = started;
    this.report = reporter;
    this.lock = lock;
    this.#base = base;
  }

  /** What holds it back where the row was run was told there. */
  mayRotate(): boolean {
    const { end, result } = this.#base;
    const isHeld = end?.error !== null || end.guards.length > 0 || (result?.missing ?? 0) > 0;
    if (isHeld) this.heldBack ??= result?.heldBack;
    return !isHeld;
  }

  holdRotation(why: string, message: string = `nothing is rotated out, as ${why}`): void {
    this.heldBack ??= why;
    this.report.note(message);
  }
}

/** What a rotation would do after a night that was only looked at. */
async function wouldRotate(
  context: FollowingRotation,
  { snapshots }: Survey,
  { chosen }: Brought,
  end: RowEnd | undefined,
): Promise<Rotation> {
  if (!context.mayRotate()) return NO_ROTATION;
  const all = inOrder([...snapshots, ...chosen], context.started);
  const written = end?.outcome === 'written' ? (end.snapshot ?? undefined) : undefined;
  return showRotation(await decideRotation(context, { snapshots: all }, written));
}

/** Says what was brought beside what the run itself has written. */
function tell(at: AtDestination, { snapshot, dryRun, outcome }: RowEnd, { brought }: Followed): void {
  const { copied, mended, there } = brought;
  const isNews = (name: string): boolean => name === snapshot && outcome === 'written' && !dryRun;
  const older = copied.filter((name) => !isNews(name));
  const did = dryRun ? 'would be ' : '';
  if (older.length > 0) {
    const names = older.length > 3 ? `${older.length} snapshots` : older.join(', ');
    const what = there === 0 ? `it was empty here: ${names} ${did}brought` : `${did}caught up: ${names}`;
    at.reporter.note(what);
  }
  if (mended.length > 0) at.reporter.note(`${did}mended from another destination: ${mended.join(', ')}`);
}

function finish(
  at: AtDestination,
  tonight: RowEnd,
  result: RowResult | undefined,
  { brought, rotation, damage, left, heldBack }: Followed,
  { dryRun, now }: Settled,
): void {
  const { series, started } = at;
  const { snapshot } = tonight;
  if (!dryRun && snapshot !== null && left.every(({ name }) => name !== snapshot)) {
    at.fail(
      new SnapshotError('E_DAMAGED', `${snapshot} could not be brought to "${series.place()}"`, {
        hint: 'The next run tries again.',
      }),
    );
    return;
  }
  const end: RowEnd = {
    ...tonight,
    row: at.row.name,
    outcome: brought.copied.length > 0 ? 'written' : tonight.outcome,
    folder: snapshot === null ? null : series.place(snapshot),
    newBytes: brought.bytes + (dryRun ? tonight.newBytes : 0),
    kept: rotation.kept,
    removed: rotation.removed,
    damage: damage.report,
    series: dryRun ? null : sizeOfSeries(left),
    durationMs: now().getTime() - started.getTime(),
    status: gravestStatus([
      statusOf({ ...tonight, damage: damage.report }),
      brought.damaged.length > 0 ? EXIT_STATUS.E_DAMAGED : 0,
    ]),
  };
  const { missing = 0, known = 0 } = result ?? {};
  at.endAs(end, recordOf(end, started, { missing, known, heldBack, damage }));
}
