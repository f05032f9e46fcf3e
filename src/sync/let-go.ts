// Versions of a side that are older than they are to be.
import type { Keep } from '../plan/keep.ts';
import { thinned } from '../mirror/thin.ts';
import type { Version } from '../mirror/versions.ts';
import { type Side, SideError } from './side.ts';
import { versionsOf } from './versions-of.ts';

/** @returns How many were let go. What cannot be removed stays, for the next time. */
export async function letGoVersions(side: Side, keep: Keep, now: Date): Promise<number> {
  const found = await versionsOf(side);
  const versions = found.versions.map(({ path, untilMs, file }): Version => {
    return { path, type: 'file', untilMs, sinceMs: undefined, file, movedTo: undefined, mode: undefined };
  });
  let count = 0;
  for (const { file } of thinned(versions, keep, now)) {
    if (file === undefined) continue;
    try {
      await side.remove(file);
      count++;
    } catch (error) {
      if (!(error instanceof SideError)) throw error;
    }
  }
  if (count > 0) for (const folder of found.folders) await side.removeFolder(folder);
  return count;
}
