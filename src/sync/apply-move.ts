// What has another name on one side gets it on the other one.
import { parentOf } from '../tree/path.ts';
import type { Done } from './done.ts';
import { unchanged } from './decide.ts';
import { expect } from './expect.ts';
import { type Agreed, isSameFile, otherOf, type SideName } from './item.ts';
import { applyMode } from './file-mode.ts';
import { makeFolders } from './make-version.ts';
import type { Action } from './plan.ts';
import { agreedOf, settledItem } from './remembered.ts';
import { rename } from './rename.ts';
import type { Sides, Sight } from './see.ts';
import { SideError } from './side.ts';

/** @returns What was done, and what both sides agree on by then; undefined: somebody was faster, and the next sync looks at what that is. */
export async function applyMove(
  action: Action,
  { from, on, was, agreed: before }: Extract<Action['decision'], { do: 'move' }>,
  sides: Sides,
  aheadMs: Readonly<Record<SideName, number>>,
): Promise<{ readonly done: readonly Done[]; readonly agreed: Agreed | undefined }> {
  const { path } = action;
  const side = sides[on];
  const other = otherOf(on);
  const wanted = action[other];
  if (wanted === undefined) throw new Error('there is nothing to move to');
  await makeFolders(side, parentOf(path));
  await expect(side, from, was);
  await rename(side, from, path);
  const placed = await side.look(path);
  if (placed === undefined) throw new SideError('has gone as soon as it was moved');
  const done: Done = { do: 'move', side: on, path, from, left: placed };
  const isMoved = was.type === 'folder' ? placed.type === 'folder' : isSameFile(placed, was);
  if (!isMoved) return { done: [done], agreed: undefined };
  const what = { type: was.type, hash: wanted.hash, target: undefined } as const;
  const [source, target] = [settledItem(wanted, aheadMs[other]), settledItem(placed, aheadMs[on])];
  // A rename brings no permissions: which of the two were changed is told by what both had at the name before.
  const [theirs, own] = [before[other].mode, before[on].mode];
  const agreed = agreedOf(what, other, { ...source, mode: theirs }, { ...target, mode: own });
  const sight: Sight = { ...action, past: agreed, [on]: { ...placed, hash: wanted.hash } };
  const next = unchanged(agreed, sight.here, sight.there);
  if (next.do !== 'mode') return { done: [done], agreed };
  try {
    const set = await applyMode(sight, next.on, sides, aheadMs);
    return set === undefined ? { done: [done], agreed } : { done: [done, set.done], agreed: set.agreed };
  } catch (error) {
    if (!(error instanceof SideError)) throw error;
    // It has its name; the next sync tries the rest.
    return { done: [done], agreed };
  }
}
