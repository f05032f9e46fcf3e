import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { reasonOf, SnapshotError, systemCode } from '../../base/errors.ts';
import { type FoundEntry, readTags } from './entry.ts';
import { readText } from './scheduler.ts';

/** The entries in the files of `folder` whose names `pattern` matches; what others have put there is passed over. */
export async function entriesIn(folder: string, pattern: RegExp): Promise<readonly FoundEntry[]> {
  const found: FoundEntry[] = [];
  for (const name of await namesIn(folder)) {
    if (pattern.test(name)) found.push(...readTags((await readText(path.join(folder, name))) ?? ''));
  }
  return found;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).toSorted();
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return [];
    throw new SnapshotError('E_HOST', `Cannot read the folder "${folder}": ${reasonOf(cause)}`, { cause });
  }
}
