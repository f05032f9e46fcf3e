// A row with several destinations: it is run at the one that has the newest state, and the others are brought up.
import { SnapshotError } from '../../base/errors.ts';
import type { WorkerPool } from '../../pack/pool.ts';
import type { Row } from '../../plan/plan.ts';
import type { Together } from '../../plan/together.ts';
import { whileShared } from '../../series/lock/shared-lock.ts';
import { type Numbers, numbersOf } from '../../series/order.ts';
import type { Snapshot, Survey } from '../../series/series.ts';
import { alone } from '../copy/alone.ts';
import { FilesThere } from '../copy/files-there.ts';
import type { RowEnd } from '../events.ts';
import { AtDestination } from '../run/at-destination.ts';
import type { RowOptions } from '../run/row-context.ts';
import type { Settled } from '../run/run-options.ts';
import { isRefusal } from '../run/whose.ts';
import { isRun } from '../../series/past.ts';
import { knownPast } from '../status/known-past.ts';
import type { Memory, Recall } from '../status/memory.ts';
import { bringTo, sourcesFor } from './bring.ts';
import { chooseFor } from './choose.ts';
import { follow } from './follow.ts';
import { highest, numbersGiven, rememberNumbers } from './numbers.ts';
import { compareNewest, lookAt, newestFirst, type Place, sortOut } from './places.ts';

/** @returns How it ended at each destination, in the order of the plan. */
export async function runTogether(
  rows: Together<Row>,
  pool: WorkerPool,
  options: Settled,
): Promise<readonly RowEnd[]> {
  const all = rows.map((row) => new AtDestination(row, options));
  const there: Place[] = [];
  for (const [i, at] of all.entries()) {
    const place = (await at.reach(i === 0)) ? await lookAt(at, options) : undefined;
    if (place !== undefined) there.push(place);
  }
  const { own, related } = await sortOut(there, options);
  const numbers = await numbersGiven(all, there, options.memory);
  const places = newestFirst(own);
  const lackedElsewhere = await lacked([...places, ...related], options.memory, numbers);
  const base = await runAtFirst(places, pool, options, { numbers, lackedElsewhere });
  if (base !== undefined) {
    const known = [...places, ...related];
    for (const { at } of known.filter((place) => place !== base && place.at.end === undefined)) {
      const from = sourcesFor(at, [base, ...known.filter((place) => place !== base)]);
      if (from !== undefined) await follow(at, base.at, from, { ...options, lackedElsewhere });
    }
    if (!options.dryRun) await remember(base, known, options, numbers);
  }
  const ends: RowEnd[] = [];
  for (const at of all) ends.push(await at.finish());
  return ends;
}

/** Names of snapshots that some place is to have, has not, and can get from another. */
async function lacked(
  places: readonly Place[],
  memory: Memory | undefined,
  numbers: Numbers,
): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const place of places) {
    const { at, survey } = place;
    const others = places.filter((one) => one !== place);
    const missing = missingThere(survey, others);
    const [from] = others;
    if (from === undefined || missing.length === 0) continue;
    try {
      // One that is full does not fill the others, too: it had its chance.
      if (await hasFailed(at, memory, numbers)) continue;
      const wanted = await chooseFor(at.row, at.series, from.at.series, missing, survey, at.started);
      for (const { name } of wanted) names.add(name);
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      // It is told when it is to be brought up.
    }
  }
  return names;
}

/** Whether the last run was there, and failed: one that was away had no chance to take what it lacks. */
async function hasFailed(
  { row, series, started }: AtDestination,
  memory: Memory | undefined,
  { sequence }: Numbers,
): Promise<boolean> {
  const recall: Recall = async (place) => await memory?.find(place);
  const known = (await recall(row.destination))?.series.find(({ name }) => name === row.name);
  if (memory !== undefined && (known?.numbers?.sequence ?? 0) < sequence) return false;
  const { records } = await knownPast({ series, everyMs: row.every, row }, started, recall);
  return records.findLast(isRun)?.outcome === 'failed';
}

/** Runs the row at the first of `places` that lets it. @returns That one; undefined when none does. */
async function runAtFirst(
  places: readonly Place[],
  pool: WorkerPool,
  options: Settled,
  others: Pick<RowOptions, 'numbers' | 'lackedElsewhere'>,
): Promise<Place | undefined> {
  let failed: Place | undefined;
  for (const place of places) {
    const rest = places.filter((one) => one !== place && (one === failed || one.at.end === undefined));
    await makeReady(place, failed, rest, options);
    await place.at.run(pool, others);
    if (!isOfPlace(place.at.end)) return place;
    failed = place;
  }
  return undefined;
}

/** Whether it is the destination that kept the row from being run, and not its source, or its user. */
function isOfPlace(end: RowEnd | undefined): boolean {
  const code = end?.error?.code ?? '';
  if (['E_SPACE', 'E_STORE', 'E_AWAY', 'E_AUTH', 'E_DAMAGED'].includes(code)) return true;
  return (
    end !== undefined &&
    (isRefusal(end.guards) || end.guards.some(({ guard }) => guard === 'free-space' && end.error !== null))
  );
}

/** Brings a place up before the row is run there: it may lack what others have, or need mending. */
async function makeReady(
  place: Place,
  failed: Place | undefined,
  others: readonly Place[],
  options: Settled,
): Promise<void> {
  const { at, survey } = place;
  const from = sourcesFor(
    at,
    failed === undefined ? others : [failed, ...others.filter((one) => one !== failed)],
  );
  if (from === undefined || options.dryRun) return;
  const note = (message: string): void => at.reporter.note(message);
  try {
    const lacks = missingThere(survey, others);
    const wanted = await chooseFor(at.row, at.series, from[0], lacks, survey, at.started);
    const isWhole = (await FilesThere.look(at.series, survey.snapshots)).bad().length === 0;
    if (wanted.length === 0 && isWhole) return;
    const isOlder = failed !== undefined && compareNewest(place, failed) < 0;
    const brought = await whileShared(
      from[0],
      note,
      async () =>
        await alone(
          at.series,
          options.signal,
          note,
          async (held) => await bringTo(at, from, options, held, isOlder),
        ),
    );
    if (brought.copied.length > 0) note(`caught up: ${brought.copied.join(', ')}`);
    if (brought.mended.length > 0) note(`mended from another destination: ${brought.mended.join(', ')}`);
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    // The row can be run there all the same: what is missing or damaged there stays so for now.
    note(`it could not be brought up from another destination: ${error.message}`);
  }
}

function missingThere({ snapshots }: Survey, others: readonly Place[]): readonly Snapshot[] {
  const names = new Set(snapshots.map(({ name }) => name));
  const all = others.flatMap(({ survey }) => survey.snapshots);
  const missing = all.filter(({ name }) => !names.has(name));
  return [...new Map(missing.map((one) => [one.name, one])).values()];
}

/** What was given by now is remembered for all that are there. */
async function remember(
  base: Place,
  places: readonly Place[],
  options: Settled,
  before: Numbers,
): Promise<void> {
  try {
    const { snapshots } = await base.at.series.survey(base.at.started);
    const numbers = highest(before, numbersOf(snapshots));
    for (const { at } of places)
      await rememberNumbers(options.memory, at, numbers, (message) => at.reporter.note(message));
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    base.at.reporter.note(`this machine will not remember the numbers of this run: ${error.message}`);
  }
}
