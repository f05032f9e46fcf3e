// The file that an archive is written to: it appears whole, or not at all.
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { FileHandle } from 'node:fs/promises';
import { reasonOf, SnapshotError, systemCode } from '../../base/errors.ts';
import { files } from '../../base/file-calls.ts';
import { NO_LINKS } from '../../base/hard-links.ts';
import { flushFolder } from '../../store/attempt.ts';
import type { Output } from './output.ts';

/** Backups hold what only their owner may read. */
const FILE_MODE = 0o600;

/** The place that `to` names: absolute, its folder free of links. @throws {@link SnapshotError} `E_USAGE` */
export async function placeOf(to: string): Promise<string> {
  const path = resolve(to);
  try {
    return join(await realpath(dirname(path)), basename(path));
  } catch (error) {
    throw new SnapshotError('E_USAGE', `Cannot write to "${path}": ${reasonOf(error)}`, {
      cause: error,
      hint: `Is "${dirname(path)}" the folder that you mean? It is not made.`,
    });
  }
}

/** A file on its way. */
export class OutputFile implements Output {
  readonly #path: string;
  readonly #part: string;
  readonly #file: FileHandle;
  readonly #replaces: boolean;
  #length = 0;

  private constructor(path: string, part: string, file: FileHandle, replaces: boolean) {
    this.#path = path;
    this.#part = part;
    this.#file = file;
    this.#replaces = replaces;
  }

  /**
   * Begins a file that is to be at `path`.
   *
   * @param replaces - Whether it takes the place of one that is there.
   * @throws {@link SnapshotError} `E_USAGE` when something is there that must stay.
   */
  static async create(path: string, replaces: boolean): Promise<OutputFile> {
    await refuseWhatIsThere(path, replaces);
    // Beside it, as only within one file system a file gets another name at once; and a name that nobody else has.
    const part = join(dirname(path), `snapshot-export-${randomBytes(6).toString('hex')}.part`);
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
    const file = await writing(path, () => files.open(part, flags, FILE_MODE));
    return new OutputFile(path, part, file, replaces);
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await writing(this.#path, () =>
        this.#file.write(bytes, done, bytes.length - done, this.#length),
      );
      done += bytesWritten;
      this.#length += bytesWritten;
    }
  }

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** Makes it appear: whole, and on disk even if the power fails right after. */
  async commit(): Promise<void> {
    await writing(this.#path, async () => {
      await this.#file.sync();
      await this.#file.close();
    });
    await this.#claim();
    await flushFolder(dirname(this.#path));
  }

  /** Gives up; what is at its place stays. Never throws: what made the caller give up is what gets told. */
  async discard(): Promise<void> {
    await this.#file.close().catch(() => {});
    await files.unlink(this.#part).catch(() => {});
  }

  async #claim(): Promise<void> {
    const { link, rename, unlink } = files;
    await refuseWhatIsThere(this.#path, this.#replaces);
    if (!this.#replaces) {
      // A link never replaces what has come there since; a rename would.
      try {
        await link(this.#part, this.#path);
        await unlink(this.#part);
        return;
      } catch (error) {
        if (systemCode(error) === 'EEXIST') throw isThere(this.#path);
        if (!NO_LINKS.has(systemCode(error) ?? '')) throw writeError(this.#path, error);
      }
    }
    await writing(this.#path, () => rename(this.#part, this.#path));
  }
}

async function refuseWhatIsThere(path: string, replaces: boolean): Promise<void> {
  const stats = await writing(path, async () => {
    try {
      return await files.lstat(path);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  });
  if (stats === undefined) return;
  if (!stats.isFile()) {
    const what = stats.isDirectory() ? 'a folder' : stats.isSymbolicLink() ? 'a link' : 'no ordinary file';
    throw new SnapshotError('E_USAGE', `"${path}" is ${what}`, {
      hint: 'Nothing was written. --to takes a file, or - for the standard output.',
    });
  }
  if (!replaces) throw isThere(path);
}

function isThere(path: string): SnapshotError {
  return new SnapshotError('E_USAGE', `"${path}" is there already`, {
    hint: 'It was not touched. --overwrite replaces it.',
  });
}

/** Does `work`; what the system says against it becomes an error about the file that the user named. */
async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw writeError(path, error);
  }
}

function writeError(path: string, cause: unknown): SnapshotError {
  const code = systemCode(cause);
  const isFull = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
  const message = `Cannot write "${path}": ${code === 'EFBIG' ? 'this file system has no files of that size' : reasonOf(cause)}`;
  const hint = isFull ? 'Make room, or name a file on another disk.' : 'Name another file.';
  return new SnapshotError(isFull ? 'E_SPACE' : 'E_STORE', message, {
    cause,
    hint: `Nothing was written. ${hint}`,
  });
}
