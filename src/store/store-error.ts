import { reasonOf, SnapshotError, systemCode } from '../base/errors.ts';

/** What is done to read; all else is done to write. */
const READING: ReadonlySet<string> = new Set(['list', 'look at', 'read']);

/** The disk of a store is full: fewer snapshots make room. */
export class FullError extends SnapshotError {
  constructor(message: string, cause: unknown) {
    super('E_SPACE', message, { cause, hint: 'Make room on the destination.' });
  }
}

/** What a file call of the system has thrown, as an error of the store. */
export function storeError(action: string, path: string, cause: unknown): SnapshotError {
  const code = systemCode(cause);
  const message = `Cannot ${action} "${path}": ${reasonOf(cause)}`;
  if (code === 'ENOSPC' || code === 'EDQUOT') return new FullError(message, cause);
  if (code === 'EROFS') {
    const hint = 'Mount it so that it can be written.';
    return new SnapshotError('E_STORE', message, { cause, hint });
  }
  if (code === 'EACCES' || code === 'EPERM') {
    const what = READING.has(action) ? 'read the destination' : 'write to the destination';
    return new SnapshotError('E_STORE', message, { cause, hint: `Check who may ${what}.` });
  }
  return new SnapshotError('E_STORE', message, { cause });
}
