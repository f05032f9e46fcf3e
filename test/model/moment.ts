// What a tree was at a moment, and what makes the next one another.
import type { Seen } from '../support/trees.ts';

/** What a snapshot has to give back. */
export interface Moment {
  readonly seen: ReadonlyMap<string, Seen>;
  /** Some of it is from an older snapshot, so that which names share an inode is not told. */
  readonly isPatched: boolean;
}

export interface Change {
  readonly added: number;
  readonly modified: number;
  readonly removed: number;
  /** Files of the older moment that are gone or modified. */
  readonly filesHit: number;
}

export const NOTHING: Moment = { seen: new Map(), isPatched: false };

/** Type, permissions, content and target count; times, owners and hard links do not. */
export function changeBetween(before: Moment, after: Moment): Change {
  const change = { added: 0, modified: 0, removed: 0, filesHit: 0 };
  for (const [path, old] of before.seen) {
    const now = after.seen.get(path);
    const isSame =
      now !== undefined &&
      now.type === old.type &&
      now.mode === old.mode &&
      now.sha256 === old.sha256 &&
      now.target === old.target;
    if (now === undefined) change.removed++;
    else if (!isSame) change.modified++;
    if (!isSame && old.type === 'file') change.filesHit++;
  }
  for (const path of after.seen.keys()) if (!before.seen.has(path)) change.added++;
  return change;
}

export function filesIn({ seen }: Moment): number {
  return [...seen.values()].filter(({ type }) => type === 'file').length;
}

/**
 * The tree `now` as a run can see it to which `shut` is closed: what was in it stays as it was `before`.
 *
 * @param now - As it is, with `shut` open.
 */
export function withShut(now: Moment, before: Moment, shut: string): Moment {
  const closed = now.seen.get(shut);
  if (closed === undefined || closed.type === 'link') return now;
  const seen = new Map(now.seen);
  const old = before.seen.get(shut);
  if (closed.type === 'folder') {
    for (const path of seen.keys()) if (path.startsWith(`${shut}/`)) seen.delete(path);
    for (const [path, entry] of before.seen) if (path.startsWith(`${shut}/`)) seen.set(path, entry);
    seen.set(shut, { ...closed, mode: '0' });
  } else if (old?.type === 'file') seen.set(shut, old);
  else seen.delete(shut);
  return { seen, isPatched: true };
}

/** Only what lies at `glob`, an anchored path, or has it as a name, and the folders above. */
export function chosen({ seen, isPatched }: Moment, glob: string): Moment {
  const isChosen = (path: string): boolean =>
    glob.startsWith('/') ? `/${path}/`.startsWith(`${glob}/`) : path.split('/').includes(glob);
  const paths = [...seen.keys()].filter(isChosen);
  const above = (path: string): boolean => paths.some((one) => one.startsWith(`${path}/`));
  const some = [...seen].filter(([path]) => isChosen(path) || above(path));
  return { seen: new Map(some), isPatched: isPatched || some.length < seen.size };
}

/**
 * Entries in a form that two moments have in common when one is as good as the other.
 *
 * @param isRestored - Restored files have times to the microsecond, some of them a quarter of it too early.
 */
export function comparable({ seen }: Moment, isPatched: boolean): ReadonlyMap<string, object> {
  const sorted = [...seen].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return new Map(sorted.map(([path, entry]) => [path, isPatched ? { ...entry, sameAs: undefined } : entry]));
}
