// Removing a dated folder, so that at no moment it looks like a snapshot that has lost something.
import { SnapshotError } from '../base/errors.ts';
import type { StoreItem } from '../store/store.ts';
import { namesFor } from './former-names.ts';
import { BOLT_FOLDER, INFO_FILE, isOurs, LET_GO_FILE, PINNED_FILE, UNFINISHED_FILE } from './names.ts';
import { type Home, namedElsewhere, type Snapshot } from './survey.ts';

/** Why a snapshot's folder is still there after {@link Series.remove}. */
export interface Left {
  readonly foreign: readonly string[];
  readonly shared: readonly string[];
}

/**
 * What `Series.remove` promises, of a folder that holds `items`.
 *
 * @throws {@link SnapshotError} `E_STORE` when the snapshot is pinned: who asks has looked, and was overtaken.
 */
export async function removeFolder(
  home: Home,
  snapshot: string,
  all: readonly StoreItem[],
  snapshots: readonly Snapshot[],
): Promise<Left> {
  if (all.some(({ name }) => name === PINNED_FILE))
    throw new SnapshotError('E_STORE', `"${home.place(snapshot)}" is pinned`);
  await unbolt(home, snapshot, all);
  const items = all.filter((item) => !isBolt(item));
  const named = namedElsewhere(snapshots.filter(({ name }) => name !== snapshot));
  const names = await namesFor(home, items);
  const hasOurs = items.some(({ name, isFile }) => isFile && isOurs(name, names));
  // Where there is no room to say that it is to go, what says that it is unfinished stays to the end.
  const stays = items.some(({ name }) => named.has(`${snapshot}/${name}`));
  const isMarked = hasOurs && (await letGo(home, snapshot, items, stays));
  const signs = isMarked ? [LET_GO_FILE] : [LET_GO_FILE, UNFINISHED_FILE];
  const remove = async (name: string): Promise<void> => {
    try {
      await home.store.remove(home.key(snapshot, name));
    } catch (error) {
      // The file may be gone, and only that cannot be flushed. Without a marker, stopping now would leave half a snapshot.
      if (isMarked || !isNoRoom(error)) throw error;
    }
  };
  // A listing that was empty, wrongly, is no reason to take info.json alone.
  if (hasOurs) {
    await remove(INFO_FILE);
    await needGone(home, snapshot, (name) => name === INFO_FILE);
  }
  const foreign: string[] = [];
  const shared: string[] = [];
  for (const { name, isFile } of items) {
    if (named.has(`${snapshot}/${name}`)) shared.push(name);
    else if (!isFile || !isOurs(name, names)) foreign.push(name);
    else if (!signs.includes(name)) await remove(name);
  }
  if (shared.length > 0) return { foreign, shared };
  await needGone(home, snapshot, (name) => !signs.includes(name) && isOurs(name, names));
  if (!isMarked && items.some(({ name }) => name === UNFINISHED_FILE)) await remove(UNFINISHED_FILE);
  await remove(LET_GO_FILE);
  if (foreign.length === 0 && !(await home.store.removeFolder(home.key(snapshot)))) {
    foreign.push(...(await home.store.list(home.key(snapshot))).map(({ name }) => name));
  }
  return { foreign, shared };
}

/**
 * A folder of this machine may answer once that a file was not there to be removed, as a file server that is starting does. What
 * is still there stays with the marker that says it is to go: the next run removes it.
 *
 * @throws {@link SnapshotError} `E_STORE`
 */
async function needGone(home: Home, snapshot: string, is: (name: string) => boolean): Promise<void> {
  // Listings of other places may lag.
  if (home.store.folder === undefined) return;
  const left = (await home.store.list(home.key(snapshot))).find(({ name, isFile }) => isFile && is(name));
  if (left === undefined) return;
  const where = home.place(snapshot, left.name);
  throw new SnapshotError('E_STORE', `"${where}" is still there, after it was removed`);
}

/** Removes what a pin has left that was taken back, or never finished. @param items - What lies in the snapshot's folder. */
export async function unbolt(
  home: Pick<Home, 'store' | 'key'>,
  snapshot: string,
  items: readonly StoreItem[],
): Promise<void> {
  if (!items.some(isBolt)) return;
  await home.store.remove(home.key(snapshot, BOLT_FOLDER, PINNED_FILE));
  await home.store.removeFolder(home.key(snapshot, BOLT_FOLDER));
}

/** A file of that name is a marker that was not finished. */
function isBolt({ name, isFolder }: StoreItem): boolean {
  return name === BOLT_FOLDER && isFolder;
}

/**
 * Has the folder say that it is to go, before anything of it does.
 *
 * @param stays - Others need some of it: without its marker, the rest would look damaged for good.
 * @returns Whether it does.
 */
async function letGo(
  home: Home,
  snapshot: string,
  items: readonly StoreItem[],
  stays: boolean,
): Promise<boolean> {
  if (items.some(({ name }) => name === LET_GO_FILE)) return true;
  try {
    await home.store.put(home.key(snapshot, LET_GO_FILE), Buffer.alloc(0));
    return true;
  } catch (error) {
    // Where there is no room, removing makes some. Cut short right then, the folder counts as damaged, and stays.
    if (stays || !isNoRoom(error)) throw error;
    return false;
  }
}

function isNoRoom(error: unknown): boolean {
  return error instanceof SnapshotError && error.code === 'E_SPACE';
}
