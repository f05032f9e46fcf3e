// Syncs, and what has to be true after them.
import { sync, type SyncOptions } from '../../src/jobs/sync/sync.ts';
import type { SyncResult } from '../../src/jobs/sync/result.ts';
import { keptContentsOf, treeOf } from './mirrored.ts';
import type { Seen } from './trees.ts';

/** A sync of two sides, whatever the guards say; a warning is an error. */
export async function bring(
  here: string,
  there: string,
  options: Partial<SyncOptions> = {},
): Promise<SyncResult> {
  return await sync(here, there, {
    dryRun: false,
    rehash: false,
    acceptChanges: true,
    exclude: [],
    isWanted: () => true,
    keep: { within: 30 * 86_400_000 },
    signal: new AbortController().signal,
    warn: (message) => {
      throw new Error(message);
    },
    progress: () => {},
    ...options,
  });
}

/** What a side has, without what a sync does not carry over. */
export function shapeOf(root: string): ReadonlyMap<string, Pick<Seen, 'type' | 'sha256' | 'target'>> {
  return new Map(
    [...treeOf(root)]
      .filter(([path]) => path !== '.sync' && path !== '.sync.lock')
      .map(([path, { type, sha256, target }]) => [path, { type, sha256, target }]),
  );
}

/** How the sides differ, but for what was kept apart. */
export function differences(here: string, there: string, { actions }: SyncResult): readonly string[] {
  const apart = actions.filter(({ decision }) => decision.do === 'apart').map(({ path }) => String(path));
  const isApart = (path: string): boolean => apart.some((one) => path === one || path.startsWith(`${one}/`));
  const [a, b] = [shapeOf(here), shapeOf(there)];
  return [...new Set([...a.keys(), ...b.keys()])].filter(
    (path) => !isApart(path) && JSON.stringify(a.get(path)) !== JSON.stringify(b.get(path)),
  );
}

/** All contents that some roots have, or have kept. */
export function keptBy(...roots: readonly string[]): ReadonlySet<string> {
  const files = roots.flatMap((root) => [...shapeOf(root).values()]);
  const had = files.flatMap(({ sha256 }) => sha256 ?? []);
  return new Set([...had, ...roots.flatMap((root) => [...keptContentsOf(root)])]);
}

/** What they had before a sync, and neither has after it. */
export function lost(before: ReadonlySet<string>, ...roots: readonly string[]): readonly string[] {
  const kept = keptBy(...roots);
  return [...before].filter((hash) => !kept.has(hash));
}
