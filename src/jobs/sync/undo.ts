// Takes the last sync back: what it replaced or deleted comes back from the versions, what it made goes there.
import { SnapshotError } from '../../base/errors.ts';
import { stampOf } from '../../mirror/version-name.ts';
import { type Done, foldersOf } from '../../sync/done.ts';
import { type ClosedFolder, OpenedFolders, withOwner } from '../../sync/folder-modes.ts';
import { isSameFile, isUntouched, type SideName } from '../../sync/item.ts';
import { makeFolders, makeVersion } from '../../sync/make-version.ts';
import type { PastFile } from '../../sync/past-file.ts';
import { rename } from '../../sync/rename.ts';
import type { Trouble } from '../../sync/see.ts';
import { ifOfSide, type Side, SideError } from '../../sync/side.ts';
import { type BytePath, parentOf } from '../../tree/path.ts';
import { replacedSide } from './changed-roots.ts';
import { closeLeftOpen, noteOpen } from './left-open.ts';
import { lastSteps } from './result.ts';
import { withLocks } from './with-locks.ts';
import { withPair } from './with-pair.ts';

export interface Undone {
  readonly steps: readonly Done[];
  /** What has changed since, and so was left as it is. */
  readonly troubles: readonly Trouble[];
}

/**
 * What it has taken back, both sides have agreed on no more: the next sync unites them there, and deletes nothing.
 *
 * @throws {@link SnapshotError} `E_USAGE` when there is nothing to take back.
 */
export async function undoSync(here: string, there: string, dryRun: boolean): Promise<Undone> {
  return await withPair(here, there, async (sides, file) => {
    const steps = (await lastSteps(file)).toReversed();
    if (steps.length === 0) throw new SnapshotError('E_USAGE', 'There is no sync of these two to take back');
    for (const side of [sides.here, sides.there])
      if ((await side.root()) !== 'folder')
        throw new SnapshotError('E_AWAY', `"${side.label}" is not there; nothing was taken back`, {
          hint: 'Is its disk connected?',
        });
    const replaced = await replacedSide(sides, await file.read(() => {}));
    if (replaced !== undefined)
      throw new SnapshotError('E_GUARD', `${replaced.message}; nothing was taken back`, {
        hint: 'Is its disk connected?',
      });
    if (dryRun) return { steps, troubles: [] };
    return await withLocks(sides, async (_, lost) => {
      await closeLeftOpen(file, sides);
      await forget(file, steps);
      const troubles: Trouble[] = [];
      const opened = new OpenedFolders(
        steps.flatMap(comesBackClosed),
        sides,
        async (folders) => await noteOpen(file, folders),
      );
      await opened.begin();
      const stamp = stampOf(new Date());
      const takeOne = async (step: Done): Promise<void> => {
        const side = sides[step.side];
        try {
          await takeBack(side, step, stamp);
        } catch (error) {
          if (!(error instanceof SideError && (await opened.openFor(namesIn(step), error)))) throw error;
          await takeBack(side, step, stamp);
        }
        await side.settle(new Set(foldersOf(step)));
      };
      try {
        for (const step of steps) {
          lost.throwIfAborted();
          try {
            await takeOne(step);
          } catch (error) {
            if (!(error instanceof SideError)) throw error;
            troubles.push({ path: step.path, side: step.side, reason: error.message });
          }
        }
      } finally {
        await opened.close(troubles).catch(ifOfSide);
      }
      await closeLeftOpen(file, sides);
      await file.replace('last.jsonl', '');
      return { steps, troubles };
    });
  });
}

/** Known before anything is touched: whatever comes then, nothing that is taken back counts as agreed on. */
async function forget(file: PastFile, steps: readonly Done[]): Promise<void> {
  const stored = await file.read(() => {});
  if (stored.sides === undefined) return;
  const past = new Map(stored.past);
  for (const { path, from } of steps) for (const at of [path, from]) if (at !== undefined) past.delete(at);
  await file.write(stored.sides, past);
}

/** A folder that its owner may not write to is open until all that was in it is back. */
function comesBackClosed({ do: what, side, path, mode }: Done): readonly ClosedFolder[] {
  const isClosed = what === 'unfolder' && mode !== undefined && mode !== withOwner(mode);
  return isClosed ? [{ side, path, mode }] : [];
}

function namesIn({ side, path, from }: Done): readonly (readonly [SideName, BytePath])[] {
  return [path, from].flatMap((at) => (at === undefined ? [] : [[side, parentOf(at)] as const]));
}

async function takeBack(side: Side, step: Done, stamp: string): Promise<void> {
  const { path, version, from, left, mode } = step;
  const now = await side.look(path);
  const isAsLeft =
    left === undefined || (now !== undefined && (isUntouched(now, left) || isSameFile(now, left)));
  switch (step.do) {
    case 'put':
      if (!isAsLeft) throw new SideError('has changed since');
      await expectVersion(side, version);
      // Where that can be, the path has one of the two at each moment.
      await makeVersion(side, path, stamp, version !== undefined && now?.type === 'file' ? 'kept' : 'moved');
      if (version === undefined) return;
      if (side.replacesAtOnce) await side.replace(version, path);
      else await side.move(version, path);
      return;
    case 'delete':
      if (now !== undefined) throw new SideError('is there again');
      if (version === undefined) return;
      await expectVersion(side, version);
      await makeFolders(side, parentOf(path));
      await side.move(version, path);
      return;
    case 'move':
      if (!isAsLeft || from === undefined) throw new SideError('has changed since');
      await makeFolders(side, parentOf(from));
      await rename(side, path, from);
      return;
    case 'folder':
      if (now?.type === 'folder') await side.removeFolder(path);
      return;
    case 'unfolder':
      if (now === undefined) await side.makeFolder(path, withOwner(mode));
      return;
    case 'mode':
      if (now?.mode !== left?.mode) throw new SideError('has changed since');
      if (now !== undefined && mode !== undefined) await side.setMode(path, mode);
  }
}

/** @throws {@link SideError} when it was let go, or somebody has removed it. */
async function expectVersion(side: Side, version: BytePath | undefined): Promise<void> {
  if (version !== undefined && (await side.look(version)) === undefined)
    throw new SideError('what was there is among the versions no more');
}
