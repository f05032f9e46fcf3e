// Permissions of a file whose content goes over: they are merged by themselves.
import type { Done } from './done.ts';
import { expect } from './expect.ts';
import { type Agreed, isSameFile, type Item, otherOf, type SideName } from './item.ts';
import type { Action } from './plan.ts';
import { settledItem } from './remembered.ts';
import type { Sides, Sight } from './see.ts';
import { type Side, SideError } from './side.ts';

/** Whether content goes over without its permissions: those of its side are as they were, or there are none. */
export function keepsMode({ past, ...seen }: Action, from: SideName, { mode }: Item): boolean {
  return seen[otherOf(from)]?.type === 'file' && past?.type === 'file' && mode === past[from].mode;
}

/**
 * Gives the file that was copied the permissions that were changed on the other side.
 *
 * @param side - The side `from`. @param item - What was copied.
 * @returns What it is by then; undefined where there was nothing to do, or it could not be: the next sync looks at it.
 */
export async function carryMode(
  action: Action,
  from: SideName,
  side: Side,
  item: Item,
): Promise<{ readonly item: Item; readonly done: Done } | undefined> {
  const { path, past } = action;
  const mode = action[otherOf(from)]?.mode;
  if (!keepsMode(action, from, item) || mode === undefined || mode === past?.[otherOf(from)].mode)
    return undefined;
  try {
    await expect(side, path, item);
    await side.setMode(path, mode);
    const now = await side.look(path);
    if (now === undefined || !isSameFile(now, item)) return undefined;
    return { item: now, done: { do: 'mode', side: from, path, mode: item.mode, left: now } };
  } catch (error) {
    if (!(error instanceof SideError)) throw error;
    return undefined;
  }
}

/**
 * Gives what is on one side the permissions that it has on the other one; the content is the same.
 *
 * @returns Undefined where there is nothing to do, or somebody was faster.
 */
export async function applyMode(
  { path, past, ...seen }: Sight,
  on: SideName,
  sides: Sides,
  aheadMs: Readonly<Record<SideName, number>>,
): Promise<{ readonly agreed: Agreed; readonly done: Done } | undefined> {
  const other = otherOf(on);
  const mode = seen[other]?.mode;
  if (mode === undefined || past === undefined) return undefined;
  await expect(sides[on], path, seen[on]);
  await sides[on].setMode(path, mode);
  const left = await sides[on].look(path);
  if (left === undefined || !isSameFile(left, seen[on])) return undefined;
  const agreed = {
    ...past,
    [on]: settledItem(left, aheadMs[on]),
    [other]: settledItem(seen[other] ?? past[other], aheadMs[other]),
  };
  return { agreed, done: { do: 'mode', side: on, path, mode: seen[on]?.mode, left } };
}
