// The file in a destination that tells a disk from the empty folder where it is mounted, and from other disks.
import { randomUUID } from 'node:crypto';
import { SnapshotError } from '../base/errors.ts';
import type { Store } from '../store/store.ts';
import { Fields } from './index/fields.ts';

const MARKER_FILE = 'snapshot-disk.json';

/** The id of the disk that `store` is on; undefined when no marker says, or a damaged one. */
export async function readMarker(store: Store): Promise<string | undefined> {
  const bytes = await store.read(MARKER_FILE);
  if (bytes === undefined) return undefined;
  try {
    return Fields.parse(bytes.toString('utf8'), MARKER_FILE).text('id', /^[0-9a-zA-Z-]{8,64}$/);
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    // It proves nothing; the next success writes another.
    return undefined;
  }
}

/** Marks the disk that `store` is on, unless it is. @returns Its id. */
export async function markDisk(store: Store): Promise<string> {
  const marked = await readMarker(store);
  if (marked !== undefined) return marked;
  const id = randomUUID();
  await store.put(MARKER_FILE, Buffer.from(`${JSON.stringify({ id })}\n`));
  return id;
}
