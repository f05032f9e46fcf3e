// How users name a series and a snapshot.
import { realpath } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { printable, SnapshotError, systemCode } from '../errors.ts';
import { nearest } from '../plan/nearest.ts';
import type { Plan, Row } from '../plan/plan.ts';
import { snapshotTime } from '../snapshot/names.ts';
import { Series, type Snapshot, type Survey } from '../snapshot/series.ts';
import { LocalStore } from '../store/local-store.ts';
import { formatLocal, lastInstant, localOffset, parseMoment } from './moment.ts';

/** The series of all rows of a plan, each once. */
export function seriesOfPlan(plan: Plan): readonly Series[] {
  return plan.rows.map((row) => new Series(new LocalStore(row.destination), row.name));
}

/** The row of `plan` that makes `series`; undefined when none does. */
export function rowOf(series: Series, plan: Plan): Row | undefined {
  const folder = resolve(series.place());
  return plan.rows.find(({ destination, name }) => resolve(destination, name) === folder);
}

/**
 * The series that a user means: a name from the plan, or the path of a series' folder. Without a plan, a folder
 * of that name here.
 *
 * @param loadPlan - Called only when `which` is no path: a new machine has no plan.
 * @throws {@link SnapshotError} `E_USAGE` when there is no such series, or more than one.
 */
export async function findSeries(which: string, loadPlan: () => Promise<Plan>): Promise<Series> {
  if (/[/\\]/.test(which) || which === '.' || which === '..') return await seriesAt(which);
  let plan: Plan;
  try {
    plan = await loadPlan();
  } catch (error) {
    const isMissing = error instanceof SnapshotError && systemCode(error.cause) === 'ENOENT';
    if (!isMissing || (await folderAt(which)) === undefined) throw error;
    return await seriesAt(which);
  }
  const [series, ...others] = seriesOfPlan(plan).filter(({ name }) => name === which);
  if (series === undefined) {
    const names = [...new Set(plan.rows.map(({ name }) => name))];
    const match = nearest(which, names);
    const known = match === undefined ? `There are: ${names.join(', ')}.` : `Did you mean \`${match}\`?`;
    throw new SnapshotError('E_USAGE', `No row of "${plan.file}" is called \`${printable(which)}\``, {
      hint: `${known} A path with a slash names a series' folder.`,
    });
  }
  if (others.length === 0) return series;
  throw new SnapshotError('E_USAGE', `There is more than one series called \`${which}\``, {
    hint: `Name its folder: ${[series, ...others].map((one) => one.place()).join(', ')}.`,
  });
}

/** The folder that `path` names, links followed; undefined when there is none. */
async function folderAt(path: string): Promise<{ store: LocalStore; name: string } | undefined> {
  try {
    const folder = await realpath(path);
    const store = new LocalStore(dirname(folder));
    const item = (await store.list('')).find(({ name }) => name === basename(folder));
    return item?.isFolder === true ? { store, name: item.name } : undefined;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}

async function seriesAt(path: string): Promise<Series> {
  const found = await folderAt(path);
  if (found === undefined) {
    throw new SnapshotError('E_USAGE', `There is no folder "${printable(resolve(path))}"`);
  }
  const { store, name } = found;
  if (snapshotTime(name) !== undefined) {
    throw new SnapshotError('E_USAGE', `"${store.location}/${name}" is one snapshot, not a series`, {
      hint: `Name the series, and this snapshot of it: ${store.location} --at ${name}`,
    });
  }
  const inside = await snapshotsIn(store, name);
  if (inside.isSeries) return new Series(store, name);
  const nested = await seriesIn(store, name, inside.folders);
  if (nested.length === 0) return new Series(store, name);
  throw new SnapshotError('E_USAGE', `"${store.location}/${name}" is no series, but holds some`, {
    hint: `Name one of them: ${nested.map((one) => [store.location, name, one].join('/')).join(', ')}`,
  });
}

async function snapshotsIn(
  store: LocalStore,
  key: string,
): Promise<{ isSeries: boolean; folders: readonly string[] }> {
  const items = await store.list(key);
  const folders = items.flatMap(({ name, isFolder }) => (isFolder ? [name] : []));
  const isSeries =
    folders.some((name) => snapshotTime(name) !== undefined) ||
    items.some(({ name }) => name === 'runs.jsonl');
  return { isSeries, folders };
}

const MOST_SHOWN = 10;

async function seriesIn(
  store: LocalStore,
  key: string,
  folders: readonly string[],
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    if (found.length === MOST_SHOWN) break;
    if ((await snapshotsIn(store, `${key}/${folder}`)).isSeries) found.push(folder);
  }
  return found;
}

/**
 * The snapshot that a user means by `when`: `latest` or nothing, the name of one or its unique start, or a date or
 * time: the newest at or before it.
 *
 * @param offsetAt - The clock on the wall, see {@link lastInstant}.
 * @throws {@link SnapshotError} `E_USAGE` that lists the candidates; `E_DAMAGED` when it is a damaged one's name.
 */
export function chooseSnapshot(
  survey: Survey,
  when: string | undefined,
  offsetAt: (ms: number) => number = localOffset,
): Snapshot {
  const { snapshots, unfinished, damaged } = survey;
  const newest = snapshots.at(-1);
  if (newest === undefined) {
    if (damaged[0] !== undefined) throw damaged[0].error;
    throw new SnapshotError('E_USAGE', 'The series has no snapshot yet');
  }
  const asked = when?.trim() ?? 'latest';
  if (asked.toLowerCase() === 'latest') return newest;
  const moment = parseMoment(asked);
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
  throw noSuch(`There is no snapshot \`${printable(asked)}\``, snapshots);
}

function noSuch(message: string, candidates: readonly Snapshot[]): SnapshotError {
  const newestFirst = candidates.toReversed();
  const shown = newestFirst.slice(0, MOST_SHOWN).map(({ name, at }) => `${name}  ${formatLocal(at)}`);
  const rest = newestFirst.length - shown.length;
  const lines = ['There are, with local time:', ...shown, ...(rest > 0 ? [`and ${rest} older ones`] : [])];
  return new SnapshotError('E_USAGE', message, { hint: lines.join('\n  ') });
}
