// What has another name on one side gets it on the other one.
import { parentOf } from '../tree/path.ts';
import type { Done } from './done.ts';
import { expect } from './expect.ts';
import { type Agreed, isSameFile, otherOf, type SideName } from './item.ts';
import { makeFolders } from './make-version.ts';
import type { Action } from './plan.ts';
import { agreedOf, settledItem } from './remembered.ts';
import { rename } from './rename.ts';
import type { Sides } from './see.ts';
import { SideError } from './side.ts';

/** @returns What was done, and what both sides agree on by then; undefined: somebody was faster, and the next sync looks at what that is. */
export async function applyMove(
  action: Action,
  { from, on, was }: Extract<Action['decision'], { do: 'move' }>,
  sides: Sides,
  aheadMs: Readonly<Record<SideName, number>>,
): Promise<{ readonly done: Done; readonly agreed: Agreed | undefined }> {
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
  if (!isMoved) return { done, agreed: undefined };
  const what = { type: was.type, hash: wanted.hash, target: undefined } as const;
  const [source, target] = [settledItem(wanted, aheadMs[other]), settledItem(placed, aheadMs[on])];
  return { done, agreed: agreedOf(what, other, source, target) };
}
