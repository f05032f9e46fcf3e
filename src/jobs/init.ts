import { lstat, open } from 'node:fs/promises';
import { reasonOf, SnapshotError, systemCode } from '../base/errors.ts';
import { parsePlan } from '../plan/plan.ts';
import { type FirstRow, planText } from '../plan/template.ts';

/**
 * Refuses a `file` that is there.
 *
 * @throws {@link SnapshotError} `E_USAGE`: a plan is never overwritten.
 */
export async function refuseExisting(file: string): Promise<void> {
  const isThere = await lstat(file).then(
    () => true,
    () => false,
  );
  if (isThere) throw exists(file);
}

/**
 * Writes a commented plan to `file`.
 *
 * @param row - What its first row says; by default it is an example that is switched off.
 * @throws {@link SnapshotError} `E_USAGE` when the file exists: a plan is never overwritten; {@link PlanError} when the
 * row would be wrong. Then nothing is written.
 */
export async function init(file: string, row?: FirstRow): Promise<void> {
  const text = planText(row);
  await parsePlan(Buffer.from(text), file);
  try {
    const handle = await open(file, 'wx');
    try {
      await handle.writeFile(text);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') throw exists(file, cause);
    throw new SnapshotError('E_USAGE', `Cannot write "${file}": ${reasonOf(cause)}`, { cause });
  }
}

function exists(file: string, cause?: unknown): SnapshotError {
  const hint = 'It was left as it is. Name another file with --plan.';
  return new SnapshotError('E_USAGE', `"${file}" exists already`, { cause, hint });
}
