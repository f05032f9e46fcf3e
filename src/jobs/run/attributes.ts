// Extended attributes of what a run does not read: folders, links, and what the last snapshot says nothing of.
import { hasSystemCalls } from '../../base/system-calls.ts';
import { lookAtAttributes } from '../../pack/look-at-attributes.ts';
import type { Previous } from './previous.ts';
import type { RowContext } from './row-context.ts';
import type { Scanned } from './row-scan.ts';

/**
 * Looks at the attributes of entries that are new or may have others. A night without changes has none.
 *
 * @returns Whether a snapshot is to be written because the last one says nothing of attributes. It counts as no change.
 */
export async function lookAtOthers(
  context: RowContext,
  { newest }: Previous,
  { tree, comparison }: Scanned,
): Promise<boolean> {
  const unlooked = hasSystemCalls() ? comparison.unlooked() : [];
  if (unlooked.length === 0) return false;
  const { pool, signal } = context.options;
  const { entries, root } = tree;
  const problems = await lookAtAttributes(entries, unlooked, { root, pool, signal });
  context.name(problems);
  const canRead = unlooked.some((i) => entries.attributes(i) !== undefined);
  const isFirst = newest !== undefined && newest.info.attributes !== true && canRead;
  if (isFirst) {
    context.report.note(
      'extended attributes are kept from now on: a snapshot is written, whether or not anything has changed',
    );
  }
  return isFirst;
}
