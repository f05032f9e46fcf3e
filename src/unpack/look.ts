// What is in the target already. Synchronous: it runs in workers.
import {
  type BigIntStats,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from 'node:fs';
import { attributeCalls } from '../base/attribute-calls.ts';
import { sameAttributes } from '../base/attributes.ts';
import { systemCode } from '../base/errors.ts';
import type { Hasher } from '../hash/blake3.ts';
import { fromBytes } from '../tree/path.ts';
import { type Target, Unsafe } from '../target/contained.ts';
import { isSameMode } from '../target/meta.ts';
import { isSameTime } from '../target/mtime.ts';
import type { Found, LookResult, LookTask, Sought } from './tasks.ts';
import { NO_SUCH_NAME } from '../target/write-file.ts';

const ROOM = Buffer.allocUnsafeSlow(1024 * 1024);

/** Looks up each of `sought`. What lies below a link is not there. */
export function look(
  target: Target,
  { sought, telling: pattern }: Pick<LookTask, 'sought' | 'telling'>,
  hasher: Hasher,
): LookResult {
  const inodes = new Map<number, string>();
  const telling: number[] = [];
  const lookAt = (one: Sought, n: number): Found => {
    const at = pathOf(target, one);
    const stats = at === undefined ? undefined : statsAt(at);
    if (at === undefined || stats === undefined) return 'none';
    if (one.isShared && stats.isFile()) inodes.set(n, `${stats.dev}:${stats.ino}`);
    if (!stats.isDirectory()) return foundAt(at, stats, one, hasher);
    const names = namesIn(at);
    if (names?.some((name) => pattern.test(name)) === true) telling.push(n);
    return names?.length === 0 ? 'empty' : 'folder';
  };
  const found = sought.map((one, n): Found => {
    try {
      return lookAt(one, n);
    } catch (error) {
      // Its folder may not be entered, or the disk fails there.
      if (systemCode(error) === undefined) throw error;
      return 'unseen';
    }
  });
  return { found, inodes, telling };
}

/** What is there; nothing where the file system has no such name. */
function statsAt(at: string | Buffer): BigIntStats | undefined {
  try {
    return lstatSync(at, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (NO_SUCH_NAME.has(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}

function pathOf(target: Target, { path }: Sought): string | Buffer | undefined {
  try {
    return path === '' ? target.root : target.at(path);
  } catch (error) {
    // One of its folders is not there, or is none.
    const code = systemCode(error) ?? '';
    if (error instanceof Unsafe || code === 'ENOTDIR' || NO_SUCH_NAME.has(code)) return undefined;
    throw error;
  }
}

function foundAt(at: string | Buffer, stats: BigIntStats, sought: Sought, hasher: Hasher): Found {
  if (stats.isSymbolicLink()) {
    const isSame =
      sought.type === 'link' && fromBytes(readlinkSync(at, { encoding: 'buffer' })) === sought.target;
    return isSame ? 'same' : 'link';
  }
  if (!stats.isFile()) return 'special';
  if (sought.type !== 'file' || stats.size !== BigInt(sought.size)) return 'file';
  const isTime = isSameTime(stats.mtimeNs, sought.mtimeNs);
  // Two of a size, and not from one moment: only the content can tell.
  if (!isTime && !hasContent(at, sought, hasher)) return 'file';
  if (isTime && isSameMode('file', Number(stats.mode), sought.mode) && hasAttributes(at, sought))
    return 'same';
  return stats.nlink > 1n ? 'linked' : 'content';
}

/** Where they cannot be looked at, or the snapshot says nothing of them, they are as they should be. */
function hasAttributes(at: string | Buffer, { attributes }: Sought): boolean {
  const found = attributes === undefined ? undefined : attributeCalls()?.read(at);
  return found === undefined || sameAttributes(found.attributes, attributes);
}

function namesIn(at: string | Buffer): readonly string[] | undefined {
  try {
    return readdirSync(at, { encoding: 'buffer' }).map((name) => fromBytes(name));
  } catch {
    // What cannot be looked into is not taken for empty.
    return undefined;
  }
}

function hasContent(at: string | Buffer, { size, hash }: Sought, hasher: Hasher): boolean {
  if (hash === undefined) return false;
  let fd: number;
  try {
    fd = openSync(at, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch {
    // It may be another one, as far as can be seen.
    return false;
  }
  try {
    hasher.reset();
    let done = 0;
    for (let bytes = 1; bytes > 0 && done <= size; done += bytes) {
      bytes = readSync(fd, ROOM, 0, ROOM.length, done);
      hasher.update(ROOM.subarray(0, bytes));
    }
    return done === size && Buffer.compare(hasher.digest(), hash) === 0;
  } catch (error) {
    // What cannot be read is not what it was.
    if (systemCode(error) === undefined) throw error;
    return false;
  } finally {
    closeSync(fd);
  }
}
