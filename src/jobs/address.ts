// How users name a series and a snapshot.
import { addressKind } from '../base/address.ts';
import { formatCountOf } from '../base/amounts.ts';
import { printable, SnapshotError, systemCode } from '../base/errors.ts';
import { thisStateFolder } from '../host/state-folder.ts';
import { nearest } from '../plan/nearest.ts';
import type { Plan, Row } from '../plan/plan.ts';
import { together } from '../plan/together.ts';
import { Series, type Survey } from '../series/series.ts';
import { labelOf } from '../store/open-store.ts';
import { type Nearest, nearestOf } from './destinations/nearest.ts';
import { seriesName, seriesOf, seriesThere } from './store-of.ts';
import { Memory, type Recall } from './status/memory.ts';
import { goneFrom } from './status/gone-series.ts';
import { goneRows, knownName } from './status/plan-memory.ts';
import { formatLocal, lastInstant, localOffset, parseMoment, parseRelative } from './moment.ts';
import {
  folderAt,
  holdsSeries,
  seriesAt,
  seriesBelow,
  seriesBelowAddress,
  splitAddress,
} from './series-at.ts';

/** The series of all rows of a plan, each once. */
export function seriesOfPlan(plan: Plan): readonly Series[] {
  return plan.rows.map((row) => seriesOf(row));
}

/** The folders of this machine in which a plan has its series; none without a plan. */
export function seriesFolders(plan: Plan | undefined): readonly string[] {
  const rows = plan?.rows.filter(({ strategy }) => strategy !== 'sync') ?? [];
  return rows.map(({ destination }) => destination).filter((place) => addressKind(place) === undefined);
}

/** The row of `plan` that makes `series`; undefined when none does. */
export function rowOf(series: Series, plan: Plan): Row | undefined {
  const label = labelOf(series.store.label);
  return plan.rows.find((row) => {
    const { destination, name, strategy } = row;
    if (strategy === 'sync') return seriesOf(row).store.label === series.store.label;
    return seriesName({ name, strategy }) === series.name && labelOf(destination) === label;
  });
}

/**
 * The series that a user means: a name from the plan, or the path of a series' folder. Without a plan, a folder
 * of that name here.
 *
 * @param loadPlan - Called only when `which` is no path: a new machine has no plan.
 * @param recall - What this machine knows: the folder of a series that it has run is not there while its disk is away.
 * @throws {@link SnapshotError} `E_USAGE` when there is no such series, or more than one.
 */
export async function findSeries(
  which: string,
  loadPlan: () => Promise<Plan>,
  recall: Recall,
): Promise<Series> {
  const found = await findRows(which, loadPlan, recall);
  if (found instanceof Series) return found;
  const [series, ...others] = found.map((row) => seriesOf(row));
  if (series !== undefined && others.length === 0) return series;
  throw new SnapshotError('E_USAGE', `There is more than one series called \`${which}\``, {
    hint: `Name its folder: ${[series, ...others].map((one) => one?.place()).join(', ')}.`,
  });
}

/** As {@link findSeries}, to be read: of a row with several destinations, the nearest one. @throws E_STORE when none can be read. */
export async function findNearest(
  which: string,
  loadPlan: () => Promise<Plan>,
  recall: Recall,
): Promise<Nearest> {
  const found = await findRows(which, loadPlan, recall);
  if (found instanceof Series) return { series: found, others: [] };
  const [rows, ...more] = together(found);
  if (rows !== undefined && rows.length > 1 && more.length === 0) return await nearestOf(rows, recall);
  return { series: await findSeries(which, loadPlan, recall), others: [] };
}

/**
 * As {@link findEach}; a folder or an address that is no series, and holds some, stands for all of them.
 *
 * @param which - Undefined: all of the plan, and behind them those that it has no more.
 */
export async function findAll(
  which: string | undefined,
  loadPlan: () => Promise<Plan>,
  recall: Recall,
): Promise<readonly Series[]> {
  if (which === undefined) {
    const plan = await loadPlan();
    return [...seriesOfPlan(plan), ...(await goneSeries(plan))];
  }
  const isFar = addressKind(which) !== undefined;
  const below = isFar
    ? await seriesBelowAddress(which)
    : isPath(which)
      ? await seriesBelow(which, recall)
      : [];
  return below.length > 0 ? below : await findEach(which, loadPlan, recall);
}

/** As {@link findSeries}: of a row with several destinations, all. */
export async function findEach(
  which: string,
  loadPlan: () => Promise<Plan>,
  recall: Recall,
): Promise<readonly Series[]> {
  const found = await findRows(which, loadPlan, recall);
  if (!(found instanceof Series) && together(found).length === 1) return found.map((row) => seriesOf(row));
  return [await findSeries(which, loadPlan, recall)];
}

function isPath(which: string): boolean {
  return addressKind(which) === undefined && (/[/\\]/.test(which) || which === '.' || which === '..');
}

