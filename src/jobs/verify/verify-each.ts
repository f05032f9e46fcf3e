// Verifies series after series, of whichever kind each is: one that cannot be looked into does not end it for the others.
import { EXIT_STATUS, gravestStatus, SnapshotError } from '../../base/errors.ts';
import { thisStateFolder } from '../../host/state-folder.ts';
import type { Plan, Row } from '../../plan/row.ts';
import { rowLabel } from '../../plan/row-label.ts';
import type { Series } from '../../series/series.ts';
import { rowOf } from '../address.ts';
import { orFailure, type SeriesFailure } from '../or-failure.ts';
import { outOfReach } from '../reach.ts';
import { whatAndWayOut } from '../run/previous.ts';
import { Memory, type Recall } from '../status/memory.ts';
import { rememberLog } from '../status/remember-log.ts';
import { recordVerify } from './record-verify.ts';
import { unseenEnd } from './unseen-end.ts';
import type { VerifyEnd, VerifyEvent, VerifyReport } from './verify-events.ts';
import { verifyStored } from './verify-stored.ts';
import { levelOf, nothingEnd, type Verdict, verify, type VerifyOptions } from './verify.ts';

export interface VerifyEachOptions extends VerifyOptions {
  /** Restores the newest snapshot for trial, or those that `at` names. */
  readonly drill: boolean;
  /** Writes anew what can be, and verifies again. */
  readonly repair: boolean;
  /** Somebody has named what is verified: it has to be able to do what is asked. */
  readonly isNamed: boolean;
}

/**
 * How each of `all` was found, one after the other; it is noted in its log, and remembered. Events are told with the label of the
 * series, and the end as the last one of each.
 *
 * @param plan - What rows are known.
 * @throws {@link SnapshotError} When the only one cannot be looked into; and `E_STOPPED`.
 */
export async function* verifyEach(
  all: readonly Series[],
  plan: Plan | undefined,
  options: VerifyEachOptions,
  recall: Recall,
): AsyncGenerator<VerifyEnd> {
  const titles = all.map(({ title: name }) => ({ name }));
  for (const series of all) {
    const label = rowLabel({ name: series.title, destination: series.store.label }, titles);
    const report = (event: VerifyEvent): void => options.report({ ...event, series: label });
    const wanted = { ...options, report };
    const row = plan && rowOf(series, plan);
    const found = await orFailure(
      series,
      all.length > 1,
      async () => await verifyOne(series, row, wanted, recall),
    );
    const end = { ...('error' in found ? failedEnd(found, options) : found), series: label };
    report(end);
    yield end;
  }
}

async function verifyOne(
  series: Series,
  row: Row | undefined,
  options: VerifyEachOptions,
  recall: Recall,
): Promise<VerifyEnd> {
  const { drill, repair, report } = options;
  const out = await outOfReach(series, row, recall, new Date());
  if (out !== undefined) return unseenEnd(series, options, out, row);
  if (!series.hasSnapshots) return await verifyPlain(series, row, options);
  const started = new Date();
  const found = await orKeyless(series, options, async () => await verify(series, options));
  if (found instanceof SnapshotError) {
    report({ event: 'note', series: series.name, message: whatAndWayOut(found) });
    return await verifyStored(series, options);
  }
  const isMended = repair && (await repairAll(series, found, options));
  const verdict = isMended ? await verify(series, options) : found;
  await recordVerify(series, verdict, options, started);
  const drilled = drill ? await drillAll(series, verdict, options) : [];
  await remember(series, report);
  // A row that is switched off may well have no snapshots.
  const isWrong = verdict.end.nothing !== undefined && row?.active !== false;
  return { ...verdict.end, status: gravestStatus([verdict.end.status, isWrong ? 1 : 0, ...drilled]) };
}

/**
 * A mirror or a pair. What is about snapshots is for the other rows of the plan, and no reason to look into it less.
 *
 * @throws {@link SnapshotError} `E_USAGE` when that is asked of it by name.
 */
