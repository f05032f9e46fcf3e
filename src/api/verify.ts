import type { VerifyEnd, VerifyEvent } from '../jobs/verify/verify-events.ts';
import { verifyEach, type VerifyEachOptions } from '../jobs/verify/verify-each.ts';
import { type CallOptions, eachOf, recallHere, type SeriesOptions, stoppable } from './api-options.ts';

export interface VerifyCall extends CallOptions<VerifyEvent>, Partial<SeriesOptions> {
  /** Only this snapshot; all by default. */
  readonly at?: string | undefined;
  /** `quick` (the default) reads no archives, `full` every byte. */
  readonly level?: 'quick' | 'full' | undefined;
}

export interface VerifyResult {
  /** Something was looked at, and nothing is wrong with it, as far as `level` looks. Not of what only a key can open. */
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
  const isNamed = options.series !== undefined;
  await stoppable(options.signal, async (signal) => {
    const wanted: VerifyEachOptions = {
      at,
      level,
      signal,
      report: (event) => onEvent?.(event),
      isNamed,
      drill: false,
      repair: false,
    };
    for await (const end of verifyEach(all, plan, wanted, recall)) ends.push(end);
  });
  const isSound =
    ends.length > 0 &&
    ends.every(
      ({ status, nothing, isKeyless }) => status === 0 && nothing === undefined && isKeyless !== true,
    );
  return { isSound, series: ends };
}
