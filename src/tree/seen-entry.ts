// What a look at a path says of it.
import type { BigIntStats } from 'node:fs';
import type { Entry } from './entry.ts';
import type { BytePath } from './path.ts';

const OWNER_WRITES = 0o200;

/** @param platform - For tests. */
export function entryOf(
  path: BytePath,
  type: Entry['type'],
  stats: BigIntStats,
  platform: NodeJS.Platform = process.platform,
): Entry {
  return {
    path,
    type,
    size: type === 'file' ? Number(stats.size) : 0,
    mode: platform === 'win32' ? windowsMode(type, stats) : Number(stats.mode) & 0o7777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mtimeNs: stats.mtimeNs,
    ctimeNs: stats.ctimeNs,
    inode: stats.ino,
    target: undefined,
    hardlink: undefined,
    // There, holes are not to be found, and files of the cloud take nothing.
    ...(type === 'file' && platform !== 'win32' && { allocated: allocatedOf(stats) }),
  };
}

/** Up to this size only files count that are nearly all holes: a disk that compresses would make every file one with holes. */
const SMALL_BYTES = 4 * 1024 * 1024;

/** Fewer bytes than this are no hole that matters. */
const LEAST_HOLE = 64 * 1024;

/** What a file takes on the disk, where that is clearly less than its size. */
export function allocatedOf(stats: Pick<BigIntStats, 'size' | 'blocks'>): number | undefined {
  const [size, allocated] = [Number(stats.size), Number(stats.blocks) * 512];
  const missing = size - allocated;
  const share = size > SMALL_BYTES ? size / 64 : size - size / 8;
  return missing >= LEAST_HOLE && missing >= share ? allocated : undefined;
}

/**
 * Windows has no modes; what Node gives for them (0666, or 0444 for what is read-only) lets nobody into a folder where there
 * are some. Of a folder, read-only says nothing there: the Explorer marks folders so that have an icon of their own.
 */
function windowsMode(type: Entry['type'], { mode }: BigIntStats): number {
  if (type === 'link') return 0o777;
  if (type === 'folder') return 0o755;
  return (Number(mode) & OWNER_WRITES) === 0 ? 0o444 : 0o644;
}

export function specialName(stats: BigIntStats): string {
  if (stats.isSocket()) return 'socket';
  if (stats.isFIFO()) return 'FIFO';
  return 'device';
}
