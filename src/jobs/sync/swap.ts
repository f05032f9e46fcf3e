// Puts the newest version of a path in its place again, as after a conflict that was settled the wrong way round. What is in that place
// becomes a version, so the same once more swaps them back.
import { printable, SnapshotError } from '../../base/errors.ts';
import { stampOf } from '../../mirror/version-name.ts';
import { partOf } from '../../sync/apply.ts';
import type { Item } from '../../sync/item.ts';
import { makeFolders, makeVersion } from '../../sync/make-version.ts';
import type { PastFile } from '../../sync/past-file.ts';
import { type Side, SideError } from '../../sync/side.ts';
import { type BytePath, display, fromText, parentOf } from '../../tree/path.ts';
import { type PairVersion, readVersions } from './pair-versions.ts';
import { withLocks } from './with-locks.ts';
import { withPair } from './with-pair.ts';

/** What a server tells of times, and FAT, is no finer. */
const COARSE_MS = 2000;

/**
 * Does it on the side where the version lies; the next sync brings it to the other one.
 *
 * @param paths - As people write them.
 * @throws {@link SnapshotError} `E_USAGE` when a path has no version on either side: then nothing is done. `E_ROW` when it cannot be done to one.
 */
export async function swapVersions(here: string, there: string, paths: readonly string[]): Promise<void> {
  await withPair(here, there, async (sides, file) => {
    const known = await readVersions(sides);
    const chosen = paths.map((text) => newestOf(known, text));
    await withLocks(sides, async (_, lost) => {
      const stamp = stampOf(new Date());
      for (const version of chosen) {
        lost.throwIfAborted();
        // While nothing is in its place, it must not be taken for deleted.
        await unagreed(file, version.path, async () => await swap(sides[version.side], version, stamp));
      }
    });
  });
}

/** By when it was replaced or deleted. */
function newestOf(known: readonly PairVersion[], text: string): PairVersion {
  const path = fromText(text.replace(/^\.\//, ''));
  const [newest] = known
    .filter((version) => version.path === path)
    .toSorted((a, b) => b.untilMs - a.untilMs || b.nth - a.nth);
  if (newest !== undefined) return newest;
  throw new SnapshotError('E_USAGE', `Neither side has a version of "${printable(text)}"`, {
    hint: 'Nothing was done. Versions stay as long as --keep says; the path is that of the file, as the sync names it.',
  });
}

/** Does `work` while nothing is known of what both sides had agreed on at `path`; what was known is known again after it. */
async function unagreed(file: PastFile, path: BytePath, work: () => Promise<void>): Promise<void> {
  const { sides, past } = await file.read(() => {});
  if (sides === undefined || !past.has(path)) {
    await work();
    return;
  }
  await file.write(sides, new Map([...past].filter(([at]) => at !== path)));
  await work();
  await file.write(sides, past);
}

async function swap(side: Side, { path, file, item }: PairVersion, stamp: string): Promise<void> {
  const now = await side.look(path);
  if (now?.type === 'folder')
    throw new SideError('is a folder now', { what: `Cannot swap "${display(path)}"` });
  await makeFolders(side, parentOf(path));
  const source = isTold(item, now) ? file : await copyOf(side, file, path, item);
  if (now !== undefined) await makeVersion(side, path, stamp, 'moved');
  await side.move(source, path);
  await side.settle(new Set([parentOf(path), parentOf(file)]));
}

/** Whether a listing tells that one is in the place of the other. */
function isTold(item: Item, now: Item | undefined): boolean {
  return (
    now === undefined ||
    item.type !== 'file' ||
    item.size !== now.size ||
    Math.abs(item.mtimeMs - now.mtimeMs) > COARSE_MS
  );
}

/** The same content with the time of now. @returns Where it is. */
async function copyOf(side: Side, file: BytePath, path: BytePath, { mode }: Item): Promise<BytePath> {
  const { signal } = new AbortController();
  const part = partOf(path);
  await side.write(part, side.read(file, signal), { mtimeMs: Date.now(), mode }, signal);
  return part;
}
