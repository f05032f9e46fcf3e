import { DamagedError, SnapshotError } from '../../base/errors.ts';
import { lookedAgain, readDamage } from '../../series/damage/damage.ts';
import type { FileInfo } from '../../series/info.ts';
import { DAMAGE_FILE, INFO_FILE, snapshotTime } from '../../series/names.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import { isUnknown } from '../../series/survey.ts';
import { chooseSnapshot } from '../address.ts';
import { ArchiveShelf } from './verify-archives.ts';
import { type Extent, randomFrom } from './verify-extent.ts';
import type { Damage, VerifyEnd, VerifyReport } from './verify-events.ts';
import { checkSmallFiles, lineFiles } from './verify-files.ts';
import { Findings } from './verify-findings.ts';
import { IndexCheck } from './verify-index.ts';
import { findLosses } from './verify-losses.ts';
import { type Seen, sightOf, stillKnown } from './verify-sight.ts';
import { Files, surveyAll, type VerifySurvey, whatOf, withoutFile } from './verify-survey.ts';

export interface VerifyOptions {
  /** Which snapshot, see {@link chooseSnapshot}; all of them when undefined. */
  readonly at: string | undefined;
  /** `quick` reads no archive. */
  readonly level: 'quick' | 'full';
  /** Reads only so much of the archives, 0 to 1. */
  readonly sample?: { readonly share: number; readonly seed: number } | undefined;
  readonly signal: AbortSignal;
  readonly report: VerifyReport;
}

/** What verifying a series has found. */
export interface Verdict {
  readonly end: VerifyEnd;
  readonly findings: Findings;
  readonly survey: VerifySurvey;
  /** Names of the snapshots that were looked at. */
  readonly names: readonly string[];
  readonly seen: Seen;
}

/**
 * Proves that the snapshots of a series can give back what they say, or names what cannot.
 *
 * @throws {@link SnapshotError} `E_USAGE` when `at` names no snapshot.
 */
export async function verify(series: Series, options: VerifyOptions): Promise<Verdict> {
  const started = performance.now();
  const { report, signal } = options;
  await series.store.distrust?.();
  const files = new Files(series);
  const survey = await surveyAll(series, options.at);
  const names = chooseNames(survey, options.at);
  const wanted = new Set(names);
  for (const name of survey.unfinished) {
    const message = `${name} is unfinished, and no snapshot: a run is at work, or was cut short`;
    report({ event: 'note', series: series.name, message });
  }
  for (const name of survey.kept) {
    const message = `${name} is no snapshot, but others need what lies there`;
    report({ event: 'note', series: series.name, message });
  }
  const findings = new Findings();
  for (const { name, what } of survey.unreadable) {
    if (wanted.has(name)) findings.add(`${name}/${INFO_FILE}`, what, [name]);
  }
  const shelf = new ArchiveShelf();
  for (const snapshot of survey.snapshots)
    await shelf.add(series, files, snapshot, wanted.has(snapshot.name));
  const chosen = survey.snapshots.filter(({ name }) => wanted.has(name));
  const look = async (until: AbortSignal): Promise<void> => {
    for (const [i, snapshot] of chosen.entries()) {
      until.throwIfAborted();
      report({ event: 'progress', series: series.name, phase: 'look', done: i, total: chosen.length });
      await checkSmallFiles(series, files, snapshot, findings);
      await checkIndex(series, files, snapshot, shelf, i + 1, findings);
    }
    shelf.checkFiles(findings);
  };
  const readBytes = await together(signal, look, async (looked, until) =>
    readArchives(series, shelf, findings, { ...options, signal: until }, looked),
  );
  const gone = await goneSince(series, survey, findings);
  const by = levelOf(options);
  const seen: Seen = { by, snapshots: chosen, archives: shelf.wanted(), findings };
  const now = findings
    .damages(series.name)
    .filter(({ snapshots }) => !snapshots.every((name) => gone.has(name)));
  const damages = [...now, ...(await knownBefore(series, seen, options))];
  for (const damage of damages) report(damage);
  let lost = 0;
  for await (const loss of findLosses(series, shelf, survey.snapshots, wanted)) {
    if (gone.has(loss.snapshot)) continue;
    lost++;
    report(loss);
  }
  const end: VerifyEnd = {
    event: 'series',
    series: series.name,
    folder: series.place(),
    snapshots: names.length,
    archives: shelf.wanted().length,
    ...shelf.countPieces(),
    readBytes,
    damages: damages.length,
    lost,
    looked: by,
    ...(names.length === 0 && { nothing: 'it has no snapshots' }),
    seed: options.sample?.seed,
    durationMs: Math.round(performance.now() - started),
    status: damages.length + lost > 0 ? 1 : 0,
  };
  return { end, findings, survey, names, seen };
}

/** Looks, and reads meanwhile; where one of them fails, the other one is stopped. @returns What was read. */
async function together<T>(
  signal: AbortSignal,
  look: (until: AbortSignal) => Promise<void>,
  read: (looked: Promise<void>, until: AbortSignal) => Promise<T>,
): Promise<T> {
  const failed = new AbortController();
  const until = AbortSignal.any([signal, failed.signal]);
  const fail = (error: unknown): void => failed.abort(error);
  const looked = look(until);
  const reading = read(looked, until);
  looked.catch(fail);
  reading.catch(fail);
  await Promise.allSettled([looked, reading]);
  await looked;
  return await reading;
}

