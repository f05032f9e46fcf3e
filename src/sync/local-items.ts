// What file calls give and throw, in the words of a side.
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { reasonOf, SnapshotError, systemCode } from '../base/errors.ts';
import { Unsafe } from '../target/contained.ts';
import { nameRefused } from '../target/write-file.ts';
import type { Entry } from '../tree/entry.ts';
import { type BytePath, display } from '../tree/path.ts';
import type { Item } from './item.ts';
import { SideError } from './side.ts';

/** After these nothing more can be done at all. */
const FATAL: ReadonlySet<string> = new Set([
  'ENOSPC',
  'EDQUOT',
  'EROFS',
  'ENODEV',
  'ENXIO',
  'ESTALE',
  'EHOSTDOWN',
]);

/** Whether files have permission bits here. */
export const HAS_MODES: boolean = process.platform !== 'win32';

export function ifThere(error: unknown): undefined {
  const code = systemCode(error);
  if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
}

/** Content is worth more than what a file system refuses of it; the listing that follows tells what it has made of it. */
export function ifRefused(error: unknown): void {
  const code = systemCode(error) ?? '';
  if (!['EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL', 'ENOSYS'].includes(code)) throw error;
}

export async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;)
    done += (await file.write(bytes, done, bytes.length - done)).bytesWritten;
}

export function statsOf(stats: BigIntStats): Pick<Entry, 'size' | 'mode' | 'mtimeNs' | 'ctimeNs' | 'inode'> {
  const { size, mode, mtimeNs, ctimeNs, ino } = stats;
  return { size: Number(size), mode: Number(mode) & 0o7777, mtimeNs, ctimeNs, inode: ino };
}

export function itemOf(
  entry: Pick<Entry, 'type' | 'size' | 'mode' | 'mtimeNs' | 'ctimeNs' | 'inode' | 'target'>,
): Item {
  const { type, size, mode, mtimeNs, ctimeNs, inode, target } = entry;
  return {
    type,
    size: type === 'file' ? size : 0,
    mtimeMs: Number(mtimeNs / 1_000_000n),
    mode: HAS_MODES && type !== 'link' ? mode & 0o777 : undefined,
    target,
    tag: type === 'file' ? `${mtimeNs % 1_000_000n}.${ctimeNs}.${inode}` : '',
  };
}

/** What a file call has thrown, as what a side throws; a defect stays one. */
export function whatFailed(action: string, label: string, path: BytePath, error: unknown): unknown {
  const what = `Cannot ${action} "${display(path)}" in "${label}"`;
  if (error instanceof Unsafe) return new SideError(error.message, { cause: error, what });
  const code = systemCode(error);
  if (code === undefined) return error;
  if (!FATAL.has(code)) {
    const refused = action === 'write' || action === 'make' ? nameRefused(error) : undefined;
    return new SideError(refused?.message ?? reasonOf(error), { cause: error, what });
  }
  return new SnapshotError(
    code === 'ENOSPC' || code === 'EDQUOT' ? 'E_SPACE' : 'E_ROW',
    `Cannot ${action} in "${label}": ${reasonOf(error)}`,
    { cause: error, hint: 'What was done by then stays; the next sync goes on.' },
  );
}
