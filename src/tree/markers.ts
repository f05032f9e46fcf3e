// Files that say of the folder they lie in that it is not to be backed up. They are kept, and nothing else of it.
import { closeSync, lstatSync, openSync, readSync } from 'node:fs';
import { caseless } from '../base/same-name.ts';
import { type BytePath, join, systemPath, toText } from './path.ts';

/** Marks a folder as a cache that can be made anew. Source: https://bford.info/cachedir/ */
const CACHE_TAG = 'CACHEDIR.TAG' as BytePath;
const CACHE_SIGNATURE = 'Signature: 8a477f597d28d172789f06886806bc55';

// Stryker disable next-line all: of other systems than the one that the tests run on
const IGNORES_CASE = process.platform === 'win32' || process.platform === 'darwin';

/**
 * Which of `names`, all that `folder` holds, mark it.
 *
 * @param root - What paths are relative to.
 * @param wanted - Names of markers, beside that of a cache.
 */
export function markersIn(
  root: string,
  folder: BytePath,
  names: readonly BytePath[],
  wanted: readonly string[],
): readonly BytePath[] {
  const at = (name: BytePath): string | Buffer => systemPath(root, join(folder, name));
  const isCache = names.includes(CACHE_TAG) && isCacheTag(at(CACHE_TAG));
  if (wanted.length === 0) return isCache ? [CACHE_TAG] : [];
  const keys = new Set(wanted.map(keyOf));
  return names.filter(
    (name) => (isCache && name === CACHE_TAG) || (keys.has(keyOf(toText(name) ?? name)) && isFile(at(name))),
  );
}

function keyOf(name: string): string {
  return IGNORES_CASE ? caseless(name) : name.normalize();
}

/** A folder marks nothing: it would have to be kept with all that it holds. */
function isFile(path: string | Buffer): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function isCacheTag(tag: string | Buffer): boolean {
  try {
    if (!isFile(tag)) return false;
    const fd = openSync(tag, 'r');
    try {
      const head = Buffer.alloc(CACHE_SIGNATURE.length);
      return (
        readSync(fd, head, 0, head.length, 0) === head.length && head.toString('latin1') === CACHE_SIGNATURE
      );
    } finally {
      closeSync(fd);
    }
  } catch {
    // Not known to be a cache: it is kept. If the tag is unreadable, reading it as a file will say so.
    return false;
  }
}
