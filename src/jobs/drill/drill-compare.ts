// Is a tree on disk what an index says?
import type { BigIntStats } from 'node:fs';
import { chmod, lstat, open, readdir, readlink } from 'node:fs/promises';
import { attributeCalls } from '../../base/attribute-calls.ts';
import { type Attribute, parseAttributes, sameAttributes } from '../../base/attributes.ts';
import { reasonOf } from '../../base/errors.ts';
import { type Hasher, loadBlake3 } from '../../hash/blake3.ts';
import type { IndexEntry } from '../../series/index/index-line.ts';
import type { Entry } from '../../tree/entry.ts';
import { isSameMode } from '../../target/meta.ts';
import { isSameTime } from '../../target/mtime.ts';
import { type BytePath, display, fromBytes, join, systemPath } from '../../tree/path.ts';

/** So many differences are kept to be named. */
const MOST = 20;
const READ_BYTES = 1024 * 1024;
const NS_PER_SECOND = 1_000_000_000n;
/** What the UT field of a zip can hold, and unzip sets, in seconds. */
const ZIP_TIMES = { first: 0n, last: 0x7fffffffn };
const TYPES = { file: 'isFile', folder: 'isDirectory', link: 'isSymbolicLink' } as const;

export interface TreeComparison {
  /** Paths, and bytes of files, that are as they should be. */
  readonly paths: number;
  readonly bytes: number;
  readonly differences: readonly string[];
  readonly differenceCount: number;
}

/** Holds every path below `root` against `entries`. Folders and files that nobody may read are opened for it. */
export async function compareTree(
  root: string,
  entries: Iterable<IndexEntry>,
  isZip: boolean,
  signal: AbortSignal,
): Promise<TreeComparison> {
  const hasher = await (await loadBlake3()).create();
  const expected = new Set<BytePath>();
  const differences: string[] = [];
  let [paths, bytes, differenceCount] = [0, 0, 0];
  const say = (path: BytePath, what: string): void => {
    differenceCount++;
    if (differences.length < MOST) differences.push(`${display(path)}: ${what}`);
  };
  for (const item of entries) {
    signal.throwIfAborted();
    const { path, type, size } = item.entry;
    if (path === '') continue;
    expected.add(path);
    const what = await differenceOf(root, item, isZip, hasher);
    if (what === undefined) {
      paths++;
      bytes += type === 'file' ? size : 0;
    } else say(path, what);
  }
  for await (const path of pathsBelow(root, '' as BytePath)) {
    if (!expected.has(path)) say(path, 'nobody asked for it');
  }
  return { paths, bytes, differences, differenceCount };
}

async function differenceOf(
  root: string,
  { entry, hash }: IndexEntry,
  isZip: boolean,
  hasher: Hasher,
): Promise<string | undefined> {
  const place = systemPath(root, entry.path);
  try {
    const stats = await lstat(place, { bigint: true });
    if (!stats[TYPES[entry.type]]()) return `it is no ${entry.type}`;
    const mode = Number(stats.mode & 0o7777n);
    if (entry.type !== 'link' && !isSameMode(entry.type, mode, entry.mode))
      return `its mode is ${octal(mode)}, not ${octal(entry.mode)}`;
    if (!isTime(stats, entry, isZip)) return `its time is ${stats.mtimeNs}, not ${entry.mtimeNs}`;
    if (!hasAttributes(place, entry, root)) return 'its extended attributes are others';
    if (entry.type === 'folder' && (mode & 0o500) !== 0o500) await chmod(place, mode | 0o700);
    if (entry.type === 'link') {
      const target = fromBytes(await readlink(place, { encoding: 'buffer' }));
      return target === entry.target ? undefined : `it leads to "${display(target)}"`;
    }
    if (entry.type === 'folder') return undefined;
    if (stats.size !== BigInt(entry.size)) return `it has ${stats.size} bytes, not ${entry.size}`;
    if (entry.hardlink !== undefined && !isZip) {
      const first = await lstat(systemPath(root, entry.hardlink), { bigint: true });
      if (first.ino !== stats.ino) return `it is not one file with "${display(entry.hardlink)}"`;
    }
    if ((mode & 0o400) === 0) await chmod(place, mode | 0o400);
    const found = await hashFile(place, hasher);
    return hash !== undefined && Buffer.compare(found, hash) === 0 ? undefined : 'its content is another one';
  } catch (error) {
    return reasonOf(error);
  }
}

/** Of those that the folder's file system can have, and this user may set. */
function hasAttributes(place: string | Buffer, { attributes }: Entry, root: string): boolean {
  const calls = attributeCalls();
  if (calls === undefined || sameAttributes(attributes, '')) return true;
  const isRoot = process.geteuid?.() === 0;
  const wanted = parseAttributes(attributes ?? '').filter(([name]) => isRoot || !PRIVILEGED.test(name));
  const found = new Map(parseAttributes(calls.read(place).attributes));
  const isThere = wanted.every(([name, value]) => found.get(name)?.equals(value) === true);
  return isThere || calls.set(root, PROBE) !== undefined;
}

const PRIVILEGED = /^(?:security|trusted)\./;
const PROBE: Attribute = ['user.snapshot', Buffer.from('can it be set?')];

/** Many file systems have no time before or after what 32 bits of seconds hold: the temporary folder may be on one. */
const COMMON = { first: -(2n ** 31n), last: 2n ** 31n - 1n };

/** A zip holds whole seconds, no time of links, and no time that does not fit. */
function isTime({ mtimeNs }: BigIntStats, entry: Entry, isZip: boolean): boolean {
  const wanted = entry.mtimeNs / NS_PER_SECOND;
  if (wanted <= COMMON.first || wanted >= COMMON.last) return true;
  // Not every system sets a time to the nanosecond.
  if (!isZip) return isSameTime(mtimeNs, entry.mtimeNs);
  const seconds = entry.mtimeNs / NS_PER_SECOND;
  if (entry.type === 'link' || seconds < ZIP_TIMES.first || seconds > ZIP_TIMES.last) return true;
  return mtimeNs / NS_PER_SECOND === seconds;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

async function hashFile(place: string | Buffer, hasher: Hasher): Promise<Uint8Array> {
  const file = await open(place, 'r');
  try {
    hasher.reset();
    const room = Buffer.allocUnsafe(READ_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(room, 0, room.length);
      if (bytesRead === 0) return hasher.digest();
      hasher.update(room.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

async function* pathsBelow(root: string, folder: BytePath): AsyncGenerator<BytePath> {
  for (const name of await readdir(systemPath(root, folder), { encoding: 'buffer' })) {
    const path = join(folder, fromBytes(name));
    yield path;
    if ((await lstat(systemPath(root, path))).isDirectory()) yield* pathsBelow(root, path);
  }
}
