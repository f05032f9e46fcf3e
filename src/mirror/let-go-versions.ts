// Removes the versions that `keep` lets go.
import { rename, rmdir, unlink, writeFile } from 'node:fs/promises';
import { systemCode } from '../base/errors.ts';
import type { Keep } from '../plan/keep.ts';
import { type BytePath, join, parentOf, systemPath } from '../tree/path.ts';
import { thinned } from './thin.ts';
import { linesFile, readVersions, versionLine } from './versions.ts';
import { VERSIONS } from './versioning.ts';

/** @returns How many were removed. */
export async function letGoVersions(root: string, keep: Keep, now: Date): Promise<number> {
  const versions = await readVersions(root);
  const gone = new Set(thinned(versions, keep, now));
  if (gone.size === 0) return 0;
  for (const { file } of gone) {
    if (file === undefined) continue;
    await unlink(systemPath(root, join(VERSIONS, file))).catch(ifThere);
    await removeEmpty(root, parentOf(file));
  }
  const left = versions.filter((version) => !gone.has(version)).map(versionLine);
  const file = linesFile(root);
  await writeFile(`${file}.part`, left.length === 0 ? '' : `${left.join('\n')}\n`, { mode: 0o600 });
  await rename(`${file}.part`, file);
  return gone.size;
}

async function removeEmpty(root: string, folder: BytePath): Promise<void> {
  if (folder === '') return;
  try {
    await rmdir(systemPath(root, join(VERSIONS, folder)));
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    // It holds others.
    return;
  }
  await removeEmpty(root, parentOf(folder));
}

function ifThere(error: unknown): void {
  if (systemCode(error) !== 'ENOENT') throw error;
}
