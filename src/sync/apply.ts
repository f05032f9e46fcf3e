// Does to both sides what was planned: whatever stops it, each path has what it had, or what it is to have.
import { createHash } from 'node:crypto';
import { ordered } from '../base/ordered.ts';
import { baseName, type BytePath, join, parentOf } from '../tree/path.ts';
import { applyMove } from './apply-move.ts';
import { expect } from './expect.ts';
import { type Agreed, isAsListed, isSameFile, otherOf, type Seen, type SideName } from './item.ts';
import { applyMode, carryMode, keepsMode } from './file-mode.ts';
import { type Done, foldersOf } from './done.ts';
import { type ClosedFolder, namingFolders, newClosed, OpenedFolders, withOwner } from './folder-modes.ts';
import { makeFolders, makeVersion } from './make-version.ts';
import type { Action } from './plan.ts';
import { agreedOf, settledItem } from './remembered.ts';
import type { Sides, Trouble } from './see.ts';
import { stagesOf } from './stages.ts';
import { ifOfSide, SideError } from './side.ts';

/** After so many the names are flushed, and what was done is written down. */
const BATCH = 240;

/** What became of an action. */
export interface Ended {
  readonly action: Action;
  readonly bytes: number;
  /** What both sides agree on by then; undefined: neither has it. */
  readonly agreed: Agreed | undefined;
  readonly done: readonly Done[];
}

export interface ApplyOptions {
  readonly sides: Sides;
  /** When versions end that are made now; see `stampOf`. */
  readonly stamp: string;
  /** What the clock of each side says more than the one of this machine, in milliseconds. */
  readonly aheadMs: Readonly<Record<SideName, number>>;
  readonly signal: AbortSignal;
  /** Told what is on both disks by then. */
  readonly settled: (ended: readonly Ended[]) => Promise<void>;
  readonly progress: (files: number, bytes: number) => void;
  /** Told of the folders that are open for as long as this takes, and closed afterwards, before one is opened. */
  readonly opening: (folders: readonly ClosedFolder[]) => Promise<void>;
}

/** @returns What could not be done. @throws `SnapshotError` where nothing more can be done. */
export async function applySync(
  actions: readonly Action[],
  options: ApplyOptions,
): Promise<readonly Trouble[]> {
  const troubles: Trouble[] = [];
  const opened = new OpenedFolders(newClosed(actions), options.sides, options.opening);
  await opened.begin();
  const doOne = async (action: Action): Promise<Ended> => {
    try {
      return await applyOne(action, options);
    } catch (error) {
      if (!(error instanceof SideError && (await opened.openFor(namingFolders(action), error)))) throw error;
      return await applyOne(action, options);
    }
  };
  try {
    for (const stage of stagesOf(actions)) {
      for (let i = 0; i < stage.actions.length; i += BATCH)
        await applyBatch(stage.actions.slice(i, i + BATCH), { ...options, ...stage, doOne }, troubles);
    }
  } finally {
    await opened.close(troubles).catch(ifOfSide);
  }
  return troubles;
}

async function applyBatch(
  actions: readonly Action[],
  options: ApplyOptions & { readonly atOnce: number; readonly doOne: (action: Action) => Promise<Ended> },
  troubles: Trouble[],
): Promise<void> {
  const { sides, signal, settled, progress, atOnce, doOne } = options;
  const ended: Ended[] = [];
  const running: Promise<void>[] = [];
  const work = async (action: Action): Promise<void> => {
    signal.throwIfAborted();
    try {
      const one = await doOne(action);
      ended.push(one);
      progress(one.done.some((done) => done.do === 'put') ? 1 : 0, one.bytes);
    } catch (error) {
      if (!(error instanceof SideError)) throw error;
      troubles.push({ path: action.path, side: undefined, reason: error.message });
    }
  };
  try {
    const started = async (action: Action): Promise<void> => {
      const one = work(action);
      running.push(one);
      await one;
    };
    for await (const _ of ordered(actions, atOnce, started));
  } finally {
    // What was begun comes to its end while the locks are held; and what was done is done, whatever came then.
    await Promise.allSettled(running);
    // Only what is on the disk is agreed on.
    const isOnDisk = await flush(ended, sides, troubles);
    await settled(isOnDisk ? ended : ended.map((one) => ({ ...one, agreed: undefined })));
  }
}

/** @returns Whether all names are on the disk. */
async function flush(ended: readonly Ended[], sides: Sides, troubles: Trouble[]): Promise<boolean> {
  let isOnDisk = true;
  for (const side of ['here', 'there'] as const) {
    const folders = new Set(
      ended.flatMap(({ done }) => done.filter((one) => one.side === side).flatMap(foldersOf)),
    );
    try {
      await sides[side].settle(folders);
    } catch (error) {
      if (!(error instanceof SideError)) throw error;
      troubles.push({ path: '' as BytePath, side, reason: `cannot be flushed: ${error.message}` });
      isOnDisk = false;
    }
  }
  return isOnDisk;
}

