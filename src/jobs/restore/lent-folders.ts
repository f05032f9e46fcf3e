import { chmod, lstat } from 'node:fs/promises';
import { type BytePath, systemPath } from '../../tree/path.ts';

/** What the owner of a folder needs to write into it. */
const OWNER_WRITES = 0o700;

/** Folders that were there and that nobody asked for: they are opened to write into them, and closed again. */
export class LentFolders {
  readonly #root: string;
  readonly #modes: ReadonlyMap<BytePath, number>;

  private constructor(root: string, modes: ReadonlyMap<BytePath, number>) {
    this.#root = root;
    this.#modes = modes;
  }

  /** Notes the modes of those among `folders` that their owner cannot write to. */
  static async note(root: string, folders: readonly BytePath[]): Promise<LentFolders> {
    const modes = new Map<BytePath, number>();
    for (const path of folders) {
      const stats = await lstat(systemPath(root, path)).catch(() => undefined);
      const mode = (stats?.mode ?? 0) & 0o7777;
      if (stats?.isDirectory() === true && (mode & OWNER_WRITES) !== OWNER_WRITES) modes.set(path, mode);
    }
    return new LentFolders(root, modes);
  }

  /** Gives them these modes back. What is none any more is left alone. */
  async giveBack(): Promise<void> {
    for (const [path, mode] of this.#modes) {
      const at = systemPath(this.#root, path);
      const stats = await lstat(at).catch(() => undefined);
      // Not every file system has modes: where they were not widened, there is nothing to do.
      if (stats?.isDirectory() === true && (stats.mode & 0o7777) !== mode)
        await chmod(at, mode).catch(() => {});
    }
  }
}
