// One file on its way into the target. Synchronous: it runs in workers, where async calls cost five times more.
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  writeSync,
} from 'node:fs';
import { systemCode } from '../base/errors.ts';
import { files } from '../base/file-calls.ts';
import { baseName, type BytePath, fromBytes, parentOf } from '../tree/path.ts';
import { takenFor, type Target, Unsafe } from './contained.ts';
import { setMeta } from './meta.ts';
import type { FileOrder } from './order.ts';

/** Only what was not there before is opened, and nothing through a link. */
export const PART_FLAGS: number =
  constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/** Nobody else reads a file before it has its own mode. */
export const PART_MODE = 0o600;

/** Writes `content`, which is verified, under a temporary name, and gives it mode, time, owner and its own name. @returns See {@link setMeta}. */
export function writeFile(target: Target, order: FileOrder, content: Uint8Array): string | undefined {
  const part = target.partAt(order.path);
  const fd = openPart(part);
  try {
    let refused: string | undefined;
    try {
      for (let done = 0; done < content.length;) done += writeSync(fd, content, done);
      refused = setMeta(fd, order, true);
    } finally {
      closeSync(fd);
    }
    claim(target, order, part);
    return refused;
  } catch (error) {
    removePart(part);
    throw error;
  }
}

/** Opens a part that is not there; one that was left by who was killed makes way. To look for that first takes longer than writing a small file. */
export function openPart(part: string | Buffer): number {
  try {
    return openSync(part, PART_FLAGS, PART_MODE);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    removePart(part);
    return openSync(part, PART_FLAGS, PART_MODE);
  }
}

/** As {@link writeFile}, when the content is there already. */
export function settleFile(target: Target, order: FileOrder): string | undefined {
  const part = target.partAt(order.path);
  try {
    const fd = openSync(part, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0));
    let refused: string | undefined;
    try {
      if (!fstatSync(fd).isFile()) throw new Unsafe('what was written is no file any more');
      refused = setMeta(fd, order, true);
    } finally {
      closeSync(fd);
    }
    claim(target, order, part);
    return refused;
  } catch (error) {
    removePart(part);
    throw error;
  }
}

/** A part left by a restore that was killed would be in the way. */
export function removePart(part: string | Buffer): void {
  try {
    files.unlinkSync(part);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

/**
 * Gives what is at `part` the name `order.path`.
 *
 * @throws {@link Unsafe} when something is there that was not to be replaced: put there meanwhile, or by another
 * entry whose name this file system takes for the same.
 */
export function claim(
  target: Target,
  { path, replaces, twin }: Pick<FileOrder, 'path' | 'replaces'> & Partial<Pick<FileOrder, 'twin'>>,
  part: string | Buffer,
): void {
  const at = target.at(path);
  const there = statsAt(at);
  if (there !== undefined) {
    if (twin !== undefined && isOneWith(target, path, there, twin)) throw new Unsafe(takenFor(twin));
    if (!replaces) throw new Unsafe('something is there that was not there before');
    if (there.isDirectory()) files.rmdirSync(at);
  }
  try {
    files.renameSync(part, at);
  } catch (error) {
    // Without the part it says the same, and means that.
    throw (statsAt(part) === undefined ? undefined : nameRefused(error)) ?? error;
  }
}

/** What is at `at`; nothing where the file system has no such name. */
function statsAt(at: string | Buffer): BigIntStats | undefined {
  try {
    return lstatSync(at, { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (NO_SUCH_NAME.has(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** What file systems say of names that they cannot have, as `a:b` on a disk for Windows, or one that is not UTF-8. */
export const NO_SUCH_NAME: ReadonlySet<string> = new Set(['ENOENT', 'EINVAL', 'EILSEQ', 'ENAMETOOLONG']);

/** For what failed to be made in a folder that is there: whether its name was the reason. */
export function nameRefused(error: unknown): Unsafe | undefined {
  const code = systemCode(error) ?? '';
  if (!NO_SUCH_NAME.has(code)) return undefined;
  const why =
    code === 'ENAMETOOLONG'
      ? 'its name is too long for this file system'
      : 'this file system has no such name';
  return new Unsafe(why, { cause: error });
}

/**
 * Whether what is `there` at `path` is `twin`. Not every file system gives one file one inode: on exFAT through FUSE,
 * each spelling has its own, and the folder lists only one.
 */
function isOneWith(target: Target, path: BytePath, there: BigIntStats, twin: BytePath): boolean {
  const other = statsAt(target.at(twin));
  if (other === undefined) return false;
  if (other.ino === there.ino && other.dev === there.dev && there.ino !== 0n) return true;
  const folder = parentOf(path);
  const names = readdirSync(folder === '' ? target.root : target.at(folder), { encoding: 'buffer' });
  const listed = new Set(names.map((name) => fromBytes(name)));
  return !listed.has(baseName(path)) || !listed.has(baseName(twin));
}
