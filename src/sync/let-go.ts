// Versions of a side that are older than they are to be.
import type { Keep } from '../plan/keep.ts';
import { thinned } from '../mirror/thin.ts';
import { parseVersion } from '../mirror/version-name.ts';
import type { Version } from '../mirror/versions.ts';
import { type BytePath, join } from '../tree/path.ts';
import { VERSIONS } from './own-paths.ts';
import { type Side, SideError } from './side.ts';

/** @returns How many were let go. What cannot be removed stays, for the next time. */
export async function letGoVersions(side: Side, keep: Keep, now: Date): Promise<number> {
  const files: BytePath[] = [];
  const folders: BytePath[] = [];
  const walk = async (folder: BytePath): Promise<void> => {
    for (const name of await side.names(folder)) {
      const path = join(folder, name);
      if ((await side.look(path))?.type === 'folder') {
        await walk(path);
        folders.push(path);
      } else files.push(path);
    }
  };
  await walk(VERSIONS);
  const versions = files.flatMap((file): Version[] => {
    const named = parseVersion(file.slice(VERSIONS.length + 1) as BytePath);
    if (named === undefined) return [];
    const { path, untilMs } = named;
    return [{ path, type: 'file', untilMs, sinceMs: undefined, file, movedTo: undefined, mode: undefined }];
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
  if (count > 0) for (const folder of folders) await side.removeFolder(folder);
  return count;
}
