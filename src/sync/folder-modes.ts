// Folders that their owner may not write to are made or opened so that he may, and closed when all is in them.
import { systemCode } from '../base/errors.ts';
import { STATUS, SftpStatus } from '../store/sftp/status.ts';
import { type BytePath, parentOf } from '../tree/path.ts';
import { otherOf, type SideName } from './item.ts';
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

/** Folders that were there and closed, and are open while something is done in them. */
export class OpenedFolders {
  readonly #sides: Sides;
  readonly #modes = new Map<string, Promise<number | undefined>>();

  constructor(sides: Sides) {
    this.#sides = sides;
  }

  /** After `error`: opens what kept `action` from being done. @returns Whether it is worth another try. */
  async openFor(action: Action, error: SideError): Promise<boolean> {
    if (!isDenied(error)) return false;
    let isOpened = false;
    for (const [side, folder] of foldersOf(action)) {
      const key = `${side} ${folder}`;
      let mode = this.#modes.get(key);
      if (mode === undefined) this.#modes.set(key, (mode = this.#open(side, folder)));
      isOpened = (await mode) !== undefined || isOpened;
    }
    return isOpened;
  }

  /** The inner ones first. */
  async close(troubles: Trouble[]): Promise<void> {
    for (const [key, opened] of [...this.#modes].toReversed()) {
      const mode = await opened;
      if (mode === undefined) continue;
      const [side, path] = [key.slice(0, key.indexOf(' ')), key.slice(key.indexOf(' ') + 1)] as [
        SideName,
        BytePath,
      ];
      try {
        // It may be gone, as all that was in it.
        if ((await this.#sides[side].look(path))?.mode === withOwner(mode))
          await this.#sides[side].setMode(path, mode);
      } catch (error) {
        if (!(error instanceof SideError)) throw error;
        troubles.push({ path, side, reason: error.message });
      }
    }
  }

  /** @returns The mode that it had; undefined where nothing could be opened. */
  async #open(side: SideName, folder: BytePath): Promise<number | undefined> {
    try {
      const found = folder === '' ? undefined : await this.#sides[side].look(folder);
      const mode = found?.type === 'folder' ? found.mode : undefined;
      const open = withOwner(mode);
      if (mode === undefined || open === undefined || mode === open) return undefined;
      await this.#sides[side].setMode(folder, open);
      return mode;
    } catch (error) {
      if (!(error instanceof SideError)) throw error;
      return undefined;
    }
  }
}

function isDenied({ cause }: SideError): boolean {
  return cause instanceof SftpStatus ? cause.code === STATUS.denied : systemCode(cause) === 'EACCES';
}

/** In which an action gives or takes a name. */
function foldersOf({ decision, path }: Action): readonly (readonly [SideName, BytePath])[] {
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
