// Owner, permissions and time of what was restored. Synchronous: it runs in workers.
import { chmodSync, fchmodSync, fchownSync, fstatSync, futimesSync } from 'node:fs';
import { ACL_PREFIX, setAttributes, settleAttributes } from '../base/attribute-calls.ts';
import { type Attribute, formatAttributes, parseAttributes } from '../base/attributes.ts';
import { reasonOf } from '../base/errors.ts';
import { setTimeNs } from '../base/time-calls.ts';
import { isOtherTime, toTime } from './mtime.ts';
import type { Meta } from './order.ts';

const SET_USER = 0o4000;
const SET_GROUP = 0o2000;

/** Who restores. */
export interface User {
  /** Undefined on Windows. */
  readonly uid: number | undefined;
  readonly groups: ReadonlySet<number>;
}

const SELF: User = { uid: process.geteuid?.(), groups: new Set(process.getgroups?.()) };

/**
 * Sets the owner where that is allowed, then time and mode. Where it is not, the bits that let others act as the
 * owner are left out, as `cp -p` does. Content is worth more than these: what the file system refuses is told.
 *
 * @param isNew - It has no extended attributes but what its folder has given it.
 * @param by - For tests.
 * @returns What was refused, in words; undefined when nothing was.
 */
export function setMeta(fd: number, meta: Meta, isNew: boolean, by: User = SELF): string | undefined {
  const { mode, uid, gid, mtimeNs, attributes } = meta;
  const refused: string[] = [];
  const chown = (user: number, group: number): void => fchownSync(fd, user, group);
  const owned = setOwner({ uid, gid }, fstatSync(fd), chown, refused, by);
  const allowed = mode & ~((owned.user ? 0 : SET_USER) | (owned.group ? 0 : SET_GROUP));
  // While its owner may write to it: of what is read-only, users' attributes cannot be set.
  const { first, last } = inTwo(attributes ?? '');
  if (attributes !== undefined)
    refused.push(...(isNew ? setAttributes(fd, first) : settleAttributes(fd, first)));
  // Before the mode: setting a time makes a file writable again under Wine.
  setTime(
    mtimeNs,
    (time) => setTimeNs(fd, mtimeNs) || futimesSync(fd, Date.now() / 1000, time),
    () => fstatSync(fd, { bigint: true }),
    refused,
  );
  const why = attempt(() => fchmodSync(fd, allowed));
  // Some file systems say that they did it.
  const { mode: now } = fstatSync(fd);
  if (!isSameMode('file', now, allowed))
    refused.push(`its mode is ${octal(now)}, not ${octal(allowed)}${because(why)}`);
  // An access list says more than a mode does.
  refused.push(...setAttributes(fd, last));
  return inWords(refused);
}

const OWNER_WRITES = 0o200;

/**
 * Whether what has the mode `found` has that of an entry as far as this system has modes. Windows knows of files whether they
 * are read-only, and nothing else: without that, all that was written elsewhere would be restored again and again.
 *
 * @param platform - For tests.
 */
export function isSameMode(
  type: 'file' | 'folder',
  found: number,
  wanted: number,
  platform: NodeJS.Platform = process.platform,
): boolean {
  if (platform !== 'win32') return (found & 0o7777) === wanted;
  return type === 'folder' || ((found ^ wanted) & OWNER_WRITES) === 0;
}

function isList([name]: Attribute): boolean {
  return name.startsWith(ACL_PREFIX);
}

/** What is set before the mode, and what after it. */
function inTwo(attributes: string): { readonly first: string; readonly last: string } {
  const all = parseAttributes(attributes);
  return {
    first: formatAttributes(all.filter((one) => !isList(one))),
    last: formatAttributes(all.filter(isList)),
  };
}

/** Sets a time by `set`; a failure is added to `refused`, and that `look` finds another one than `mtimeNs`. */
export function setTime(
  mtimeNs: bigint,
  set: (time: number | Date) => unknown,
  look: () => { readonly mtimeNs: bigint },
  refused: string[],
): void {
  const why = attempt(() => set(toTime(mtimeNs)));
  if (why !== undefined) refused.push(`its time could not be set${because(why)}`);
  else if (isOtherTime(look().mtimeNs, mtimeNs)) {
    refused.push('its time is another one, as this file system has not that year');
  }
}

/** Makes a file of Windows read-only, or not, as its mode says. It is no link. */
export function setReadOnly(at: string | Buffer, mode: number, refused: string[]): void {
  const why = attempt(() => chmodSync(at, mode));
  if (why !== undefined) refused.push(`its mode could not be set${because(why)}`);
}

/** Each of `refused` once: what is set in two steps may be refused in both. */
export function inWords(refused: readonly string[]): string | undefined {
  return refused.length === 0 ? undefined : [...new Set(refused)].join('; ');
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Gives what is this user's to another user and group, as far as possible. That only root gives files away is
 * no failure; that a file system refuses root is added to `refused`.
 *
 * @param now - Whose it is.
 * @param by - For tests.
 * @returns Whether it has the user and the group.
 */
export function setOwner(
  { uid, gid }: Owner,
  now: Owner,
  chown: (uid: number, gid: number) => void,
  refused: string[],
  by: User = SELF,
): { readonly user: boolean; readonly group: boolean } {
  // Windows.
  if (by.uid === undefined || (now.uid === uid && now.gid === gid)) return { user: true, group: true };
  if (by.uid === 0) {
    const why = attempt(() => chown(uid, gid));
    if (why === undefined) return { user: true, group: true };
    refused.push(`its owner is ${now.uid}:${now.gid}, not ${uid}:${gid}${because(why)}`);
    return { user: now.uid === uid, group: now.gid === gid };
  }
  const user = by.uid;
  const group = now.gid === gid || (by.groups.has(gid) && attempt(() => chown(user, gid)) === undefined);
  return { user: uid === user, group };
}

/** @returns Why it failed; undefined when it was done. */
function attempt(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

function because(why: string | undefined): string {
  return why === undefined ? '' : ` (${why})`;
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}