/** How a series ends at which there was nothing to look at. @param nothing - Why. */
export function nothingEnd(
  series: Series,
  looked: VerifyEnd['looked'],
  nothing: string,
  status: number,
): VerifyEnd {
  const none = { snapshots: 0, archives: 0, readPieces: 0, pieces: 0, readBytes: 0, damages: 0, lost: 0 };
  const of = { event: 'series', series: series.name, folder: series.place() } as const;
  return { ...of, ...none, looked, nothing, durationMs: 0, status };
}

/** How much is looked at. */
export function levelOf({
  level,
  sample,
}: Pick<VerifyOptions, 'level' | 'sample'>): 'quick' | 'sample' | 'full' {
  return level === 'full' && sample !== undefined ? 'sample' : level;
}

/** What is known from before, and was not looked at now. */
async function knownBefore(
  series: Series,
  seen: Seen,
  { at }: Pick<VerifyOptions, 'at'>,
): Promise<readonly Damage[]> {
  const { flaws, trouble } = await readDamage(series);
  if (trouble !== undefined && (seen.by !== 'full' || at !== undefined)) {
    const what = withoutFile(trouble);
    const snapshots = seen.snapshots.map(({ name }) => name);
    return [{ event: 'damage', series: series.name, file: DAMAGE_FILE, what, snapshots }];
  }
  const sight = sightOf(seen, await series.survey(), new Date());
  return stillKnown(series.name, lookedAgain(flaws, sight), sight, seen.snapshots);
}

/** The names of all snapshots, oldest first, or that of the one which `at` means; unreadable ones count too. */
function chooseNames(
  { snapshots, unreadable, unfinished, kept }: VerifySurvey,
  at: string | undefined,
): readonly string[] {
  const lost = unreadable.flatMap(({ name }) => {
    const time = snapshotTime(name);
    return time === undefined ? [] : [{ name, at: time }];
  });
  const all = [...snapshots, ...lost].toSorted((a, b) => a.at.getTime() - b.at.getTime());
  if (at === undefined) return all.map(({ name }) => name);
  return [chooseSnapshot({ snapshots: all, unfinished, kept, damaged: [] }, at).name];
}

async function checkIndex(
  series: Series,
  files: Files,
  snapshot: Snapshot,
  shelf: ArchiveShelf,
  round: number,
  findings: Findings,
): Promise<void> {
  const { name, info } = snapshot;
  const place = `${name}/${INFO_FILE}`;
  const check = new IndexCheck(series, snapshot, shelf.of(name), round, (what) =>
    findings.add(`${name}/${info.changes === null ? info.index.file : info.changes.file}`, what, [name]),
  );
  try {
    await check.run((what) => findings.add(place, what, [name]));
  } catch (error) {
    if (!(error instanceof SnapshotError) || isUnknown(error)) throw error;
    shelf.lacksIndex(name);
    let isTold = false;
    // The first one that cannot be read hides the others.
    for (const file of lineFiles(info)) {
      const what = await troubleOf(error, series, name, file);
      if (what === undefined) continue;
      isTold = true;
      const key = series.keyOf(name, file);
      const item = await files.find(key);
      // One that is missing, or of another size, is told already.
      if (item?.sizeBytes !== file.bytes) continue;
      const { identity } = item;
      findings.add(key.slice(series.name.length + 1), what, [name], { identity });
    }
    if (!isTold) throw error;
  }
}

/** What is wrong with `file`: `error`, which says that it is about it, or what keeps it from being read. */
async function troubleOf(
  error: SnapshotError,
  series: Series,
  snapshot: string,
  file: FileInfo,
): Promise<string | undefined> {
  const isAbout = error instanceof DamagedError && error.where === series.placeOf(snapshot, file);
  if (isAbout) return error.what;
  try {
    await series.lines(snapshot, file);
    return undefined;
  } catch (failure) {
    if (!(failure instanceof SnapshotError) || isUnknown(failure)) throw failure;
    return whatOf(failure);
  }
}

/** @returns How many bytes were read. */
async function readArchives(
  series: Series,
  shelf: ArchiveShelf,
  findings: Findings,
  { level, sample, signal, report }: VerifyOptions,
  looked: Promise<void>,
): Promise<number> {
  const sizes = new Map(shelf.wanted().map(({ key, item }) => [key, item?.sizeBytes ?? 0]));
  const total = level === 'full' ? [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0) : 0;
  let done = 0;
  let isLooking = true;
  const lookedAt = (): void => void (isLooking = false);
  looked.then(lookedAt, lookedAt);
  const progress = (bytes: number): void => {
    done += bytes;
    if (isLooking) return;
    const most = Math.max(done, Math.round(total * (sample?.share ?? 1)));
    report({ event: 'progress', series: series.name, phase: 'read', done, total: most });
  };
  const read = async (key: string, offset: number, length: number): Promise<Buffer> =>
    await series.store.readRange(key, offset, length, signal);
  await shelf.read(series, extentOf(level, sample), findings, { signal, progress, read }, looked);
  return done;
}

function extentOf(level: VerifyOptions['level'], sample: VerifyOptions['sample']): Extent {
  if (level === 'quick') return { kind: 'none' };
  if (sample === undefined) return { kind: 'all' };
  return { kind: 'sample', share: sample.share, random: randomFrom(sample.seed) };
}

/** Snapshots that a run has rotated out meanwhile: nothing of them is damaged. */
async function goneSince(
  series: Series,
  before: VerifySurvey,
  findings: Findings,
): Promise<ReadonlySet<string>> {
  if (findings.count === 0) return new Set();
  const { snapshots, damaged } = await series.survey();
  const there = new Set([...snapshots, ...damaged].map(({ name }) => name));
  return new Set(before.snapshots.flatMap(({ name }) => (there.has(name) ? [] : [name])));
}
