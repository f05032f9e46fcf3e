// In which order a sync is done. Pure.
import { folderWithin } from '../tree/within.ts';
import { otherOf } from './item.ts';
import type { Action } from './plan.ts';

/** Small files wait for answers more than for bytes. */
const AT_ONCE = 12;

export interface Stage {
  readonly actions: readonly Action[];
  readonly atOnce: number;
}

/** New folders; what moves into them; what is deleted, the inner first; and then the content. */
export function stagesOf(actions: readonly Action[]): readonly Stage[] {
  const folders: Action[] = [];
  const moves: Action[] = [];
  const gone: Action[] = [];
  const others: Action[] = [];
  const changing = new Set(
    actions.flatMap(({ path, here, there }) =>
      here !== undefined && there !== undefined && here.type !== there.type ? [path] : [],
    ),
  );
  for (const action of actions) {
    const { decision } = action;
    if (decision.do === 'copy') {
      const isFolder = action[otherOf(decision.to)]?.type === 'folder';
      const isPlain = isFolder && action[decision.to] === undefined;
      // What is in the place of something else comes with what follows: that has to make way first.
      if (isPlain && folderWithin(action.path, changing) === undefined) folders.push(action);
      else others.push(action);
    } else if (decision.do === 'move') moves.push(action);
    else if (decision.do === 'delete') gone.push(action);
    else if (decision.do === 'mode' || decision.do === 'note') others.push(action);
  }
  return [
    { actions: folders, atOnce: 1 },
    { actions: moves, atOnce: 1 },
    { actions: gone.toReversed(), atOnce: 1 },
    { actions: others.filter((action) => !isFile(action)), atOnce: 1 },
    { actions: others.filter(isFile), atOnce: AT_ONCE },
  ];
}

/** Whether a file is copied, in place of a file or of nothing. */
function isFile({ here, there, decision }: Action): boolean {
  const isOne = here === undefined || there === undefined || here.type === there.type;
  return decision.do === 'copy' && isOne && (here ?? there)?.type === 'file';
}
