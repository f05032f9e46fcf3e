import { appendOrNote, type VerifyRecord } from '../../series/runs-log.ts';
import type { Series } from '../../series/series.ts';
import { noteDamage } from './note-damage.ts';
import type { Verdict, VerifyOptions } from './verify.ts';

/**
 * Notes in the log of `series` that it was verified, and with what result. A series without snapshots gets no
 * log by that, and one that cannot be written is verified all the same.
 */
export async function recordVerify(
  series: Series,
  { end, names, seen }: Verdict,
  { at, level, sample, report }: VerifyOptions,
  started: Date,
): Promise<void> {
  if (names.length === 0) return;
  const { readBytes, damages, lost, snapshots } = end;
  const note = (message: string): void => report({ event: 'note', series: series.name, message });
  const damage = await noteDamage(series, seen, at, note);
  const record: VerifyRecord = {
    started: started.toISOString(),
    finished: new Date().toISOString(),
    outcome: 'verify',
    result: damages + lost === 0 ? 'passed' : 'failed',
    level,
    sample: sample?.share ?? null,
    at: at ?? null,
    snapshots,
    readBytes,
    damages,
    lost,
    ...(damage !== undefined && { damage }),
  };
  await appendOrNote(series, record, note);
}
