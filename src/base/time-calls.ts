// Setting times to the nanosecond: futimens(3) and utimensat(2). Node's calls take seconds in a double, which cannot say them.
import { type SystemCalls, systemCalls } from './system-calls.ts';

const IS_MAC = process.platform === 'darwin';
/** In the place of nanoseconds: the time is now. */
const UTIME_NOW = IS_MAC ? -1n : 0x3fffffffn;
const AT_FDCWD = IS_MAC ? -2 : -100;
const AT_SYMLINK_NOFOLLOW = IS_MAC ? 0x20 : 0x100;

const BILLION = 1_000_000_000n;

type Call = ReturnType<SystemCalls['func']>;

let calls: { readonly open: Call; readonly path: Call } | false | undefined;

function load(): { readonly open: Call; readonly path: Call } | false {
  const system = systemCalls();
  if (system === undefined) return false;
  return {
    open: system.func('futimens', 'int', ['int', 'const void *']),
    path: system.func('utimensat', 'int', ['int', 'const void *', 'const void *', 'int']),
  };
}

/**
 * Sets when something was read to now, and when it was modified to `mtimeNs`.
 *
 * @param of - A descriptor, or the path of a link, which is not followed.
 * @returns False when that was not possible; Node's own calls can tell why.
 */
export function setTimeNs(of: number | string | Buffer, mtimeNs: bigint): boolean {
  calls ??= load();
  if (calls === false) return false;
  const fraction = ((mtimeNs % BILLION) + BILLION) % BILLION;
  const times = Buffer.alloc(32);
  times.writeBigInt64LE(UTIME_NOW, 8);
  times.writeBigInt64LE(BigInt.asIntN(64, (mtimeNs - fraction) / BILLION), 16);
  times.writeBigInt64LE(fraction, 24);
  if (typeof of === 'number') return Number(calls.open(of, times)) === 0;
  const path = Buffer.concat([typeof of === 'string' ? Buffer.from(of) : of, Buffer.alloc(1)]);
  return Number(calls.path(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW)) === 0;
}
