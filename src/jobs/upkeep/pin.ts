// Pins of snapshots, set and taken back by hand.
import { SnapshotError } from '../../base/errors.ts';
import { INFO_FILE } from '../../series/names.ts';
import { type Pin, readPin, removePin, writePin } from '../../series/pins.ts';
import type { Series } from '../../series/series.ts';
import { chooseSnapshot } from '../address.ts';

/**
 * Pins the snapshot that `when` names. A run may be at work meanwhile.
 *
 * @returns The name of the snapshot.
 * @throws {@link SnapshotError} `E_USAGE` when there is none, or rotation was faster.
 */
export async function pin(series: Series, when: string, reason: string, now: Date): Promise<string> {
  const { name } = chooseSnapshot(await series.survey(now), when);
  await writePin(series, name, { reason, since: now.toISOString() });
  const items = await series.store.list(series.key(name));
  if (items.some((item) => item.name === INFO_FILE)) return name;
  await removePin(series, name);
  await series.store.removeFolder(series.key(name));
  throw new SnapshotError('E_USAGE', `Snapshot ${name} was removed meanwhile; it cannot be pinned`);
}

/** Takes a pin back. @throws {@link SnapshotError} `E_USAGE` when there is none. */
export async function unpin(
  series: Series,
  when: string,
  now: Date,
): Promise<{ readonly name: string; readonly pin: Pin }> {
  const { name } = chooseSnapshot(await series.survey(now), when);
  const found = await readPin(series, name);
  if (found === undefined) throw new SnapshotError('E_USAGE', `Snapshot ${name} is not pinned`);
  await removePin(series, name);
  return { name, pin: found };
}
