import { reasonOf, SnapshotError, systemCode } from '../base/errors.ts';

/** What a file call of the system has thrown, as an error of the store. */
export function storeError(action: string, path: string, cause: unknown): SnapshotError {
  const code = systemCode(cause);
  const message = `Cannot ${action} "${path}": ${reasonOf(cause)}`;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const hint = 'Make room on the destination.';
    return new SnapshotError('E_SPACE', message, { cause, hint });
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    const hint = 'Check who may write to the destination.';
    return new SnapshotError('E_STORE', message, { cause, hint });
  }
  return new SnapshotError('E_STORE', message, { cause });
}
