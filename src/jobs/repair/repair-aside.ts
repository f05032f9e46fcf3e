// The files that a repair writes anew, and what was there before.
import { createHash } from 'node:crypto';
import {
  CHANGES_FILE,
  DAMAGED_SUFFIX,
  DEAD_FILE,
  INDEX_FILE,
  INFO_FILE,
  RESTORE_FILE,
  SUMS_FILE,
} from '../../series/names.ts';
import type { Series } from '../../series/series.ts';

/** What a repair can write anew: all but archives. */
export const REPAIRABLE: readonly string[] = [
  INDEX_FILE,
  CHANGES_FILE,
  DEAD_FILE,
  RESTORE_FILE,
  SUMS_FILE,
  INFO_FILE,
];

/**
 * Keeps every file that may be written anew, unless an earlier repair has kept one of that name.
 *
 * @returns Hashes of what was there.
 */
export async function putAside(series: Series, snapshot: string): Promise<ReadonlyMap<string, string>> {
  const { store } = series;
  const there = new Set((await store.list(series.key(snapshot))).map(({ name }) => name));
  const before = new Map<string, string>();
  // A part of info.json alone says that a run was at work; this says that there was a snapshot.
  const info = INFO_FILE + DAMAGED_SUFFIX;
  if (!there.has(INFO_FILE) && !there.has(info)) await store.put(series.key(snapshot, info), Buffer.alloc(0));
  for (const name of REPAIRABLE) {
    const key = series.key(snapshot, name);
    const bytes = there.has(name) ? await store.read(key) : undefined;
    if (bytes === undefined) continue;
    before.set(name, sha256Of(bytes));
    const aside = key + DAMAGED_SUFFIX;
    if (there.has(name + DAMAGED_SUFFIX) || (await store.link(key, aside))) continue;
    await store.put(aside, bytes);
  }
  return before;
}

/** @returns Files that are new; of the others no second copy stays. */
export async function clearAside(
  series: Series,
  snapshot: string,
  unused: readonly string[],
  before: ReadonlyMap<string, string>,
): Promise<readonly string[]> {
  const { store } = series;
  const changed: string[] = [];
  for (const name of unused) await store.remove(series.key(snapshot, name));
  const aside = series.key(snapshot, INFO_FILE + DAMAGED_SUFFIX);
  if (!before.has(INFO_FILE) && (await store.read(aside))?.length === 0) await store.remove(aside);
  for (const name of REPAIRABLE) {
    const bytes = await store.read(series.key(snapshot, name));
    if (bytes === undefined) continue;
    if (before.get(name) !== sha256Of(bytes)) changed.push(name);
    else if ((await store.read(series.key(snapshot, name + DAMAGED_SUFFIX)))?.equals(bytes) === true) {
      await store.remove(series.key(snapshot, name + DAMAGED_SUFFIX));
    }
  }
  return changed;
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
