import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';

const CHUNK = Buffer.alloc(16 * 1024 * 1024);

/** Makes a file of zeros, none of which is a hole: it takes long to read, and little room in an archive. */
export function writeZeros(path: string, bytes: number): void {
  if (spawnSync('fallocate', ['-l', `${bytes}`, path]).status === 0) return;
  const file = openSync(path, 'w');
  for (let left = bytes; left > 0; left -= CHUNK.length)
    writeSync(file, CHUNK, 0, Math.min(left, CHUNK.length));
  closeSync(file);
}
