// A side of a pair that is a folder of this machine, or one that is mounted.
import { createHash } from 'node:crypto';
import {
  chmod,
  constants,
  type FileHandle,
  lstat,
  mkdir,
  open,
  readdir,
  readlink,
  realpath,
  rmdir,
  symlink,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { reasonOf, SnapshotError, systemCode } from '../base/errors.ts';
import { files } from '../base/file-calls.ts';
import { Target } from '../target/contained.ts';
import { nameRefused, PART_FLAGS, PART_MODE } from '../target/write-file.ts';
import type { LeftOut } from '../tree/left-out.ts';
import { type BytePath, fromBytes, toBytes } from '../tree/path.ts';
import { specialName } from '../tree/seen-entry.ts';
import type { Item } from './item.ts';
import { claimAt, linkAt } from './local-names.ts';
import { HAS_MODES, ifRefused, ifThere, itemOf, statsOf, whatFailed, writeAll } from './local-items.ts';
import { walkLocally } from './local-walk.ts';
import { type Listing, type NewFile, type Side, SideError, SMALL_BYTES } from './side.ts';

const PIECE_BYTES = 1024 * 1024;
const NOT_EMPTY: ReadonlySet<string> = new Set(['ENOTEMPTY', 'EEXIST']);
const READ_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

export class LocalSide implements Side {
  readonly label: string;
  readonly address: string;
  readonly replacesAtOnce = true;
  readonly flushes = true;
  readonly #target: Target;
  #other: string | undefined;

  /** @param root - Absolute and free of links; see {@link LocalSide.open}. */
  private constructor(label: string, root: string) {
    this.label = label;
    this.address = root;
    this.#target = new Target(root);
  }

  /** @param folder - Absolute; it need not exist. */
  static async open(folder: string): Promise<LocalSide> {
    const root = await realFolder(folder);
    return new LocalSide(folder, root);
  }

  /** The folder that is the other side: a walk that comes to it, as by a mount, is refused. */
  isApartFrom(other: string): void {
    this.#other = other;
  }

  async rootTag(): Promise<string | undefined> {
    const stats = await lstat(this.address, { bigint: true }).catch(() => undefined);
    // The device has another number after each start of some systems.
    return stats === undefined || stats.ino === 0n ? undefined : String(stats.ino);
  }

  async root(): Promise<'nothing' | 'folder' | 'other'> {
    return await this.#do('look at', '' as BytePath, async (at) => {
      const stats = await lstat(at).catch(ifThere);
      return stats === undefined ? 'nothing' : stats.isDirectory() ? 'folder' : 'other';
    });
  }

  async makeRoot(): Promise<void> {
    await this.#do('make', '' as BytePath, async () => await mkdir(this.address, { recursive: true }));
  }

  async walk(leftOut: LeftOut, signal: AbortSignal): Promise<Listing> {
    return await walkLocally(this.address, leftOut, signal, this.#other);
  }

  async look(path: BytePath): Promise<Item | undefined> {
    return await this.#doIfThere('look at', path, async (at) => {
      const stats = await lstat(at, { bigint: true }).catch(ifThere);
      if (stats === undefined) return undefined;
      const type = stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'link';
      if (type === 'link' && !stats.isSymbolicLink()) throw new SideError(`is a ${specialName(stats)}`);
      const target = type === 'link' ? fromBytes(await readlink(at, 'buffer')) : undefined;
      return itemOf({ ...statsOf(stats), type, target });
    });
  }

  async *read(path: BytePath, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const file = await this.#do('read', path, async (at) => await files.open(at, READ_FLAGS));
    try {
      for (;;) {
        signal.throwIfAborted();
        const { bytesRead, buffer } = await this.#do(
          'read',
          path,
          async () => await file.read(Buffer.allocUnsafe(PIECE_BYTES), 0, PIECE_BYTES, null),
        );
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  }

  async readSmall(path: BytePath, most: number = SMALL_BYTES): Promise<Buffer | undefined> {
    return await this.#doIfThere('read', path, async (at) => {
      const file = await open(at, READ_FLAGS).catch(ifThere);
      if (file === undefined) return undefined;
      try {
        const { size } = await file.stat();
        if (size > most) throw new SideError(`is far too large (${size} bytes)`);
        return await file.readFile();
      } finally {
        await file.close();
      }
    });
  }

  async write(
    path: BytePath,
    bytes: AsyncIterable<Uint8Array>,
    { mtimeMs, mode }: NewFile,
    signal: AbortSignal,
  ): Promise<string> {
    const file = await this.#do('write', path, async (at) => await this.#openNew(at));
    try {
      const digest = createHash('sha256');
      for await (const piece of bytes) {
        signal.throwIfAborted();
        digest.update(piece);
        await this.#do('write', path, async () => await writeAll(file, piece));
      }
      await this.#do('write', path, async () => {
        if (HAS_MODES) await file.chmod(mode ?? 0o666 & ~process.umask()).catch(ifRefused);
        await file.utimes(new Date(mtimeMs), new Date(mtimeMs)).catch(ifRefused);
        await file.datasync();
      });
      return digest.digest('hex');
    } finally {
      await file.close();
    }
  }

  async create(path: BytePath, bytes: Uint8Array): Promise<boolean> {
    return await this.#do('write', path, async (at) => {
      let file: FileHandle;
      try {
        file = await files.open(at, 'wx');
      } catch (error) {
        if (systemCode(error) === 'EEXIST') return false;
        throw error;
      }
      try {
        await writeAll(file, bytes);
        await file.datasync();
        return true;
      } finally {
        await file.close();
      }
    });
  }

  async claim(from: BytePath, to: BytePath): Promise<boolean> {
    return await this.#do('write', to, async (at) => await claimAt(this.#target.at(from), at));
  }

  async move(from: BytePath, to: BytePath): Promise<void> {
    await this.#do('rename', from, async (at) => {
      const target = this.#target.at(to);
      const [there, itself] = [await lstat(target).catch(ifThere), await lstat(at)];
      // Where upper and lower case are the same, it may be itself.
      if (there !== undefined && (there.ino !== itself.ino || there.dev !== itself.dev))
        throw new SideError('something is there already');
      await files.rename(at, target).catch((error: unknown) => {
        throw nameRefused(error) ?? error;
      });
    });
  }

  async replace(from: BytePath, to: BytePath): Promise<void> {
    await this.#do('write', to, async (at) => await files.rename(this.#target.at(from), at));
  }

  async link(from: BytePath, to: BytePath): Promise<boolean> {
    return await this.#do('link', from, async (at) => await linkAt(at, this.#target.at(to)));
  }

  async makeLink(path: BytePath, target: BytePath): Promise<void> {
    await this.#do('make', path, async (at) => await symlink(toBytes(target), at));
  }

  async makeFolder(path: BytePath, mode: number | undefined): Promise<void> {
    await this.#do('make', path, async (at) => {
      await files.mkdir(at);
      if (mode !== undefined && HAS_MODES) await chmod(at, mode).catch(ifRefused);
    });
  }

  async setMode(path: BytePath, mode: number): Promise<void> {
    await this.#do('change', path, async (at) => {
      const stats = await lstat(at);
      // A mode is set on what a link leads to.
      if (!stats.isSymbolicLink()) await chmod(at, mode);
    });
  }

  async remove(path: BytePath): Promise<void> {
    await this.#do('remove', path, async (at) => await files.unlink(at));
  }

  async removeFolder(path: BytePath): Promise<boolean> {
    return await this.#do('remove', path, async (at) => {
      try {
        await rmdir(at);
        return true;
      } catch (error) {
        if (NOT_EMPTY.has(systemCode(error) ?? '')) return false;
        throw error;
      }
    });
  }

  async settle(folders: ReadonlySet<BytePath>): Promise<void> {
    // Windows flushes names by itself.
    if (process.platform === 'win32') return;
    for (const folder of folders) {
      await this.#doIfThere('flush', folder, async (at) => {
        const handle = await open(at, 'r').catch(ifRefused);
        try {
          await handle?.sync().catch(ifRefused);
        } finally {
          await handle?.close();
        }
      });
    }
  }

  async names(folder: BytePath): Promise<readonly BytePath[]> {
    const names = await this.#doIfThere('list', folder, async (at) => {
      const found = await readdir(at, { encoding: 'buffer' }).catch(ifThere);
      return found?.map((name) => fromBytes(name));
    });
    return names ?? [];
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }

  async #openNew(at: string | Buffer): Promise<FileHandle> {
    try {
      return await files.open(at, PART_FLAGS, PART_MODE);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
      // Left by who was killed.
      await files.unlink(at);
      return await files.open(at, PART_FLAGS, PART_MODE);
    }
  }

  /** As {@link #do}; undefined where a folder on the way is not there. */
  async #doIfThere<T>(
    action: string,
    path: BytePath,
    work: (at: string | Buffer) => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await this.#do(action, path, work);
    } catch (error) {
      if (error instanceof SideError && systemCode(error.cause) === 'ENOENT') return undefined;
      throw error;
    }
  }

  async #do<T>(action: string, path: BytePath, work: (at: string | Buffer) => Promise<T>): Promise<T> {
    try {
      return await work(path === '' ? this.address : this.#target.at(path));
    } catch (error) {
      if (error instanceof SideError || error instanceof SnapshotError) throw error;
      throw whatFailed(action, this.label, path, error);
    }
  }
}

/** The path of `folder` without links, whether it is there or not: the pair is known by it. */
async function realFolder(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (error) {
    const above = dirname(folder);
    if (systemCode(error) === 'ENOENT' && above !== folder)
      return join(await realFolder(above), basename(folder));
    throw new SnapshotError('E_ROW', `Cannot read "${folder}": ${reasonOf(error)}`, { cause: error });
  }
}
