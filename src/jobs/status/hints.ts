// What to do about what `status` says, where a command does it.
import { commandLine } from '../../base/command-line.ts';
import { SnapshotError } from '../../base/errors.ts';
import { type GuardName, readHeld, seriesWord, wayOut } from '../../series/guards.ts';
import { isRun, isSuccess, type PastRecord } from '../../series/past.ts';
import type { Watched } from './known-past.ts';
import { isDecisive } from './streaks.ts';

/** Guards that refuse a whole row, and that `--accept-changes` overrules. */
const REFUSING: ReadonlySet<string> = new Set([
  'empty-source',
  'away-part',
  'empty-side',
  'replaced-side',
] satisfies GuardName[]);

/** Hints for people, sentences each. Of what no row of the plan makes, nothing can be run. */
export async function hintsFor(
  { series, row }: Watched,
  records: readonly PastRecord[],
): Promise<readonly string[]> {
  if (row === undefined) return [];
  const runs = records.filter(isRun);
  const hints: string[] = [];
  const decisive = runs.findLast(isDecisive);
  if (decisive?.outcome === 'failed' && decisive.guards.some((guard) => REFUSING.has(guard)))
    hints.push(wayOut(row.name));
  const last = runs.findLast(isSuccess);
  if (last === undefined) return hints;
  if (last.guards.length > 0) {
    const held = await readHeld(series).catch((error: unknown) => {
      if (!(error instanceof SnapshotError)) throw error;
      return undefined; // The guard itself is told all the same.
    });
    const what = held === undefined ? '' : `${held.message}. `;
    hints.push(`${what}${wayOut(row.name, held?.path)}`);
  }
  if ((last.missing ?? 0) > 0 && series.hasSnapshots)
    hints.push(
      `Each run names them. If that is no trouble: \`${commandLine(`accept ${seriesWord(row.name)} PATH`)}\`.`,
    );
  return hints;
}
