import type { Survey } from '../../snapshot/series.ts';
import type { RowContext } from './row-context.ts';

/**
 * Clears away what runs that were cut short have left, once it is of no use any more.
 *
 * @param survey - With the snapshot that was just written: it may name archives in unfinished folders.
 */
export async function clearUnfinished(
  { series, report, lock }: RowContext,
  { unfinished, snapshots, damaged }: Survey,
): Promise<void> {
  // A damaged snapshot may need an archive that lies there.
  if (damaged.length > 0 && series.sharesByName(snapshots)) return;
  if (unfinished.length > 0) await lock?.check();
  for (const name of unfinished) {
    // Better a folder too many than a snapshot too few.
    if (await series.isFinished(name)) {
      report.note(`folder ${name} stays: its info.json could not be read, and is there`);
      continue;
    }
    const { foreign, shared } = await series.remove(name, snapshots);
    if (foreign.length > 0) {
      report.note(
        `unfinished folder ${name} stays: it holds ${foreign.join(', ')}, which is not of this program`,
      );
    } else if (shared.length === 0) report.note(`removed ${name}, which an earlier run left unfinished`);
  }
}
