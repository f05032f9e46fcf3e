import { SnapshotError } from '../errors.ts';
import type { Snapshot, Survey } from '../snapshot/series.ts';

/**
 * The snapshot that `when` means: `latest`, a name or the unique start of one.
 *
 * @throws {@link SnapshotError} `E_USAGE` when there is none, or more than one.
 */
export function chooseSnapshot({ snapshots }: Survey, when: string): Snapshot {
  const found =
    when === 'latest' ? snapshots.slice(-1) : snapshots.filter(({ name }) => name.startsWith(when));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const names = (found.length > 0 ? found : snapshots).map(({ name }) => name);
  const message =
    snapshots.length === 0
      ? 'The series has no snapshot'
      : found.length > 1
        ? `More than one snapshot begins with \`${when}\``
        : `No snapshot is called \`${when}\``;
  throw new SnapshotError(
    'E_USAGE',
    message,
    names.length > 0 ? { hint: `There are: ${names.join(', ')}` } : {},
  );
}
