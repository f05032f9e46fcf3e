import { rowOf } from '../jobs/address.ts';
import { outOfReach } from '../jobs/reach.ts';
import type { Recall } from '../jobs/status/memory.ts';
import { recordVerify } from '../jobs/verify/record-verify.ts';
import { unseenEnd } from '../jobs/verify/unseen-end.ts';
import type { VerifyEnd, VerifyEvent } from '../jobs/verify/verify-events.ts';
import { verify as verifySeries, type VerifyOptions } from '../jobs/verify/verify.ts';
import type { Row } from '../plan/row.ts';
import type { Series } from '../series/series.ts';
import { type CallOptions, eachOf, recallHere, type SeriesOptions, stoppable } from './api-options.ts';

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
  const { all, plan } = await eachOf(options);
  const recall = recallHere();
  const ends: VerifyEnd[] = [];
  await stoppable(options.signal, async (signal) => {
    const wanted: VerifyOptions = { at, level, signal, report: (event) => onEvent?.(event) };
    for (const series of all) {
      const end = await verifyOne(series, plan && rowOf(series, plan), wanted, recall);
      onEvent?.(end);
      ends.push(end);
    }
  });
  const isSound =
    ends.length > 0 && ends.every(({ status, nothing }) => status === 0 && nothing === undefined);
  return { isSound, series: ends };
}

async function verifyOne(
  series: Series,
  row: Row | undefined,
  wanted: VerifyOptions,
  recall: Recall,
): Promise<VerifyEnd> {
  const started = new Date();
  const out = await outOfReach(series, row, recall, started);
  if (out !== undefined) return unseenEnd(series, wanted, out, row);
  const verdict = await verifySeries(series, wanted);
  await recordVerify(series, verdict, wanted, started);
  return verdict.end;
}