async function verifyPlain(
  series: Series,
  row: Row | undefined,
  { isNamed, drill, repair, at, sample, signal, report, ...options }: VerifyEachOptions,
): Promise<VerifyEnd> {
  // A sample of what a mirror holds is none.
  const level = sample === undefined ? options.level : 'quick';
  if (isNamed && (drill || repair || at !== undefined || sample !== undefined)) {
    const what = series.isMirror ? 'mirror' : 'pair that is synced';
    const message = `\`${series.title}\` is a ${what}: --drill, --repair, --at and --sample are about snapshots`;
    throw new SnapshotError('E_USAGE', message, { hint: 'A run puts right what differs.' });
  }
  // A pair is known by its row alone.
  if (!series.isMirror && row !== undefined) {
    const { verifyPair } = await import('../sync/verify-pair.ts');
    return await verifyPair(row, { level, signal, report });
  }
  const { verifyMirror } = await import('../mirror/verify-mirror.ts');
  const end = await verifyMirror(series, { level, signal, report });
  await remember(series, report);
  return end;
}

/** For when the disk is away: what the log says now. */
async function remember(series: Series, report: VerifyReport): Promise<void> {
  await rememberLog(series, new Memory(thisStateFolder()), new Date(), (message) =>
    report({ event: 'note', series: series.name, message }),
  );
}

/** What `work` comes to; or that there is no key, where what is stored can be looked at all the same. */
async function orKeyless(
  series: Series,
  { drill, repair }: VerifyEachOptions,
  work: () => Promise<Verdict>,
): Promise<Verdict | SnapshotError> {
  try {
    return await work();
  } catch (error) {
    const isKeyless = error instanceof SnapshotError && error.code === 'E_KEY';
    if (!isKeyless || drill || repair || series.store.files !== undefined) throw error;
    return error;
  }
}

function failedEnd({ series, error }: SeriesFailure, options: VerifyOptions): VerifyEnd {
  return nothingEnd(series, levelOf(options), whatAndWayOut(error), EXIT_STATUS[error.code]);
}

/** Repairs what can be. @returns Whether anything was: then the series is to be verified again. */
async function repairAll(
  series: Series,
  { findings }: Verdict,
  { signal, report }: VerifyOptions,
): Promise<boolean> {
  const { repair } = await import('../repair/repair.ts');
  const { REPAIRABLE } = await import('../repair/repair-aside.ts');
  const names = findings.snapshotsWith(new Set(REPAIRABLE));
  if (names.length === 0) return false;
  const repaired = await repair(series, names, signal);
  for (const event of repaired) report(event);
  return repaired.some(({ outcome }) => outcome === 'repaired');
}

/** Drills the snapshots that `at` names, or the newest. @returns What each adds to the exit status. */
async function drillAll(
  series: Series,
  { survey, names, findings }: Verdict,
  { signal, report, level, sample, at }: VerifyOptions,
): Promise<readonly number[]> {
  const { drill } = await import('../drill/drill.ts');
  const known = survey.snapshots.filter(({ name }) => names.includes(name));
  const statuses: number[] = [];
  const chosen = at === undefined ? known.slice(-1) : known;
  for (const [i, snapshot] of chosen.entries()) {
    if (findings.touches(snapshot.name)) {
      const message = `no drill of ${snapshot.name}, as it is damaged`;
      report({ event: 'note', series: series.name, message });
      continue;
    }
    report({ event: 'progress', series: series.name, phase: 'drill', done: i, total: chosen.length });
    const note = (message: string): void => report({ event: 'note', series: series.name, message });
    const end = await drill(series, snapshot, signal, note);
    report(end);
    statuses.push(end.result === 'passed' ? 0 : 1);
    if (end.result === 'passed' || (level === 'full' && sample === undefined)) continue;
    // It says that something is damaged. What that is, so that a run can write it again, only reading tells.
    const full: VerifyOptions = { at: snapshot.name, level: 'full', signal, report };
    const started = new Date();
    await recordVerify(series, await verify(series, full), full, started);
  }
  return statuses;
}
