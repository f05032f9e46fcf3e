// Series that users name by the path of a folder.
import { realpath } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { checkedAddress } from '../base/address.ts';
import { printable, SnapshotError, systemCode } from '../base/errors.ts';
import { MIRROR_DATA, snapshotTime } from '../series/names.ts';
import { Series } from '../series/series.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import { seriesThere } from './store-of.ts';
import type { Recall } from './status/memory.ts';

/** The folder that `path` names, links followed; undefined when there is none. */
export async function folderAt(path: string): Promise<{ store: Store; name: string } | undefined> {
  try {
    const folder = await realpath(path);
    const store = openStore(dirname(folder));
    const item = (await store.list('')).find(({ name }) => name === basename(folder));
    return item?.isFolder === true ? { store, name: item.name } : undefined;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}

/**
 * The series in the folder `path`.
 *
 * @throws {@link SnapshotError} `E_USAGE` when there is no such folder, or it is something else that looks like one.
 */
export async function seriesAt(path: string, recall: Recall): Promise<Series> {
  const found = await folderAt(path);
  if (found === undefined) {
    // Who uses it learns that its disk is away.
    const [destination, name] = [dirname(resolve(path)), basename(resolve(path))];
    const known = await recall(destination);
    if (known?.series.some((one) => one.name === name) === true) {
      return await seriesThere(destination, name);
    }
    throw new SnapshotError('E_USAGE', `There is no folder "${printable(resolve(path))}"`);
  }
  const { store, name } = found;
  if (snapshotTime(name) !== undefined) {
    throw new SnapshotError('E_USAGE', `"${within(store, name)}" is one snapshot, not a series`, {
      hint: `Name the series, and this snapshot of it: ${store.label} --at ${name}`,
    });
  }
  if (await isMirror(store, name)) return new Series(store, `${name}/${MIRROR_DATA}`);
  const inside = await snapshotsIn(store, name);
  // One that nothing was written to yet.
  if (inside.isSeries || inside.isEmpty) return await seriesThere(store.label, name);
  const nested = await seriesIn(store, name, inside.folders);
  if (nested.length === 0) {
    throw new SnapshotError(
      'E_USAGE',
      `"${within(store, name)}" is no series: no snapshot was ever written there`,
      {
        hint: 'Name the folder in which the dated folders are.',
      },
    );
  }
  throw new SnapshotError('E_USAGE', `"${within(store, name)}" is no series, but holds some`, {
    hint: `Name one of them: ${nested.map((one) => `${within(store, name)}/${one}`).join(', ')}`,
  });
}

/** The root of a disk has its slash already. */
function within({ label }: Store, name: string): string {
  return `${label.replace(/\/$/, '')}/${name}`;
}

/**
 * All series and mirrors right in the folder `path`; none where it is a series itself, one snapshot, or not there. Where
 * a disk is known to be mounted there and is away, those that this machine remembers: each of them says so.
 */
export async function seriesBelow(path: string, recall: Recall): Promise<readonly Series[]> {
  const found = await folderAt(path);
  const known = await knownBelow(path, recall);
  if (known.length > 0 && (found === undefined || (await isBare(found)))) return known;
  if (found === undefined || snapshotTime(found.name) !== undefined) return [];
  const { store, name } = found;
  return await allIn(store, name, within(store, name));
}

async function knownBelow(path: string, recall: Recall): Promise<readonly Series[]> {
  const destination = resolve(path);
  const known = await recall(destination);
  if (known?.isRemovable !== true) return [];
  return known.series.map(({ name }) => new Series(openStore(destination), name));
}

/** Nothing is in it: a place for a disk. */
async function isBare({ store, name }: { store: Store; name: string }): Promise<boolean> {
  return (await store.list(name)).length === 0;
}

/** The same at an address, where the place is a whole destination: `sftp://nas/backup`. @throws {@link SnapshotError} */
export async function seriesBelowAddress(address: string): Promise<readonly Series[]> {
  const store = openStore(checkedAddress(address));
  try {
    return await allIn(store, '', address);
  } finally {
    await store.close();
  }
}

/** @param destination - What `key` in `store` is called where it is opened by itself. */
async function allIn(store: Store, key: string, destination: string): Promise<readonly Series[]> {
  const inside = await snapshotsIn(store, key);
  if (inside.isSeries) return [];
  const found: Series[] = [];
  for (const name of inside.folders) {
    const folder = key === '' ? name : `${key}/${name}`;
    if ((await snapshotsIn(store, folder)).isSeries) found.push(await seriesThere(destination, name));
    else if (await isMirror(store, folder))
      found.push(new Series(openStore(destination), `${name}/${MIRROR_DATA}`));
  }
  return found;
}

async function isMirror(store: Store, folder: string): Promise<boolean> {
  return (await store.list(`${folder}/${MIRROR_DATA}`)).some((item) => item.isFile);
}

/** Whether `folder` is a series, or holds some. */
export async function holdsSeries({ store, name }: { store: Store; name: string }): Promise<boolean> {
  const inside = await snapshotsIn(store, name);
  return inside.isSeries || (await seriesIn(store, name, inside.folders)).length > 0;
}

/** Where the series at the end of an address is: `sftp://nas/backup/documents`. @throws {@link SnapshotError} `E_USAGE` */
export function splitAddress(address: string): { readonly destination: string; readonly name: string } {
  const [, place = '', name = '', options = ''] =
    /^(.*?)[/]?([^/:?]+)\/*(\?.*)?$/.exec(checkedAddress(address)) ?? [];
  if (name === '' || place === '' || place.endsWith('/')) {
    throw new SnapshotError('E_USAGE', `"${address}" names no series`, {
      hint: 'The last part of the address is the name of a series.',
    });
  }
  return { destination: place + options, name };
}

async function snapshotsIn(
  store: Store,
  key: string,
): Promise<{ isSeries: boolean; isEmpty: boolean; folders: readonly string[] }> {
  const items = await store.list(key);
  const folders = items.flatMap(({ name, isFolder }) => (isFolder ? [name] : []));
  const isSeries =
    folders.some((name) => snapshotTime(name) !== undefined) ||
    items.some(({ name }) => name === 'runs.jsonl');
  return { isSeries, isEmpty: items.every(({ name }) => name.startsWith('.')), folders };
}

const MOST_SHOWN = 10;

async function seriesIn(store: Store, key: string, folders: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    if (found.length === MOST_SHOWN) break;
    if ((await snapshotsIn(store, `${key}/${folder}`)).isSeries) found.push(folder);
  }
  return found;
}
