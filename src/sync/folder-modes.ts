// Folders that their owner may not write to are made or opened so that he may, and closed when all is in them.
import { systemCode } from '../base/errors.ts';
import { STATUS, SftpStatus } from '../store/sftp/status.ts';
import { type BytePath, parentOf } from '../tree/path.ts';
import { otherOf, type SideName } from './item.ts';
import type { Action } from './plan.ts';
import type { Sides, Trouble } from './see.ts';
import { SideError } from './side.ts';

/** A folder that its owner may not write to, and that is open as long as something is done in it. */
export interface ClosedFolder {
  readonly side: SideName;
  readonly path: BytePath;
  /** What it is to have in the end. */
  readonly mode: number;
}

/** `mode`, and all that its owner may do with a folder. */
export function withOwner(mode: number | undefined): number | undefined {
  return mode === undefined ? undefined : mode | 0o700;
}

/** New folders that their owner may not write to, the outer first. */
export function newClosed(actions: readonly Action[]): readonly ClosedFolder[] {
  return actions.flatMap(({ decision, path, ...seen }) => {
    if (decision.do !== 'copy') return [];
    const wanted = seen[otherOf(decision.to)];
    const mode = wanted?.type === 'folder' ? wanted.mode : undefined;
    return mode === undefined || mode === withOwner(mode) ? [] : [{ side: decision.to, path, mode }];
  });
}

/**
 * Closes `folders` again, the last one first, unless they are gone or somebody has given them another mode.
 *
 * @returns Those that could not be.
 */
export async function closeFolders(
  folders: readonly ClosedFolder[],
  sides: Sides,
): Promise<readonly (ClosedFolder & { readonly reason: string })[]> {
  const failed: (ClosedFolder & { readonly reason: string })[] = [];
  for (const folder of folders.toReversed()) {
    const { side, path, mode } = folder;
    try {
      const found = await sides[side].look(path);
      if (found?.type === 'folder' && isAsOpened(found.mode, mode)) await sides[side].setMode(path, mode);
    } catch (error) {
      if (!(error instanceof SideError)) throw error;
      failed.push({ ...folder, reason: error.message });
    }
  }
  return failed;
}

/** Whether a folder has what it was opened with; a server may have taken some of that away. */
function isAsOpened(found: number | undefined, mode: number): boolean {
  return found !== undefined && found === withOwner(found) && (found & ~(mode | 0o700)) === 0;
}

/** Folders that are closed in the end, and open while something is done in them: new ones, and those that were there. */
export class OpenedFolders {
  readonly #sides: Sides;
  readonly #noted: (folders: readonly ClosedFolder[]) => Promise<void>;
  readonly #new: readonly ClosedFolder[];
  readonly #open = new Map<string, Promise<ClosedFolder | undefined>>();
  readonly #known: ClosedFolder[];
  #noting: Promise<void> = Promise.resolve();

  /**
   * @param made - New ones, the outer first, that are made open.
   * @param noted - Told of all of them before one is opened: after a kill, nobody else knows that they are to be closed.
   */
  constructor(
    made: readonly ClosedFolder[],
    sides: Sides,
    noted: (folders: readonly ClosedFolder[]) => Promise<void>,
  ) {
    this.#sides = sides;
    this.#noted = noted;
    this.#new = made;
    this.#known = [...this.#new];
  }

  /** Has to be done before new folders are made. */
  async begin(): Promise<void> {
    if (this.#new.length > 0) await this.#note();
  }

  /**
   * After `error`: opens what kept a step from being done.
   *
   * @param folders - In which it gives or takes a name.
   * @returns Whether it is worth another try.
   */
  async openFor(folders: readonly (readonly [SideName, BytePath])[], error: SideError): Promise<boolean> {
    if (!isDenied(error)) return false;
    let isOpened = false;
    for (const [side, folder] of folders) {
      const key = `${side} ${folder}`;
      let opening = this.#open.get(key);
      if (opening === undefined) this.#open.set(key, (opening = this.#opened(side, folder)));
      isOpened = (await opening) !== undefined || isOpened;
    }
    return isOpened;
  }

  /** Those that were there, and then the new ones; the inner first. What could not be closed is added to `troubles`. */
  async close(troubles: Trouble[]): Promise<void> {
    const opened = (await Promise.all(this.#open.values())).filter((one) => one !== undefined);
    const failed = await closeFolders([...this.#new, ...opened], this.#sides);
    troubles.push(...failed.map(({ path, side, reason }) => ({ path, side, reason })));
  }

  /** @returns Undefined where nothing could be opened. */
  async #opened(side: SideName, path: BytePath): Promise<ClosedFolder | undefined> {
    try {
      const found = path === '' ? undefined : await this.#sides[side].look(path);
      const mode = found?.type === 'folder' ? found.mode : undefined;
      const open = withOwner(mode);
      if (mode === undefined || open === undefined || mode === open) return undefined;
      const folder = { side, path, mode };
      this.#known.push(folder);
      await this.#note();
      await this.#sides[side].setMode(path, open);
      return folder;
    } catch (error) {
      if (!(error instanceof SideError)) throw error;
      return undefined;
    }
  }

  /** One after the other: the last one has all. */
  async #note(): Promise<void> {
    this.#noting = this.#noting.then(async () => await this.#noted(this.#known));
    await this.#noting;
  }
}

function isDenied({ cause }: SideError): boolean {
  return cause instanceof SftpStatus ? cause.code === STATUS.denied : systemCode(cause) === 'EACCES';
}

/** In which an action gives or takes a name. */
export function namingFolders({ decision, path }: Action): readonly (readonly [SideName, BytePath])[] {
  switch (decision.do) {
    case 'copy':
      return [[decision.to, parentOf(path)]];
    case 'delete':
      return [[decision.on, parentOf(path)]];
    case 'move':
      return [
        [decision.on, parentOf(path)],
        [decision.on, parentOf(decision.from)],
      ];
    case 'nothing':
    case 'note':
    case 'mode':
    case 'leave':
    case 'apart':
      return [];
  }
}
