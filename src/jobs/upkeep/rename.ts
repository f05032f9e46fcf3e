// Another name for a series, with all that it has.
import { basename, dirname, resolve } from 'node:path';
import { addressKind } from '../../base/address.ts';
import { commandLine } from '../../base/command-line.ts';
import { printable, SnapshotError } from '../../base/errors.ts';
import { isSameName } from '../../base/same-name.ts';
import { type Machine, thisMachine } from '../../host/machine.ts';
import { nameRefusal } from '../../plan/name.ts';
import { loadPlan, type Plan, type Row } from '../../plan/plan.ts';
import { isTogether } from '../../plan/together.ts';
import { addFormerName, wasCalled } from '../../series/former-names.ts';
import { GuardError, seriesWord } from '../../series/guards.ts';
import { holderText } from '../../series/lock/lock-file.ts';
import { SeriesLock } from '../../series/lock/lock.ts';
import { findReader } from '../../series/lock/shared-lock.ts';
import { isSameMachine, readOwner } from '../../series/owner.ts';
import { Series } from '../../series/series.ts';
import { refuseStranger } from '../run/whose.ts';
import { splitAddress } from '../series-at.ts';
import { openStore } from '../../store/open-store.ts';
import { seriesThere, storeOf } from '../store-of.ts';
import { type Memory, moveSeries, type Recall } from '../status/memory.ts';
import { renameKnownRow } from '../status/plan-memory.ts';
import { findThere, type There } from './find-there.ts';
import { PlanRewrite } from './plan-rewrite.ts';

export interface RenameOptions {
  /** The plan's file; it need not be there where the series is named by its folder. */
  readonly plan: string;
  readonly memory: Memory;
  readonly recall: Recall;
  readonly now: Date;
  readonly note: (message: string) => void;
  /** Default: this one. */
  readonly machine?: Machine | undefined;
}

/** What a rename came to. */
export interface Renamed {
  readonly series: Series;
  readonly from: string;
  /** What is left to do in the plan by hand; undefined when nothing is. */
  readonly byHand: string | undefined;
}

/** What is to get another name. */
interface Found extends There {
  readonly plan: Plan | undefined;
  /** The folder has its new name already: a rename was cut short, or somebody has moved it. */
  readonly isMoved: boolean;
}

/**
 * Gives the series that `which` names the name `to`: the folder, the row of the plan, and what this machine remembers. Archives
 * stay as they are. One that was cut short is gone on with.
 *
 * First the new plan is written aside and the series notes its old name, then the folder moves at once, then the plan takes its
 * place: cut short in between, a run of the old row is refused, see `refuseRenamed`.
 *
 * @throws {@link SnapshotError} when it cannot be; then nothing was done.
 */
export async function rename(which: string, to: string, options: RenameOptions): Promise<Renamed> {
  const refusal = nameRefusal(to);
  if (refusal !== undefined)
    throw new SnapshotError('E_USAGE', `\`${printable(to)}\` ${refusal}: choose another name`);
  const { series, row, plan, isMoved } = await find(which, to, options);
  const renamed = new Series(series.store, to);
  const present = isMoved ? renamed : series;
  if (!isMoved) await refuseTaken(series, to);
  await refuseOthers(present, row, options.machine);
  const isPlanned = plan === undefined || row === undefined || row.name === to;
  const rewrite = isPlanned ? undefined : await PlanRewrite.prepare(plan, row, to);
  try {
    await move(present, renamed, series.name, rewrite, options);
  } finally {
    if (rewrite instanceof PlanRewrite) await rewrite.discard();
  }
  await remember(renamed, series.name, plan, options);
  for (const { destination } of row === undefined ? [] : elsewhere(row, plan)) {
    const again = commandLine(
      `rename ${seriesWord(new Series(openStore(destination), series.name).place())} ${seriesWord(to)}`,
    );
    options.note(
      `the row has "${destination}" as well, where the next run would store everything anew: before that, \`${again}\``,
    );
  }
  return { series: renamed, from: series.name, byHand: typeof rewrite === 'string' ? rewrite : undefined };
}

/** The row at its other destinations, where the series is called as before. */
function elsewhere(row: Row, plan: Plan | undefined): readonly Row[] {
  return plan?.rows.filter((one) => isTogether(one, row) && one.destination !== row.destination) ?? [];
}

async function find(which: string, to: string, options: RenameOptions): Promise<Found> {
  const { plan: file, recall, now } = options;
  const plan = await loadPlan(file).catch((error: unknown) => {
    if (!(error instanceof SnapshotError)) throw error;
    return undefined;
  });
  try {
    const there = await findThere(which, file, recall, now);
    return { ...there, plan, isMoved: false };
  } catch (error) {
    if (!(error instanceof SnapshotError) || error.code !== 'E_USAGE') throw error;
    for (const { series, row } of await placesOf(which, to, plan)) {
      const moved = new Series(series.store, to);
      if (await wasCalled(moved, series.name)) return { series, row, plan, isMoved: true };
    }
    throw error;
  }
}

