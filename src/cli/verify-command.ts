import { randomInt } from 'node:crypto';
import { gravestStatus, SnapshotError } from '../errors.ts';
import { findSeries, seriesOfPlan } from '../jobs/list.ts';
import { verify, type VerifyOptions } from '../jobs/verify.ts';
import type { VerifyEnd } from '../jobs/verify-events.ts';
import { loadPlan } from '../plan/plan.ts';
import type { CommonOptions } from './common-options.ts';
import { stopSignal } from './stop-signal.ts';
import type { Terminal } from './terminal.ts';
import { verifyView } from './verify-view.ts';

export interface VerifyCommandOptions extends CommonOptions {
  readonly series: string | undefined;
  readonly at: string | undefined;
  readonly level: 'quick' | 'full' | undefined;
  readonly sample: string | undefined;
  readonly seed: number | undefined;
}

export async function verifyCommand(options: VerifyCommandOptions, terminal: Terminal): Promise<number> {
  const sample = checkedSample(options);
  const level = options.level ?? (sample === undefined ? 'quick' : 'full');
  const plan = async (): ReturnType<typeof loadPlan> => await loadPlan(options.plan);
  const all =
    options.series === undefined ? seriesOfPlan(await plan()) : [await findSeries(options.series, plan)];
  const view = verifyView(options, terminal);
  const stop = stopSignal(() => terminal.err('stopping; once more ends it at once'));
  const ends: VerifyEnd[] = [];
  try {
    const { at } = options;
    const verifyOptions: VerifyOptions = {
      at,
      level,
      sample,
      signal: stop.signal,
      report: (event) => view.event(event),
    };
    for (const series of all) {
      const { end } = await verify(series, verifyOptions);
      view.event(end);
      ends.push(end);
    }
    const status = gravestStatus(ends.map((end) => end.status));
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
