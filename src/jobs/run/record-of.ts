import type { DamageRecord, RunRecord } from '../../series/runs-log.ts';
import type { RowEnd } from '../events.ts';

/** How a row ended, as the log of its series has it. */
export function recordOf(end: RowEnd, started: Date, damage: DamageRecord | undefined): RunRecord {
  const { outcome, snapshot, change, bytes, newBytes, guards, error, removed, problems, series } = end;
  return {
    started: started.toISOString(),
    finished: new Date(started.getTime() + end.durationMs).toISOString(),
    outcome,
    snapshot,
    change,
    bytes,
    newBytes,
    skipped: problems,
    guards: guards.map(({ guard }) => guard),
    error: error?.message ?? null,
    removed: removed.map((step) => step.snapshot),
    ...(series !== null && {
      snapshots: series.snapshots,
      oldest: series.oldest,
      seriesBytes: series.bytes,
    }),
    ...(damage !== undefined && { damage }),
  };
}