/** Where a series would be that was called `which`, and is called `to` now. */
async function placesOf(which: string, to: string, plan: Plan | undefined): Promise<readonly There[]> {
  const place =
    addressKind(which) === undefined
      ? { destination: dirname(resolve(which)), name: basename(resolve(which)) }
      : splitAddress(which);
  if (addressKind(which) !== undefined || /[/\\]/.test(which))
    return [{ series: await seriesThere(place.destination, place.name), row: undefined }];
  const rows = plan?.rows.filter(({ name }) => name === which || name === to) ?? [];
  return rows.map((row) => ({ series: new Series(storeOf(row), which), row }));
}

/** @throws {@link SnapshotError} `E_USAGE` when `to` is no name for `series`, as there is something. */
async function refuseTaken(series: Series, to: string): Promise<void> {
  const { store, name } = series;
  if (name === to) throw new SnapshotError('E_USAGE', `Series "${series.place()}" is called so already`);
  const names = (await store.list('')).map((item) => item.name);
  // A disk that ignores case may spell it otherwise than the plan does.
  const own = names.includes(name) ? name : names.find((one) => isSameName(one, name));
  const taken = names.find((one) => one === to || (one !== own && isSameName(one, to)));
  if (taken !== undefined) {
    throw new SnapshotError('E_USAGE', `"${new Series(store, taken).place()}" is there already`, {
      hint: 'Nothing was done. Choose another name; upper and lower case make no difference on some disks.',
    });
  }
}

/** What a store cannot do at once is done by hand: no half of a series is ever to be taken for the whole. */
function cannotMove(series: Series, renamed: Series): SnapshotError {
  const again = commandLine(`rename ${seriesWord(series.name)} ${seriesWord(renamed.name)}`);
  return new SnapshotError('E_STORE', `"${series.store.label}" cannot give a folder another name at once`, {
    hint: `Nothing was done. While no run is at work, move all of ${seriesWord(series.place())} to ${seriesWord(renamed.place())} with a tool of that place; then \`${again}\` does the rest.`,
  });
}

/** @throws {@link GuardError} when the series is not that of the row; without one, when it is another machine's. */
async function refuseOthers(series: Series, row: Row | undefined, machine = thisMachine()): Promise<void> {
  if (row !== undefined) return await refuseStranger(series, row, machine);
  const owner = await readOwner(series);
  if (owner === undefined || isSameMachine(owner, { host: machine.host, machine: machine.id })) return;
  throw new GuardError(
    'owner',
    `Series "${series.place()}" belongs to "${owner.source}" on ${owner.host}; nothing was done`,
    'Rename it on that machine, whose plan is to know of it.',
  );
}

/** Has the folder, and then the plan, take the new name, while nobody else is at work there. */
async function move(
  present: Series,
  renamed: Series,
  from: string,
  rewrite: PlanRewrite | string | undefined,
  { note }: RenameOptions,
): Promise<void> {
  const lock = await SeriesLock.acquire(present);
  try {
    const reader = await findReader(present);
    if (reader !== undefined) {
      throw new SnapshotError('E_LOCKED', `Series "${present.place()}" is read by ${holderText(reader)}`, {
        hint: 'Nothing was done. Try again when that is done.',
      });
    }
    await addFormerName(present, from);
    await lock.check();
    if (present !== renamed) {
      await lock.moveTo(renamed, async () => {
        if (!(await present.store.renameFolder(from, renamed.name))) throw cannotMove(present, renamed);
      });
    }
    if (rewrite instanceof PlanRewrite) await commit(rewrite);
  } finally {
    await lock.release(note);
  }
}

/** @throws {@link SnapshotError} that says what is done already. */
async function commit(rewrite: PlanRewrite): Promise<void> {
  try {
    await rewrite.commit();
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    const hint = 'The folder has its new name, the plan has not. Run this again: it does the rest.';
    throw new SnapshotError(error.code, error.message, { cause: error, hint });
  }
}

/** What this machine knows of the series, it knows by its new name. */
async function remember(
  { store, name }: Series,
  from: string,
  plan: Plan | undefined,
  { memory, note }: RenameOptions,
): Promise<void> {
  try {
    await moveSeries(memory, store.label, from, name);
    if (plan !== undefined) await renameKnownRow(memory, plan.file, store.label, from, name);
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    note(`this machine will not remember it: ${error.message}`);
  }
}
