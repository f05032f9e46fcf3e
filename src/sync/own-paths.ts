// What belongs to this program at the root of a side, and is never synced.
import { MIRROR_DATA } from '../series/names.ts';
import type { BytePath } from '../tree/path.ts';

export const DATA_FOLDER: BytePath = MIRROR_DATA as BytePath;
/** What was replaced or deleted by a sync. */
export const VERSIONS: BytePath = `${DATA_FOLDER}/versions` as BytePath;
/** Says which root this is. */
export const ROOT_FILE: BytePath = `${DATA_FOLDER}/sync.json` as BytePath;
/** What both sides have, as an older tool wrote it; see dot-sync.ts. */
export const DOT_SYNC: BytePath = '.sync' as BytePath;
/** While it is there, somebody syncs this root. */
export const DOT_SYNC_LOCK: BytePath = '.sync.lock' as BytePath;

/** Whether `path` is one of these, or lies below them. */
export function isOwnPath(path: BytePath): boolean {
  return (
    path === DOT_SYNC || path === DOT_SYNC_LOCK || path === DATA_FOLDER || path.startsWith(`${DATA_FOLDER}/`)
  );
}
