// What is done with all paths of a pair, made of what is decided of each. Pure: no clock, no disk.
import type { BytePath } from '../tree/path.ts';
import { parentOf } from '../tree/path.ts';
import { folderWithin } from '../tree/within.ts';
import { type Clocks, decide, type Decision } from './decide.ts';
import { type Agreed, type Item, otherOf, type SideName } from './item.ts';
import { foldedName, twinsIn } from './names.ts';
import type { Sight } from './see.ts';

/** One path, and what is done with it. */
export interface Action extends Sight {
  readonly decision:
    | Exclude<Decision, { readonly do: 'apart' }>
    /** The content is on that side already, under a name that it does not have any more. */
    | {
        readonly do: 'move';
        readonly on: SideName;
        readonly from: BytePath;
        readonly was: Item;
        /** What both had there when they last agreed. */
        readonly agreed: Agreed;
        readonly why: 'moved';
      }
    /** It has another name then, which an action of that path gives it. */
    | { readonly do: 'leave'; readonly on: SideName }
    | { readonly do: 'apart'; readonly why: 'types' | 'names' };
}

/** @param folds - Which sides take names for the same that differ in case or Unicode form only. */
export function planSync(
  sights: readonly Sight[],
  clocks: Clocks,
  folds: Readonly<Record<SideName, boolean>>,
): readonly Action[] {
  const decided = sights.map((sight): Action => ({
    ...sight,
    decision: decide(sight.past, sight.here, sight.there, clocks),
  }));
  const renamed = withRenamedFolders(keepFolders(keepApart(decided)), folds);
  return withoutTwins(withMoves(renamed), folds);
}

/** The types that a path has after an action, on a side; undefined: nothing is there. */
export function outcome({ decision, here, there }: Action, side: SideName): Sight['here'] {
  const [own, other] = side === 'here' ? [here, there] : [there, here];
  switch (decision.do) {
    case 'copy':
      return decision.to === side ? other : own;
    case 'delete':
    case 'leave':
      return decision.on === side ? undefined : own;
    case 'move':
      return decision.on === side ? other : own;
    case 'nothing':
    case 'note':
    case 'mode':
    case 'apart':
      return own;
  }
}

/** A folder that becomes something else, and holds what has to stay, stays; and so does all below what is kept apart. */
function keepApart(actions: readonly Action[]): readonly Action[] {
  const result: Action[] = [];
  let apart: BytePath | undefined;
  for (const [n, action] of actions.entries()) {
    const { path, decision } = action;
    if (apart !== undefined && path.startsWith(`${apart}/`)) {
      result.push({ ...action, decision: { do: 'apart', why: 'types' } });
      continue;
    }
    apart = undefined;
    if (decision.do === 'apart' || (decision.do === 'copy' && holdsOther(actions, n, decision.to))) {
      apart = path;
      result.push({ ...action, decision: { do: 'apart', why: 'types' } });
    } else result.push(action);
  }
  return result;
}

/** Whether action `n` puts something else in place of a folder on `side` in which something is to be after all. */
function holdsOther(actions: readonly Action[], n: number, side: SideName): boolean {
  const action = actions[n];
  if (action?.[side]?.type !== 'folder' || outcome(action, side)?.type === 'folder') return false;
  for (let i = n + 1; actions[i]?.path.startsWith(`${action.path}/`) === true; i++) {
    const below = actions[i];
    if (below !== undefined && outcome(below, side) !== undefined) return true;
  }
  return false;
}

/** A folder in which something is to be is not deleted, but made where it was. */
function keepFolders(actions: readonly Action[]): readonly Action[] {
  const needed = { here: new Set<BytePath>(), there: new Set<BytePath>() };
  const result: Action[] = [];
  for (const action of actions.toReversed()) {
    const { path, decision } = action;
    let kept = action;
    if (decision.do === 'delete' && needed[decision.on].has(path))
      kept = { ...action, decision: { do: 'copy', to: otherOf(decision.on), why: 'kept' } };
    for (const side of ['here', 'there'] as const)
      if (outcome(kept, side) !== undefined) needed[side].add(parentOf(path));
    result.push(kept);
  }
  return result.toReversed();
}

