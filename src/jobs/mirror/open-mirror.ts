import { realpath } from 'node:fs/promises';
import { SnapshotError, systemCode } from '../../base/errors.ts';
import type { MirrorState } from '../../mirror/state-file.ts';
import { readState } from '../../mirror/mirror.ts';
import { readVersions, type StoredVersion } from '../../mirror/versions.ts';
import type { Series } from '../../series/series.ts';

/** A mirror, to be looked into. */
export interface OpenMirror {
  /** Its path is free of links. */
  readonly root: string;
  readonly state: MirrorState;
  /** By path, and then the oldest first. */
  readonly versions: readonly StoredVersion[];
}

/**
 * @param series - Its own folder.
 * @throws {@link SnapshotError} `E_USAGE` when nothing was mirrored there yet; `E_DAMAGED` when its state cannot be understood.
 */
export async function openMirror(series: Series): Promise<OpenMirror> {
  const folder = series.home;
  try {
    const root = await realpath(folder);
    const state = await readState(root);
    if (state === undefined) throw nothingYet(folder);
    return { root, state, versions: await readVersions(root) };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw nothingYet(folder);
    throw error;
  }
}

function nothingYet(folder: string): SnapshotError {
  return new SnapshotError('E_USAGE', `There is no mirror at "${folder}"`);
}
