import type { Problem } from '../tree/entry.ts';
import type { BytePath } from '../tree/path.ts';
import type { Action } from './action-log.ts';
import type { Held } from './held.ts';
import type { Step, StepEnd } from './steps.ts';

/** What applying steps came to. */
export interface Applied {
  added: number;
  modified: number;
  removed: number;
  moved: number;
  /** Written to the mirror. */
  bytes: number;
  readonly problems: Problem[];
  /** What the mirror's file system refused: its content is there. */
  readonly refused: Problem[];
  /** Files that changed at each try, and are as last read. */
  readonly unsettled: BytePath[];
  /** Files that were gone before they could be read. */
  vanished: number;
}

export function nothingApplied(): Applied {
  return {
    added: 0,
    modified: 0,
    removed: 0,
    moved: 0,
    bytes: 0,
    problems: [],
    refused: [],
    unsettled: [],
    vanished: 0,
  };
}

/** Counts a step. @returns What the log calls it; undefined where nothing is said of it. */
export function count(
  step: Step,
  end: StepEnd,
  before: Held | undefined,
  applied: Applied,
): Action | undefined {
  const { path } = step;
  const action = actionOf(step, end);
  if (end.failed !== undefined) {
    const kind = 'unreadable';
    const reason = end.isUnreadable === true ? end.failed : `not in the mirror: ${end.failed}`;
    applied.problems.push({ path, kind, reason });
    return action ?? 'FILE MODIFIED';
  }
  if (end.refused !== undefined) applied.refused.push({ path, kind: 'attributes', reason: end.refused });
  if (end.isUnsettled === true) applied.unsettled.push(path);
  if (end.isVanished === true) {
    applied.vanished++;
    return undefined;
  }
  if (step.do === 'move') applied.moved++;
  else if (step.do === 'let go' || step.do === 'clear') applied.removed += step.type === 'folder' ? 0 : 1;
  else if (action === 'FILE CREATED') applied.added++;
  else if (action === 'FILE MODIFIED' && before !== undefined) applied.modified++;
  else if (action === 'FILE MODIFIED') applied.added++;
  return action;
}

function actionOf(step: Step, end: StepEnd): Action | undefined {
  switch (step.do) {
    case 'clear':
    case 'let go':
      if (step.type !== 'folder') return 'FILE DELETED';
      return end.isSame === true ? undefined : 'FOLDER DELETED';
    case 'move':
      return 'FILE MOVED';
    case 'folder':
      return 'FOLDER CREATED';
    case 'copy':
    case 'link':
      if (end.isSame === true) return undefined;
      return step.replaces ? 'FILE MODIFIED' : 'FILE CREATED';
    case 'meta':
      return undefined;
  }
}
