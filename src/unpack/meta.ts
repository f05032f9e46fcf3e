// Owner, permissions and time of what was restored. Synchronous: it runs in workers.
import { fchmodSync, fchownSync, futimesSync } from 'node:fs';
import { toTime } from './mtime.ts';
import type { Meta } from './tasks.ts';

const SET_USER = 0o4000;
const SET_GROUP = 0o2000;

const USER = process.geteuid?.();
const GROUPS: ReadonlySet<number> = new Set(process.getgroups?.());

/**
 * Sets the owner where that is allowed, then mode and time. Where it is not, the bits that let others act as the
 * owner are left out, as `cp -p` does.
 */
export function setMeta(fd: number, { mode, uid, gid, mtimeNs }: Meta): void {
  const owned = setOwner(uid, gid, (user, group) => fchownSync(fd, user, group));
  fchmodSync(fd, mode & ~((owned.user ? 0 : SET_USER) | (owned.group ? 0 : SET_GROUP)));
  futimesSync(fd, Date.now() / 1000, toTime(mtimeNs));
}

/** Gives what is this user's to user `uid` and group `gid`, as far as possible. @returns Whose it is now. */
export function setOwner(
  uid: number,
  gid: number,
  chown: (uid: number, gid: number) => void,
): { readonly user: boolean; readonly group: boolean } {
  // Windows.
  if (USER === undefined) return { user: true, group: true };
  if (USER === 0) {
    const done = isDone(() => chown(uid, gid));
    return { user: done || uid === 0, group: done };
  }
  const group = GROUPS.has(gid) && isDone(() => chown(USER, gid));
  return { user: uid === USER, group };
}

/** Not to be allowed is no failure; nor is a disk that knows no owners. */
function isDone(call: () => void): boolean {
  try {
    call();
    return true;
  } catch {
    return false;
  }
}
