// What a sync replaces or deletes goes among the versions of its side, under the name that a mirror would give it.
import { createHash } from 'node:crypto';
import { versionPath } from '../mirror/version-name.ts';
import { type BytePath, join, parentOf } from '../tree/path.ts';
import { VERSIONS } from './own-paths.ts';
import { type Side, SideError } from './side.ts';

/**
 * @param how - `kept`: the path keeps its file where that can have a second name, so that it can be replaced in one step; `moved`:
 *   nothing is there afterwards.
 * @returns Where it is, from the root on.
 */
export async function makeVersion(
  side: Side,
  path: BytePath,
  stamp: string,
  how: 'kept' | 'moved',
): Promise<BytePath> {
  const version = await freePlace(side, path, stamp);
  await makeFolders(side, parentOf(version));
  if (how === 'kept' && side.replacesAtOnce && (await side.link(path, version))) return version;
  await side.move(path, version);
  return version;
}

async function freePlace(side: Side, path: BytePath, stamp: string): Promise<BytePath> {
  for (let nth = 1; nth < 1000; nth++) {
    const version = join(VERSIONS, versionPath(path, stamp, nth) ?? shortPath(path, stamp, nth));
    if ((await side.look(version)) === undefined) return version;
  }
  throw new SideError('has more versions of one second than there can be');
}

/** Where the name would be too long with a date in it. */
function shortPath(path: BytePath, stamp: string, nth: number): BytePath {
  const digest = createHash('sha256').update(path, 'latin1').digest('hex').slice(0, 16);
  return `${digest}~${stamp}${nth === 1 ? '' : `-${nth}`}` as BytePath;
}

/** Makes a folder and those above it, where they are missing. */
export async function makeFolders(side: Side, folder: BytePath): Promise<void> {
  if (folder === '') return;
  const there = await side.look(folder);
  if (there?.type === 'folder') return;
  if (there !== undefined) throw new SideError('something is in the place of its folder');
  await makeFolders(side, parentOf(folder));
  try {
    await side.makeFolder(folder, undefined);
  } catch (error) {
    // Somebody else was faster, often this sync itself.
    if (!(error instanceof SideError) || (await side.look(folder))?.type !== 'folder') throw error;
  }
}
