import { randomInt } from 'node:crypto';
import { EXIT_STATUS, gravestStatus, SnapshotError } from '../../base/errors.ts';
import { findAll } from '../../jobs/address.ts';
import { type NoticeOptions, openChannels } from '../../jobs/nightly/open-channels.ts';
import { verifyEach } from '../../jobs/verify/verify-each.ts';
import type { VerifyEnd, VerifyEvent } from '../../jobs/verify/verify-events.ts';
import { loadPlan, type Plan } from '../../plan/plan.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { recallFor } from '../state.ts';
import { stopSignal } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';
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
    const status = await verifyAll(options, terminal, ends);
    await tell(status);
    return status;
  } catch (error) {
    if (error instanceof SnapshotError) await tell(EXIT_STATUS[error.code], error);
    throw error;
  }
}

/** @param ends - Gets how each series was found. */
async function verifyAll(
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
  try {
    const { at, drill, repair } = options;
    const isNamed = options.series !== undefined;
    const report = (event: VerifyEvent): void => view.event(event);
    const wanted = { at, level, sample, drill, repair, isNamed, signal: stop.signal, report };
    for await (const end of verifyEach(all, known, wanted, recall)) ends.push(end);
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
