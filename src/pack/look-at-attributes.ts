import { hasSystemCalls } from '../base/system-calls.ts';
import { ordered } from '../base/ordered.ts';
import type { Problem } from '../tree/entry.ts';
import type { EntryTable } from '../tree/entry-table.ts';
import { firstNames } from '../tree/hardlinks.ts';
import type { WorkerPool } from './pool.ts';
import { noteAttributes } from './read-attributes.ts';

/** Whether a thread can read extended attributes here. */
export async function canReadAttributes(pool: WorkerPool): Promise<boolean> {
  return hasSystemCalls() && (await pool.run({ kind: 'attributes', root: '', paths: [] })) !== undefined;
}

/** Entries in one task. */
const BATCH = 2048;

/** Reads the extended attributes of entries whose content nobody reads. @returns What could not be had. */
export async function lookAtAttributes(
  entries: EntryTable,
  wanted: readonly number[],
  { root, pool, signal }: { readonly root: string; readonly pool: WorkerPool; readonly signal: AbortSignal },
): Promise<readonly Problem[]> {
  const batches = Array.from({ length: Math.ceil(wanted.length / BATCH) }, (_, n) =>
    wanted.slice(n * BATCH, (n + 1) * BATCH),
  );
  const problems: Problem[] = [];
  const results = ordered(batches, pool.size * 2, async (numbers) => {
    const paths = numbers.map((i) => entries.path(i));
    return { numbers, read: await pool.run({ kind: 'attributes', root, paths }) };
  });
  for await (const { numbers, read } of results) {
    signal.throwIfAborted();
    problems.push(...noteAttributes(entries, numbers, read, () => true));
  }
  for (const [i, first] of firstNames(entries)) {
    if (entries.attributes(i) === undefined) entries.setAttributes(i, entries.attributes(first));
  }
  return problems;
}
