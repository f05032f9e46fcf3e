import { randomInt } from 'node:crypto';
import { EXIT_STATUS, gravestStatus, SnapshotError } from '../../base/errors.ts';
import { findAll, rowOf } from '../../jobs/address.ts';
import { outOfReach } from '../../jobs/reach.ts';
import { whatAndWayOut } from '../../jobs/run/previous.ts';
import { Memory } from '../../jobs/status/memory.ts';
import { recordVerify } from '../../jobs/verify/record-verify.ts';
import { rememberLog } from '../../jobs/status/remember-log.ts';
import { levelOf, nothingEnd, type Verdict, verify, type VerifyOptions } from '../../jobs/verify/verify.ts';
import { unseenEnd } from '../../jobs/verify/unseen-end.ts';
import { verifyStored } from '../../jobs/verify/verify-stored.ts';
import type { VerifyEnd, VerifyEvent } from '../../jobs/verify/verify-events.ts';
import { loadPlan, type Plan, type Row } from '../../plan/plan.ts';
import { rowLabel } from '../../plan/row-label.ts';
import type { Series } from '../../series/series.ts';
import { type NoticeOptions, openChannels } from '../../jobs/nightly/open-channels.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { thisStateFolder } from '../../host/state-folder.ts';
import { recallFor } from '../state.ts';
import { stopSignal } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';
import { orFailure, type SeriesFailure } from '../views/series-failure.ts';
import { verifyView } from '../views/verify-view.ts';

export interface VerifyCommandOptions extends CommonOptions, NoticeOptions {
  readonly series: string | undefined;
  readonly at: string | undefined;
  readonly level: 'quick' | 'full' | undefined;
  readonly sample: string | undefined;
  readonly seed: number | undefined;
  readonly drill: boolean;
  readonly repair: boolean;
  readonly notifyOn: 'always' | 'trouble';
}

export async function verifyCommand(options: VerifyCommandOptions, terminal: Terminal): Promise<number> {
  const channels = await openChannels(options, process.env);
  const ends: VerifyEnd[] = [];
  const tell = async (status: number, error?: Error): Promise<void> => {
    if (channels.length === 0) return;
    const { tellVerify } = await import('../../jobs/verify/tell-verify.ts');
    await tellVerify(channels, options.notifyOn, { ends, status, error }, (message) =>
      terminal.err(`warning: ${message}`),
    );
  };
  try {
    const status = await verifyEach(options, terminal, ends);
    await tell(status);
    return status;
  } catch (error) {
    if (error instanceof SnapshotError) await tell(EXIT_STATUS[error.code], error);
    throw error;
  }
}

/** @param ends - Gets how each series was found. */
async function verifyEach(
  options: VerifyCommandOptions,
  terminal: Terminal,
  ends: VerifyEnd[],
): Promise<number> {
  const sample = checkedSample(options);
  const level = options.level ?? (sample === undefined ? 'quick' : 'full');
  let known: Plan | undefined;
  const plan = async (): Promise<Plan> => (known = await loadPlan(options.plan));
  const recall = recallFor(terminal);
  const all = await findAll(options.series, plan, recall);
  const view = verifyView(options, terminal);
  const stop = stopSignal(() => terminal.err('stopping; once more ends it at once'));
  const memory = new Memory(thisStateFolder());
  let label = '';
  const tell = (event: VerifyEvent): void => view.event({ ...event, series: label });
  try {
    const { at } = options;
    const verifyOptions: VerifyOptions = {
      at,
      level,
      sample,
      signal: stop.signal,
      report: (event) => tell(event),
    };
    const verifyOne = async (series: Series): Promise<VerifyEnd> => {
      const row = known && rowOf(series, known);
      const out = await outOfReach(series, row, recall, new Date());
      if (out !== undefined) return unseenEnd(series, verifyOptions, out, row);
      if (!series.hasSnapshots) return await verifyPlain(series, row, options, verifyOptions);
      const started = new Date();
      const found = await orKeyless(series, options, async () => await verify(series, verifyOptions));
      if (found instanceof SnapshotError) {
        tell({ event: 'note', series: series.name, message: whatAndWayOut(found) });
        return await verifyStored(series, verifyOptions);
      }
      const isMended = options.repair && (await repairAll(series, found, verifyOptions));
      const verdict = isMended ? await verify(series, verifyOptions) : found;
      await recordVerify(series, verdict, verifyOptions, started);
      const drilled = options.drill ? await drillAll(series, verdict, verifyOptions) : [];
      await rememberLog(series, memory, new Date(), (message) =>
        tell({ event: 'note', series: series.name, message }),
      );
      // A row that is switched off may well have no snapshots.
      const isWrong = verdict.end.nothing !== undefined && row?.active !== false;
      return { ...verdict.end, status: gravestStatus([verdict.end.status, isWrong ? 1 : 0, ...drilled]) };
    };
    for (const series of all) {
      label = rowLabel(
        { name: series.title, destination: series.store.label },
        all.map(({ title: name }) => ({ name })),
      );
      const verified = await orFailure(series, all.length > 1, async () => await verifyOne(series));
      const end = 'error' in verified ? failedEnd(verified, verifyOptions) : verified;
      tell(end);
      ends.push({ ...end, series: label });
    }
    // Of no series at all nothing is known to be right either, nor where all disks are away.
    const isUnseen = ends.length === 0 || ends.some(({ isAway }) => isAway === true);
    const isNothing = ends.every(({ nothing }) => nothing !== undefined);
    const status = isUnseen && isNothing ? 1 : gravestStatus(ends.map((end) => end.status));
    view.end(ends, status);
    return status;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    throw new SnapshotError('E_STOPPED', 'Stopped by the user');
  } finally {
    stop.dispose();
    view.close();
  }
}

