// The way of a mirror: open, bring up to date, and perhaps keep it so.
import type { Row } from '../../plan/plan.ts';
import type { Series } from '../../series/series.ts';
import { MirrorThread } from '../../mirror/thread.ts';
import { startScan } from '../../tree/scan.ts';
import { alone, begin } from '../run/alone.ts';
import type { RowOptions, RowResult } from '../run/row-context.ts';
import type { RowReporter } from '../run/row-reporter.ts';
import { refuseKept } from './refuse-kept.ts';
import { closeSession, mirrorFolder, openSession } from './session.ts';
import { wholePass } from './whole-pass.ts';

/**
 * Brings the mirror of one row up to date.
 *
 * @param series - Its own folder, `DEST/NAME/.snapshot-data`: where its lock, log and owner are.
 * @throws {@link SnapshotError} when the row fails; what was copied by then stays.
 */
export async function mirrorRow(
  row: Row,
  series: Series,
  options: RowOptions,
  report: RowReporter,
): Promise<RowResult> {
  const begun = begin(row, series, options, report);
  const { context } = begun;
  // A source that is not there is refused before anything is made.
  startScan(row.source);
  await refuseKept(mirrorFolder(row));
  const thread = new MirrorThread();
  try {
    return await alone(begun, async () => {
      await context.readKnown();
      const session = await openSession(context, thread);
      try {
        const result = await wholePass(session, context);
        return (await options.stay?.(session, result)) ?? result;
      } finally {
        await closeSession(session);
      }
    });
  } finally {
    begun.ending.abort();
    await thread.close();
  }
}
