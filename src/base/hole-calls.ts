// Where a file has data, as lseek(2) tells. Node has no call for it.
import { systemCalls } from './system-calls.ts';

const IS_MAC = process.platform === 'darwin';
const SEEK_DATA = IS_MAC ? 4 : 3;
const SEEK_HOLE = IS_MAC ? 3 : 4;

/** Moves to the next data, or hole, from an offset on; -1 where there is none, or the file system does not tell. */
export type Seek = (fd: number, from: number, whence: 'data' | 'hole') => number;

let seek: Seek | false | undefined;

/** Undefined where this system has no such call, or it cannot be made. */
export function seekCall(): Seek | undefined {
  if (seek === undefined) {
    const system = systemCalls();
    const lseek = system?.func('lseek', 'int64_t', ['int', 'int64_t', 'int']);
    seek =
      lseek !== undefined &&
      ((fd, from, whence) => Number(lseek(fd, from, whence === 'data' ? SEEK_DATA : SEEK_HOLE)));
  }
  return seek === false ? undefined : seek;
}