/** A folder whose new name its side takes for the one before cannot be made beside itself: it gets that name. */
function withRenamedFolders(
  actions: readonly Action[],
  folds: Readonly<Record<SideName, boolean>>,
): readonly Action[] {
  const gone = new Map<string, Action>();
  for (const action of actions) {
    const { decision, path } = action;
    if (decision.do === 'delete' && folds[decision.on] && action[decision.on]?.type === 'folder')
      gone.set(`${decision.on} ${foldedName(path)}`, action);
  }
  if (gone.size === 0) return actions;
  const left = new Set<Action>();
  const renamed = actions.map((action): Action => {
    const { decision, path } = action;
    if (decision.do !== 'copy' || action[otherOf(decision.to)]?.type !== 'folder') return action;
    const { to } = decision;
    const from = action[to] === undefined ? gone.get(`${to} ${foldedName(path)}`) : undefined;
    const [was, agreed] = [from?.[to], from?.past];
    if (from === undefined || was === undefined || agreed === undefined) return action;
    left.add(from);
    return { ...action, decision: { do: 'move', on: to, from: from.path, was, agreed, why: 'moved' } };
  });
  return renamed.map((action) =>
    left.has(action) && action.decision.do === 'delete'
      ? { ...action, decision: { do: 'leave', on: action.decision.on } }
      : action,
  );
}

/** What is deleted on a side, and is new there under another name, is moved. */
function withMoves(actions: readonly Action[]): readonly Action[] {
  const gone = new Map<string, Action>();
  const changing = new Set<BytePath>();
  for (const action of actions) {
    const { decision, past, path, here, there } = action;
    if (decision.do === 'delete' && past?.hash !== undefined) gone.set(`${decision.on} ${past.hash}`, action);
    // Where a file is to make way for a folder, nothing can be moved into that yet.
    if (decision.do === 'copy' && here !== undefined && there !== undefined && here.type !== there.type)
      changing.add(path);
  }
  if (gone.size === 0) return actions;
  const sources = new Set<Action>();
  const moved = actions.map((action): Action => {
    const { decision, path } = action;
    if (decision.do !== 'copy' || decision.why !== 'new') return action;
    const { to } = decision;
    const seen = action[otherOf(to)];
    const key = `${to} ${seen?.hash}`;
    const from = seen?.type === 'file' && seen.size > 0 ? gone.get(key) : undefined;
    const [was, agreed] = [from?.[to], from?.past];
    if (from === undefined || was === undefined || agreed === undefined) return action;
    if (folderWithin(path, changing) !== undefined) return action;
    gone.delete(key);
    sources.add(from);
    return { ...action, decision: { do: 'move', on: to, from: from.path, was, agreed, why: 'moved' } };
  });
  return moved.map((action) =>
    sources.has(action) && action.decision.do === 'delete'
      ? { ...action, decision: { do: 'leave', on: action.decision.on } }
      : action,
  );
}

/** Of names that a side takes for one, none is made there: neither is more right. */
function withoutTwins(
  actions: readonly Action[],
  folds: Readonly<Record<SideName, boolean>>,
): readonly Action[] {
  const held = new Set<BytePath>();
  for (const side of ['here', 'there'] as const) {
    if (!folds[side]) continue;
    const paths = actions.filter((action) => outcome(action, side) !== undefined).map(({ path }) => path);
    const twins = twinsIn(paths);
    for (const { path, decision } of actions) {
      const isMade =
        decision.do === 'copy' ? decision.to === side : decision.do === 'move' && decision.on === side;
      if (isMade && twins.has(path)) held.add(path);
    }
  }
  if (held.size === 0) return actions;
  return actions.map((action) =>
    folderWithin(action.path, held) !== undefined
      ? { ...action, decision: { do: 'apart', why: 'names' } }
      : action,
  );
}