/** The series that a path or an address names; else the rows of the plan that are called so, one at least. */
async function findRows(
  which: string,
  loadPlan: () => Promise<Plan>,
  recall: Recall,
): Promise<Series | readonly Row[]> {
  if (addressKind(which) !== undefined) {
    const { destination, name } = splitAddress(which);
    return await seriesThere(destination, name);
  }
  if (isPath(which)) return await seriesAt(which, recall);
  let plan: Plan;
  try {
    plan = await loadPlan();
  } catch (error) {
    const isMissing = error instanceof SnapshotError && systemCode(error.cause) === 'ENOENT';
    const folder = isMissing ? await folderAt(which) : undefined;
    if (folder === undefined || !(await holdsSeries(folder))) throw error;
    return await seriesAt(which, recall);
  }
  const rows = plan.rows.filter(({ name }) => name === which);
  if (rows.length === 0) {
    const known = await whereKnown(async () => await goneRows(new Memory(thisStateFolder()), plan));
    const [gone, ...others] = known.filter(({ name }) => name === which);
    if (gone !== undefined && others.length === 0)
      return await seriesThere(gone.destination, knownName(gone));
    const names = [...new Set(plan.rows.map(({ name }) => name))];
    const match = nearest(which, names);
    const there = match === undefined ? `There are: ${names.join(', ')}.` : `Did you mean \`${match}\`?`;
    throw new SnapshotError('E_USAGE', `No row of "${plan.file}" is called \`${printable(which)}\``, {
      hint: `${there} A path with a slash names a series' folder.`,
    });
  }
  return rows;
}

/** As {@link goneFrom} says. */
export async function goneSeries(plan: Plan): Promise<readonly Series[]> {
  return (await whereKnown(async () => await goneFrom(plan))).map(({ series }) => series);
}

/** What cannot be read says nothing. */
async function whereKnown<T>(look: () => Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    return [];
  }
}

/** A snapshot, as far as choosing one takes it. */
export interface Candidate {
  readonly name: string;
  readonly at: Date;
}

/**
 * The snapshot that a user means by `when`: `latest` or nothing, `latest~2` two before it, the name of one or its unique
 * start, or a date or time, also as `yesterday` or `2d` for two days ago: the newest at or before it.
 *
 * @param offsetAt - The clock on the wall, see {@link lastInstant}.
 * @throws {@link SnapshotError} `E_USAGE` that lists the candidates; `E_DAMAGED` when it is a damaged one's name.
 */
export function chooseSnapshot<T extends Candidate>(
  survey: Pick<Survey, 'unfinished' | 'kept' | 'damaged'> & { readonly snapshots: readonly T[] },
  when: string | undefined,
  offsetAt: (ms: number) => number = localOffset,
  now: Date = new Date(),
): T {
  const { snapshots, unfinished, kept, damaged } = survey;
  const newest = snapshots.at(-1);
  const asked = when?.trim() ?? 'latest';
  if (newest === undefined && ![...unfinished, ...kept].includes(asked)) {
    if (damaged[0] !== undefined) throw damaged[0].error;
    throw new SnapshotError('E_USAGE', 'The series has no snapshot');
  }
  if (newest !== undefined && asked.toLowerCase() === 'latest') return newest;
  const [, back] = /^latest~(\d{1,6})$/i.exec(asked) ?? [];
  if (back !== undefined) {
    const found = snapshots.at(-1 - Number(back));
    if (found !== undefined) return found;
    throw noSuch(`There are ${formatCountOf(snapshots.length, 'snapshot')}, and no \`${asked}\``, snapshots);
  }
  const moment = parseRelative(asked, now.getTime(), offsetAt) ?? parseMoment(asked);
  if (moment === 'invalid') throw noSuch(`\`${printable(asked)}\` is no date that there is`, snapshots);
  if (moment !== undefined) {
    const lastMs = lastInstant(moment, offsetAt);
    const found = snapshots.findLast(({ at }) => at.getTime() <= lastMs);
    if (found !== undefined) return found;
    throw noSuch(`There is no snapshot at or before \`${asked}\``, snapshots);
  }
  const [found, ...more] = asked === '' ? [] : snapshots.filter(({ name }) => name.startsWith(asked));
  if (found !== undefined && more.length === 0) return found;
  if (found !== undefined) throw noSuch(`\`${asked}\` is the start of several snapshots`, [found, ...more]);
  const broken = damaged.find(({ name }) => name === asked);
  if (broken !== undefined) throw broken.error;
  if (unfinished.includes(asked))
    throw noSuch(`\`${asked}\` is unfinished: its run was cut short`, snapshots);
  if (kept.includes(asked)) {
    throw noSuch(`\`${asked}\` is no snapshot any more: only what others need lies there`, snapshots);
  }
  throw noSuch(`There is no snapshot \`${printable(asked)}\``, snapshots);
}

const MOST_SHOWN = 10;

function noSuch(message: string, candidates: readonly Candidate[]): SnapshotError {
  const newestFirst = candidates.toReversed();
  const shown = newestFirst.slice(0, MOST_SHOWN).map(({ name, at }) => `${name}  ${formatLocal(at)}`);
  const rest = newestFirst.length - shown.length;
  const lines = ['There are, with local time:', ...shown, ...(rest > 0 ? [`and ${rest} older ones`] : [])];
  return new SnapshotError('E_USAGE', message, { hint: lines.join('\n  ') });
}
