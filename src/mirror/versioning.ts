// Keeps what is replaced or removed in a mirror. Synchronous: it runs in a thread of its own.
import { createHash } from 'node:crypto';
import { linkSync, lstatSync, mkdirSync, readlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { systemCode } from '../base/errors.ts';
import { files } from '../base/file-calls.ts';
import type { Target } from '../target/contained.ts';
import { makeSymlink } from '../target/make-link.ts';
import { type BytePath, fromBytes, join, parentOf } from '../tree/path.ts';
import { DATA_FOLDER } from './held.ts';
import { versionPath } from './version-name.ts';

export const VERSIONS: BytePath = join(DATA_FOLDER, 'versions' as BytePath);

/**
 * Gives what is at `path` a name among the versions.
 *
 * @param stays - It keeps its own until something else takes it: at no moment its path is empty. Only where a file can have one
 *   name it loses it all the same.
 * @param stamp - When it ends.
 * @returns Where it is, below the folder of versions.
 */
export function makeVersion(target: Target, path: BytePath, stays: boolean, stamp: string): BytePath {
  const at = target.at(path);
  for (let nth = 1; ; nth++) {
    const version = versionPath(path, stamp, nth) ?? shortened(path, stamp, nth);
    const to = reach(target, join(VERSIONS, version));
    if (lstatSync(to, { throwIfNoEntry: false }) !== undefined) continue;
    if (!stays || !addName(at, to)) files.renameSync(at, to);
    return version;
  }
}

/** @returns Whether what is at `at` is at `to` as well. */
function addName(at: string | Buffer, to: string | Buffer): boolean {
  try {
    if (lstatSync(at).isSymbolicLink())
      makeSymlink(fromBytes(readlinkSync(at, 'buffer')), to, dirname(String(to)));
    else linkSync(at, to);
    return true;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}

/** What to hand to a call for `path`, whose folders are made. */
export function reach(target: Target, path: BytePath): string | Buffer {
  try {
    return target.at(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    mkdirSync(reach(target, parentOf(path)), { mode: 0o700 });
    return target.at(path);
  }
}

/** A name that would be too long with a date in it: only the line of the version says of what it is one. */
function shortened(path: BytePath, stamp: string, nth: number): BytePath {
  const digest = createHash('sha256').update(path, 'latin1').digest('hex').slice(0, 16);
  return join(parentOf(path), `${digest}~${stamp}${nth === 1 ? '' : `-${nth}`}` as BytePath);
}
