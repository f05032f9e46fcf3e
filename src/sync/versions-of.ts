// What a side has kept of what was replaced or deleted there.
import { parseVersion } from '../mirror/version-name.ts';
import { type BytePath, join } from '../tree/path.ts';
import type { Item } from './item.ts';
import { VERSIONS } from './own-paths.ts';
import type { Side } from './side.ts';

export interface SideVersion {
  /** What it is a version of. */
  readonly path: BytePath;
  /** Until when the side had it there, in milliseconds since 1970; the name counts in seconds. */
  readonly untilMs: number;
  /** Counts those of one second, from 1. */
  readonly nth: number;
  /** Where it lies, from the root of the side on. */
  readonly file: BytePath;
  readonly item: Item;
}

/** @returns All of them, and the folders in which they lie, the inner ones first. */
export async function versionsOf(
  side: Side,
): Promise<{ readonly versions: readonly SideVersion[]; readonly folders: readonly BytePath[] }> {
  const versions: SideVersion[] = [];
  const folders: BytePath[] = [];
  const walk = async (folder: BytePath): Promise<void> => {
    for (const name of await side.names(folder)) {
      const file = join(folder, name);
      const item = await side.look(file);
      if (item === undefined) continue;
      if (item.type === 'folder') {
        await walk(file);
        folders.push(file);
        continue;
      }
      const named = parseVersion(file.slice(VERSIONS.length + 1) as BytePath);
      if (named !== undefined) versions.push({ ...named, file, item });
    }
  };
  await walk(VERSIONS);
  return { versions, folders };
}
