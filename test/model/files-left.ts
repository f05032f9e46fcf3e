// What earlier rotations and stopped runs have left is cleared away, but for what a snapshot names.
import { strict as assert } from 'node:assert';
import type { NaiveReader } from './naive-reader.ts';

/** All files that the snapshots name. */
export function namedBy(reader: NaiveReader, snapshots: Iterable<string>): ReadonlySet<string> {
  return new Set([...snapshots].flatMap((snapshot) => reader.filesOf(snapshot)));
}

/** @param namedBefore - What the snapshots named when the run began: what it has rotated out itself may leave that. */
export function checkLeft(
  reader: NaiveReader,
  snapshots: ReadonlySet<string>,
  namedBefore: ReadonlySet<string>,
): void {
  const named = namedBy(reader, snapshots);
  const left = reader
    .files()
    .filter((file) => file.includes('/') && !snapshots.has(folderOf(file)))
    // What keeps older versions out.
    .filter((file) => folderOf(file) !== '.lock-of-version-2');
  const isNeeded = (file: string): boolean => named.has(file) || namedBefore.has(file);
  // A folder that stays for others says that it is no snapshot.
  const needed = new Set(left.filter(isNeeded).map((file) => `${folderOf(file)}/LET-GO`));
  assert.deepEqual(
    left.filter((file) => !isNeeded(file) && !needed.has(file)),
    [],
    'files left behind',
  );
}

/** The dated folder that a file lies in. */
export function folderOf(file: string): string {
  return file.split('/')[0] ?? '';
}
