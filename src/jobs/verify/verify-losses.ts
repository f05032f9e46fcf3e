// Which files damage costs, and which snapshots still have them.
import { SnapshotError } from '../../base/errors.ts';
import type { At } from '../../series/index/index-line.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import { display } from '../../tree/path.ts';
import type { ArchiveShelf } from './verify-archives.ts';
import type { Lost } from './verify-events.ts';

interface Content {
  readonly size: number;
  readonly hash: Uint8Array;
  readonly at: At;
}

/**
 * Goes through the indexes once more, when anything is lost at all.
 *
 * @param snapshots - All of the series whose indexes can be read.
 * @param wanted - Those that are verified, by name.
 */
export async function* findLosses(
  series: Series,
  shelf: ArchiveShelf,
  snapshots: readonly Snapshot[],
  wanted: ReadonlySet<string>,
): AsyncGenerator<Lost> {
  const bad = shelf.badHashes();
  if (bad.size === 0) return;
  const stillIn = new Map<string, string[]>();
  const isThere = (snapshot: string, { size, hash, at }: Content): boolean => {
    const [number, offset, length, skip] = at;
    const named = shelf.of(snapshot).get(number);
    return named !== undefined && shelf.has(named, { offset, length, skip, size, hash });
  };
  for (const snapshot of snapshots) {
    for await (const { content } of contentsOf(series, snapshot)) {
      const key = Buffer.from(content.hash).toString('latin1');
      if (!bad.has(key) || !isThere(snapshot.name, content)) continue;
      const names = stillIn.get(key) ?? [];
      stillIn.set(key, names);
      if (names.at(-1) !== snapshot.name) names.push(snapshot.name);
    }
  }
  for (const snapshot of snapshots) {
    if (!wanted.has(snapshot.name)) continue;
    for await (const { path, content } of contentsOf(series, snapshot)) {
      const key = Buffer.from(content.hash).toString('latin1');
      if (path === undefined || !bad.has(key) || isThere(snapshot.name, content)) continue;
      const { name } = snapshot;
      yield { event: 'lost', series: series.name, snapshot: name, path, stillIn: stillIn.get(key) ?? [] };
    }
  }
}

/** All content that a snapshot names, with the path of what is in its tree. */
async function* contentsOf(
  series: Series,
  snapshot: Snapshot,
): AsyncGenerator<{ path: string | undefined; content: Content }> {
  try {
    for (const { entry, hash, at } of await series.entries(snapshot)) {
      if (hash === undefined || at === undefined) continue;
      yield { path: display(entry.path), content: { size: entry.size, hash, at } };
    }
    for await (const { size, hash, at } of series.dead(snapshot)) {
      yield { path: undefined, content: { size, hash, at } };
    }
  } catch (error) {
    // Damage of the lines themselves is told already.
    if (!(error instanceof SnapshotError)) throw error;
  }
}
