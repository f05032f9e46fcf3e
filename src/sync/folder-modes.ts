// Folders that their owner may not write to are made so that he may, and closed when all is in them.
import { otherOf } from './item.ts';
import type { Action } from './plan.ts';
import type { Sides, Trouble } from './see.ts';
import { SideError } from './side.ts';

/** `mode`, and all that its owner may do with a folder. */
export function withOwner(mode: number | undefined): number | undefined {
  return mode === undefined ? undefined : mode | 0o700;
}

/** Gives new folders that their owner may not write to the mode that they are to have, the inner first. */
export async function closeFolders(
  actions: readonly Action[],
  sides: Sides,
  troubles: Trouble[],
): Promise<void> {
  for (const { decision, path, ...seen } of actions.toReversed()) {
    if (decision.do !== 'copy') continue;
    const wanted = seen[otherOf(decision.to)];
    const mode = wanted?.type === 'folder' ? wanted.mode : undefined;
    if (mode === undefined || mode === withOwner(mode)) continue;
    try {
      if ((await sides[decision.to].look(path))?.type === 'folder')
        await sides[decision.to].setMode(path, mode);
    } catch (error) {
      if (!(error instanceof SideError)) throw error;
      troubles.push({ path, side: decision.to, reason: error.message });
    }
  }
}
