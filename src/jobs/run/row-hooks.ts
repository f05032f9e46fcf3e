// The user's own commands around one row of a plan.
import { EXIT_STATUS, SnapshotError } from '../../base/errors.ts';
import type { Row } from '../../plan/plan.ts';

/** EX_TEMPFAIL of sysexits(3): not now. */
const NOT_NOW = 75;

type Hooked = Pick<Row, 'before' | 'after' | 'hook-limit' | 'name' | 'source'>;

/**
 * Runs the command before a row.
 *
 * @returns Whether to go on: false when it says that now is not the time.
 * @throws {@link SnapshotError} `E_HOOK` when it fails, or takes longer than the row allows; `E_STOPPED`.
 */
export async function beforeRow(row: Hooked, signal: AbortSignal): Promise<boolean> {
  if (row.before === '') return true;
  const status = await runLimited(row, row.before, signal, {});
  if (signal.aborted)
    throw new SnapshotError('E_STOPPED', 'Stopped by the user, in the command before the row');
  if (status === NOT_NOW) return false;
  if (status === 0) return true;
  throw new SnapshotError('E_HOOK', `The command before the row ${endText(row, status)}`, {
    hint: `The row was not backed up. A command that ends with ${NOT_NOW} skips it instead.`,
  });
}

/**
 * Runs the command after a row, however that ended.
 *
 * @param rowStatus - The row's exit status.
 * @returns What went wrong with it; undefined: nothing.
 */
export async function afterRow(
  row: Hooked,
  rowStatus: number,
  signal: AbortSignal,
): Promise<SnapshotError | undefined> {
  if (row.after === '') return undefined;
  // It may have to clear up.
  const stop = signal.aborted ? undefined : signal;
  const status = await runLimited(row, row.after, stop, { SNAPSHOT_STATUS: String(rowStatus) });
  if (status === 0) return undefined;
  return new SnapshotError('E_HOOK', `The command after the row ${endText(row, status)}`);
}

/** So much graver is a row whose command after it failed. */
export const AFTER_STATUS: number = EXIT_STATUS.E_HOOK;

const TOO_LONG = -1;

/** @returns Its exit status, or {@link TOO_LONG}. */
async function runLimited(
  row: Hooked,
  command: string,
  signal: AbortSignal | undefined,
  env: Readonly<Record<string, string>>,
): Promise<number> {
  const { runHook } = await import('../../host/hook.ts');
  const limit = AbortSignal.timeout(row['hook-limit']);
  const both = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  const about = { SNAPSHOT_ROW: row.name, SNAPSHOT_SOURCE: row.source };
  const status = await runHook(command, { env: { ...about, ...env }, signal: both });
  return limit.aborted && signal?.aborted !== true ? TOO_LONG : status;
}

function endText(row: Hooked, status: number): string {
  if (status !== TOO_LONG) return `failed with status ${status}`;
  return `took longer than ${row['hook-limit'] / 1000} s, and was ended (column \`hook-limit\`)`;
}
