// What there is to bring, by what is known of both places. Pure.
import { isForSame } from '../../series/crypt/keys.ts';
import { placeOf } from '../../series/damage/damage.ts';
import { inOrder } from '../../series/order.ts';
import type { Snapshot, Survey } from '../../series/series.ts';
import type { Source } from './bring-snapshot.ts';
import { baseOf, type FilesThere, sharedFiles } from './files-there.ts';

/** A snapshot that is there, and not all of it, or not as it should be. */
export interface HurtSnapshot {
  readonly snapshot: Snapshot;
  /** What bringing it again costs. */
  readonly bytes: number;
}

/** What some place of `from` has and the other one has not, oldest first. */
export function missingOf(
  from: readonly Source[],
  there: Pick<Survey, 'snapshots'>,
  now: Date,
): readonly Snapshot[] {
  const names = new Set(there.snapshots.map(({ name }) => name));
  const missing = new Map<string, Snapshot>();
  for (const { snapshots } of from)
    for (const [name, one] of snapshots) if (!names.has(name) && !missing.has(name)) missing.set(name, one);
  return inOrder([...missing.values()], now);
}

/** Snapshots that are there, and in some place of `from` too, and that lack something. */
export function hurtOf(
  from: readonly Source[],
  there: Pick<Survey, 'snapshots'>,
  files: FilesThere,
  recipients: readonly string[],
): readonly HurtSnapshot[] {
  return there.snapshots.flatMap((snapshot) => {
    const { name, info } = snapshot;
    const isElsewhere = from.some(({ snapshots }) => snapshots.has(name));
    if (!isElsewhere || !isForSame(info.recipients, recipients)) return [];
    const bad = sharedFiles(info).filter((file) => files.isBad(placeOf(name, file)));
    if (bad.length === 0 && !files.bad().some((place) => place.startsWith(`${name}/`))) return [];
    return [{ snapshot, bytes: bad.reduce((sum, { bytes }) => sum + bytes, 0) }];
  });
}

/** What each of `chosen` costs where `files` are, beside a few small files: what they share is brought with the first one. */
export function costsOf(chosen: readonly Snapshot[], files: FilesThere): ReadonlyMap<string, number> {
  const planned = new Set<string>();
  return new Map(
    chosen.map(({ name, info }) => {
      let cost = 0;
      for (const file of sharedFiles(info)) {
        const id = `${file.sha256} ${baseOf(file)}`;
        if (planned.has(id) || files.find(file) !== undefined) continue;
        planned.add(id);
        cost += file.bytes;
      }
      return [name, cost];
    }),
  );
}
