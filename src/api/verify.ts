import { seriesOfPlan } from '../jobs/address.ts';
import { recordVerify } from '../jobs/verify/record-verify.ts';
import type { VerifyEnd, VerifyEvent } from '../jobs/verify/verify-events.ts';
import { verify as verifySeries, type VerifyOptions } from '../jobs/verify/verify.ts';
import { type CallOptions, eachOf, planOf, type SeriesOptions, stoppable } from './api-options.ts';

export interface VerifyCall extends CallOptions<VerifyEvent>, Partial<SeriesOptions> {
  /** Only this snapshot; all by default. */
  readonly at?: string | undefined;
  /** `quick` (the default) reads no archives, `full` every byte. */
  readonly level?: 'quick' | 'full' | undefined;
}

export interface VerifyResult {
  /** Something was looked at, and nothing is wrong with it, as far as `level` looks. */
  readonly isSound: boolean;
  /** How each series ended. */
  readonly series: readonly VerifyEnd[];
}

/**
 * Proves that snapshots can be restored, or tells what cannot, as events `damage` and `lost`. It is noted in the series, so that
 * the next run writes again what is damaged.
 *
 * @throws {@link SnapshotError} `E_USAGE` when there is no such series or snapshot, `E_PLAN`.
 */
export async function verify(options: VerifyCall = {}): Promise<VerifyResult> {
  const { at, level = 'quick', onEvent } = options;
  const { series: which } = options;
  const all =
    which === undefined
      ? seriesOfPlan(await planOf(options))
      : (await eachOf({ ...options, series: which })).all;
  const ends: VerifyEnd[] = [];
  await stoppable(options.signal, async (signal) => {
    for (const series of all) {
      const started = new Date();
      const wanted: VerifyOptions = { at, level, signal, report: (event) => onEvent?.(event) };
      const verdict = await verifySeries(series, wanted);
      await recordVerify(series, verdict, wanted, started);
      onEvent?.(verdict.end);
      ends.push(verdict.end);
    }
  });
  const isSound =
    ends.length > 0 && ends.every(({ status, nothing }) => status === 0 && nothing === undefined);
  return { isSound, series: ends };
}
