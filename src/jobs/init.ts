import { open } from 'node:fs/promises';
import { reasonOf, SnapshotError, systemCode } from '../base/errors.ts';
import { PLAN_TEMPLATE } from '../plan/template.ts';

/**
 * Writes a commented plan to `file`.
 *
 * @throws {@link SnapshotError} `E_USAGE` when the file exists: a plan is never overwritten.
 */
export async function init(file: string): Promise<void> {
  try {
    const handle = await open(file, 'wx');
    try {
      await handle.writeFile(PLAN_TEMPLATE);
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') {
      const hint = 'It was left as it is. Name another file with --plan.';
      throw new SnapshotError('E_USAGE', `"${file}" exists already`, { cause, hint });
    }
    throw new SnapshotError('E_USAGE', `Cannot write "${file}": ${reasonOf(cause)}`, { cause });
  }
}
