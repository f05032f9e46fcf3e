// What a look at a path says of it.
import type { BigIntStats } from 'node:fs';
import type { Entry } from './entry.ts';
import type { BytePath } from './path.ts';

export function entryOf(path: BytePath, type: Entry['type'], stats: BigIntStats): Entry {
  return {
    path,
    type,
    size: type === 'file' ? Number(stats.size) : 0,
    mode: Number(stats.mode) & 0o7777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    mtimeNs: stats.mtimeNs,
    ctimeNs: stats.ctimeNs,
    inode: stats.ino,
    target: undefined,
    hardlink: undefined,
  };
}

export function specialName(stats: BigIntStats): string {
  if (stats.isSocket()) return 'socket';
  if (stats.isFIFO()) return 'FIFO';
  return 'device';
}