async function applyOne(action: Action, options: ApplyOptions): Promise<Ended> {
  const { decision, path, past, here, there } = action;
  const end = (agreed: Agreed | undefined, done: readonly Done[] = []): Ended => ({
    action,
    agreed,
    done,
    bytes: 0,
  });
  switch (decision.do) {
    case 'note': {
      if (decision.why === 'gone' || here === undefined || there === undefined) return end(undefined);
      const { type, target } = here;
      const hash = type === 'file' ? (here.hash ?? there.hash ?? past?.hash) : undefined;
      return end({
        type,
        target,
        hash,
        here: settledItem(here, options.aheadMs.here),
        there: settledItem(there, options.aheadMs.there),
      });
    }
    case 'copy': {
      const from = otherOf(decision.to);
      return await copy(action, from, decision.to, options);
    }
    case 'delete': {
      const { on } = decision;
      const side = options.sides[on];
      await expect(side, path, action[on]);
      if (action[on]?.type !== 'folder') {
        const version = await makeVersion(side, path, options.stamp, 'moved');
        return end(undefined, [{ do: 'delete', side: on, path, version }]);
      }
      // What is left alone in it keeps it.
      if (!(await side.removeFolder(path))) return end(past);
      return end(undefined, [{ do: 'unfolder', side: on, path, mode: action[on]?.mode }]);
    }
    case 'move': {
      const { done, agreed } = await applyMove(action, decision, options.sides, options.aheadMs);
      return end(agreed, done);
    }
    case 'mode': {
      const set = await applyMode(action, decision.on, options.sides, options.aheadMs);
      return set === undefined ? end(past) : end(set.agreed, [set.done]);
    }
    case 'nothing':
    case 'leave':
    case 'apart':
      return end(past);
  }
}

async function copy(action: Action, from: SideName, to: SideName, options: ApplyOptions): Promise<Ended> {
  const { path } = action;
  const { sides } = options;
  const [source, target] = [sides[from], sides[to]];
  const wanted = action[from];
  if (wanted === undefined) throw new Error('there is nothing to copy');
  await makeFolders(target, parentOf(path));
  if (wanted.type === 'file') return await copyFile(action, from, to, wanted, options);
  await expect(target, path, action[to]);
  const { done, version } = await makeWay(action, to, 'moved', options);
  // What is to be in it has to get there first.
  try {
    if (wanted.type === 'folder') await target.makeFolder(path, withOwner(wanted.mode));
    else await target.makeLink(path, wanted.target ?? ('' as BytePath));
  } catch (error) {
    // As on a file system that has no links.
    if (version !== undefined) await target.move(version, path).catch(ifOfSide);
    throw error;
  }
  const placed = await target.look(path);
  const now = await source.look(path);
  if (placed === undefined || now === undefined || now.type !== wanted.type)
    throw new SideError('has changed meanwhile');
  done.push({ do: wanted.type === 'folder' ? 'folder' : 'put', side: to, path, version, left: placed });
  const { type, target: said } = wanted;
  return {
    action,
    bytes: 0,
    done,
    agreed: agreedOf({ type, hash: undefined, target: said }, from, now, placed),
  };
}

/** What is in the place of something else makes way: a folder that holds nothing any more is removed, anything else becomes a version. */
async function makeWay(
  { path, ...seen }: Action,
  on: SideName,
  how: Parameters<typeof makeVersion>[3],
  { sides, stamp }: ApplyOptions,
): Promise<{ readonly done: Done[]; readonly version: BytePath | undefined }> {
  const there = seen[on];
  if (there === undefined) return { done: [], version: undefined };
  if (there.type !== 'folder') return { done: [], version: await makeVersion(sides[on], path, stamp, how) };
  if (!(await sides[on].removeFolder(path))) throw new SideError('the folder in its place holds something');
  return { done: [{ do: 'unfolder', side: on, path, mode: there.mode }], version: undefined };
}

async function copyFile(
  action: Action,
  from: SideName,
  to: SideName,
  wanted: Seen,
  options: ApplyOptions,
): Promise<Ended> {
  const { path } = action;
  const { sides, signal } = options;
  const [source, target] = [sides[from], sides[to]];
  const part = partOf(path);
  let item: Seen = wanted;
  let hash: string | undefined;
  try {
    for (let tries = 0; hash === undefined; tries++) {
      if (tries === 3) throw new SideError('changes while it is read');
      const { mtimeMs } = item;
      const mode = keepsMode(action, from, item) ? action[to]?.mode : item.mode;
      hash = await target.write(part, source.read(path, signal), { mtimeMs, mode }, signal);
      const after = await source.look(path);
      if (after?.type !== 'file') throw new SideError('is gone, or something else by now');
      if (isAsListed(after, item) && (item.hash === undefined || item.hash === hash)) break;
      // It is read once more, as it is now.
      item = { ...after, hash: undefined };
      hash = undefined;
    }
    await expect(target, path, action[to]);
    const { done, version } = await makeWay(action, to, 'kept', options);
    const whole = await target.look(part);
    const now = version === undefined ? undefined : await target.look(path);
    // With no version that is a second name, nothing is there any more.
    if (now === undefined) await target.move(part, path);
    else if (isSameFile(now, action[to])) await target.replace(part, path);
    else throw new SideError('has changed meanwhile');
    const placed = await target.look(path);
    if (placed === undefined) throw new SideError('has gone as soon as it was written');
    done.push({ do: 'put', side: to, path, version, left: placed });
    // Somebody was faster: the next sync looks at what that is.
    if (!isSameFile(placed, whole)) return { action, bytes: item.size, done, agreed: undefined };
    const left = settledItem(placed, options.aheadMs[to]);
    const carried = await carryMode(action, from, source, item);
    if (carried !== undefined) done.push(carried.done);
    const agreed = agreedOf(
      { type: 'file', hash, target: undefined },
      from,
      settledItem(carried?.item ?? item, options.aheadMs[from]),
      carried === undefined && keepsMode(action, from, item)
        ? { ...left, mode: action.past?.[to].mode }
        : left,
    );
    return { action, bytes: item.size, done, agreed };
  } catch (error) {
    await target.remove(part).catch(ifOfSide);
    throw error;
  }
}

/** Where what is to appear at `path` is written until it is whole: the same each time, so that none stays. */
export function partOf(path: BytePath): BytePath {
  const digest = createHash('sha256').update(baseName(path), 'latin1').digest('hex').slice(0, 16);
  return join(parentOf(path), `.snapshot-${digest}.part` as BytePath);
}
