import { SnapshotError } from '../base/errors.ts';
import { remoteAdvice, remoteKind } from './remote.ts';

/** `value`, the path that `option` names, unless it means another machine. @throws {@link SnapshotError} `E_USAGE` */
export function localPath(option: string, value: string): string {
  const remote = remoteKind(value, process.platform === 'win32');
  if (remote === undefined) return value;
  const hint = remoteAdvice(value);
  throw new SnapshotError('E_USAGE', `${option} has ${remote} "${value}"`, {
    hint: `${hint.slice(0, 1).toUpperCase()}${hint.slice(1)}.`,
  });
}