/**
 * A mirror or a pair. What is about snapshots is for the other rows of the plan, and no reason to look into it less.
 *
 * @throws {@link SnapshotError} `E_USAGE` when that is asked of it by name.
 */
async function verifyPlain(
  series: Series,
  row: Row | undefined,
  { series: named, level: asked, drill, repair, at, sample }: VerifyCommandOptions,
  { signal, report }: VerifyOptions,
): Promise<VerifyEnd> {
  const level = asked ?? 'quick';
  if (named !== undefined && (drill || repair || at !== undefined || sample !== undefined)) {
    const what = series.isMirror ? 'mirror' : 'pair that is synced';
    const message = `\`${series.title}\` is a ${what}: --drill, --repair, --at and --sample are about snapshots`;
    throw new SnapshotError('E_USAGE', message, { hint: 'A run puts right what differs.' });
  }
  // A pair is known by its row alone.
  if (!series.isMirror && row !== undefined) {
    const { verifyPair } = await import('../../jobs/sync/verify-pair.ts');
    return await verifyPair(row, { level, signal, report });
  }
  return await (
    await import('../../jobs/mirror/verify-mirror.ts')
  ).verifyMirror(series, { level, signal, report });
}

/** What `work` comes to; or that there is no key, where what is stored can be looked at all the same. */
async function orKeyless(
  series: Series,
  { drill, repair }: VerifyCommandOptions,
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
  const { repair } = await import('../../jobs/repair/repair.ts');
  const { REPAIRABLE } = await import('../../jobs/repair/repair-aside.ts');
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
  const { drill } = await import('../../jobs/drill/drill.ts');
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

function checkedSample({
  level,
  sample,
  seed,
}: VerifyCommandOptions): { share: number; seed: number } | undefined {
  if (sample === undefined) {
    if (seed !== undefined) throw new SnapshotError('E_USAGE', '--seed is for --sample only');
    return undefined;
  }
  if (level === 'quick') {
    throw new SnapshotError('E_USAGE', '--level quick reads no archives, so there is nothing to sample');
  }
  const percent = /^(\d{1,3}(?:\.\d{1,3})?)%$/.exec(sample);
  const share = Number(percent?.[1]) / 100;
  if (!(share > 0 && share <= 1)) {
    throw new SnapshotError('E_USAGE', `--sample ${sample}: it takes a percentage, as 10%`);
  }
  if (seed !== undefined && !(Number.isSafeInteger(seed) && seed >= 0)) {
    throw new SnapshotError('E_USAGE', '--seed takes a whole number from 0');
  }
  return { share, seed: seed ?? randomInt(1_000_000_000) };
}
