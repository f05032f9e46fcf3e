import { type BytePath, parentOf } from '../../tree/path.ts';
import type { UnpackPool } from '../../unpack/pool.ts';
import type { Deed } from '../../unpack/tasks.ts';
import type { WhyNot } from '../../unpack/unpack.ts';

/** So many go to a thread at once; between them, a restore can be stopped. */
const AT_ONCE = 512;

export interface DeedOptions {
  readonly root: string;
  readonly pool: UnpackPool;
  readonly signal: AbortSignal;
}

/** Does `deeds` in their order. @returns Those that failed, or were not done in full, by number, and why. */
export async function doDeeds(
  deeds: readonly Deed[],
  { root, pool, signal }: DeedOptions,
): Promise<ReadonlyMap<number, WhyNot>> {
  const failed = new Map<number, WhyNot>();
  for (let at = 0; at < deeds.length; at += AT_ONCE) {
    signal.throwIfAborted();
    const failures = await pool.run({ kind: 'deeds', root, deeds: deeds.slice(at, at + AT_ONCE) });
    for (const { n, ...why } of failures) failed.set(at + n, why);
  }
  return failed;
}

/**
 * Makes folders, in path order; none below one that failed.
 *
 * @returns The paths of those that are not there, and why; without a reason below one that has it.
 */
export async function makeFolders(
  folders: readonly Extract<Deed, { do: 'folder' }>[],
  options: DeedOptions,
): Promise<ReadonlyMap<BytePath, WhyNot | undefined>> {
  const missing = new Map<BytePath, WhyNot | undefined>();
  let batch: Extract<Deed, { do: 'folder' }>[] = [];
  const flush = async (): Promise<void> => {
    const failed = await doDeeds(batch, options);
    for (const [n, why] of failed) {
      const path = batch[n]?.path ?? ('' as BytePath);
      missing.set(path, missing.has(parentOf(path)) ? undefined : why);
    }
    batch = [];
  };
  for (const folder of folders) {
    if (missing.has(parentOf(folder.path))) missing.set(folder.path, undefined);
    else batch.push(folder);
    if (batch.length === AT_ONCE) await flush();
  }
  await flush();
  return missing;
}
