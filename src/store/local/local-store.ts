import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SnapshotError, systemCode } from '../../base/errors.ts';
import { files } from '../../base/file-calls.ts';
import { NO_LINKS } from '../../base/hard-links.ts';
import { ensureFolder } from '../../base/ensure-folder.ts';
import { isSameName } from '../../base/same-name.ts';
import { attempt, closing, flushFolder } from '../attempt.ts';
import { LocalWriter } from './local-writer.ts';
import { withoutLinks } from './no-links.ts';
import { storeError } from '../store-error.ts';
import { putWhole } from '../put-whole.ts';
import type { Store, StoreItem, StoreWriter } from '../store.ts';

// Backups hold what only their owner may read.
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

// Windows has neither of the two.
const NO_FOLLOW = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const READ = constants.O_RDONLY | NO_FOLLOW;

/**
 * What is listed, and said not to be there, has gone meanwhile: then another listing is without it. Or that is wrong, as file servers
 * sometimes are, of one thing again and again. A snapshot must never be left out: what only that one needs would be removed.
 */
const MOST_DENIALS = 5;
/** Where others come and go as fast as one looks. */
const MOST_LISTINGS = 1000;

/** What an object is called until it is whole. */
const PART_SUFFIX = '.part';

/** On NTFS, after 1023 names of one file, it is a number that Node has no name for. */
const NO_LINK: ReadonlySet<string> = new Set([
  ...NO_LINKS,
  'EXDEV',
  ...(process.platform === 'win32' ? ['UNKNOWN'] : []),
]);

/** A store in a folder of this machine, or of a file server that is mounted here. It follows no link below it. */
export class LocalStore implements Store {
  readonly folder: string;

  /** @param folder - Absolute; it is made with the first object. */
  constructor(folder: string) {
    this.folder = folder;
  }

  get label(): string {
    return this.folder;
  }

  get files(): string {
    return this.folder;
  }

  async list(key: string): Promise<readonly StoreItem[]> {
    const folder = await this.#path(key);
    let gone = '';
    const denials = new Map<string, number>();
    for (let i = 0; i < MOST_LISTINGS && (denials.get(gone) ?? 0) < MOST_DENIALS; i++) {
      const items = await this.#listOnce(folder, (path) => (gone = path));
      if (items !== undefined)
        return items.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
      denials.set(gone, (denials.get(gone) ?? 0) + 1);
    }
    throw new SnapshotError('E_STORE', `Cannot look at "${gone}": it is listed, and said not to be there`, {
      hint: 'Nothing was changed. Is the disk or file server in order, or does another program work there?',
    });
  }

  /** @returns Undefined when something that was listed is said not to be there. @param gone - Told what. */
  async #listOnce(folder: string, gone: (path: string) => void): Promise<StoreItem[] | undefined> {
    const items: StoreItem[] = [];
    for (const entry of await attempt(
      'list',
      folder,
      () => files.readdir(folder, { withFileTypes: true }),
      [],
    )) {
      const path = join(folder, entry.name);
      const stats = await attempt('look at', path, () => files.lstat(path, { bigint: true }), undefined);
      if (stats === undefined) {
        gone(path);
        return undefined;
      }
      const { size, mtimeNs, dev, ino } = stats;
      // Some systems have no inodes.
      const identity = ino > 0n ? `${dev}-${ino}` : undefined;
      const [sizeBytes, modifiedMs] = [Number(size), Number(mtimeNs) / 1e6];
      items.push({
        name: entry.name,
        isFolder: entry.isDirectory(),
        isFile: entry.isFile(),
        sizeBytes,
        modifiedMs,
        identity,
      });
    }
    return items;
  }

  async read(key: string): Promise<Buffer | undefined> {
    const path = await this.#path(key);
    const file = await attempt('read', path, () => files.open(path, READ), undefined);
    if (file === undefined) return undefined;
    return await closing(
      file,
      path,
      async () => await attempt('read', path, async () => await file.readFile()),
    );
  }

  async readRange(key: string, offset: number, length: number): Promise<Buffer> {
    return await this.readInto(key, offset, Buffer.allocUnsafe(length));
  }

  /** As {@link readRange}, into memory that there is. */
  async readInto(key: string, offset: number, bytes: Buffer): Promise<Buffer> {
    const path = await this.#path(key);
    const file = await attempt('read', path, () => files.open(path, READ));
    const found = await closing(file, path, async () => await readPart(file, path, offset, bytes));
    if (found.length === bytes.length) return found;
    throw new SnapshotError('E_STORE', `Cannot read "${path}": it ends before byte ${offset + bytes.length}`);
  }

  /** As {@link readRange}, but less where the object ends, and undefined where there is none. */
  async readUpTo(key: string, offset: number, length: number): Promise<Buffer | undefined> {
    const path = await this.#path(key);
    const file = await attempt('read', path, () => files.open(path, READ), undefined);
    if (file === undefined) return undefined;
    const bytes = Buffer.allocUnsafe(length);
    return await closing(file, path, async () => await readPart(file, path, offset, bytes));
  }

  async readLines(key: string, bytes: number): Promise<{ readonly text: string; readonly isAll: boolean }> {
    const path = await this.#path(key);
    const file = await attempt('read', path, () => files.open(path, READ), undefined);
    if (file === undefined) return { text: '', isAll: true };
    return await closing(file, path, async () => {
      const { size } = await attempt('read', path, () => file.stat());
      const start = Math.max(0, size - bytes);
      const tail = Buffer.alloc(size - start);
      // It may have been cut since.
      const { bytesRead } = await attempt('read', path, () => file.read(tail, 0, tail.length, start));
      return { text: tail.toString('utf8', 0, bytesRead), isAll: start === 0 };
    });
  }

  async close(): Promise<void> {}

  async create(key: string): Promise<StoreWriter> {
    const path = await this.#path(key);
    const part = path + PART_SUFFIX;
    await this.#makeFolder(dirname(path));
    // A part left by a run that was cut short would be in the way.
    await attempt('remove', part, () => files.unlink(part), undefined);
    const file = await attempt('write in', dirname(path), () => files.open(part, 'wx', FILE_MODE));
    return new LocalWriter(file, part, path);
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await putWhole(this, key, bytes);
  }

  async link(from: string, to: string): Promise<boolean> {
    const path = await this.#path(to);
    const old = await this.#path(from);
    await this.#makeFolder(dirname(path));
    try {
      await files.link(old, path);
      return true;
    } catch (error) {
      if (NO_LINK.has(systemCode(error) ?? '')) return false;
      throw storeError('link', path, error);
    }
  }

  async appendLine(key: string, line: string): Promise<void> {
    const path = await this.#path(key);
    await this.#makeFolder(dirname(path));
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_APPEND | NO_FOLLOW;
    const file = await attempt('write', path, () => files.open(path, flags, FILE_MODE));
    await closing(file, path, async () => {
      await attempt('write', path, async () => {
        const { size } = await file.stat();
        const last = Buffer.alloc(1);
        if (size > 0) await file.read(last, 0, 1, size - 1);
        const start = size > 0 && last[0] !== 0x0a ? '\n' : '';
        await file.appendFile(`${start}${line}\n`);
        await file.sync();
        if (size === 0) await flushFolder(dirname(path));
      });
    });
  }

  async remove(key: string): Promise<void> {
    const path = await this.#path(key);
    await attempt(
      'remove',
      path,
      async () => {
        await files.unlink(path);
        await flushFolder(dirname(path));
      },
      undefined,
    );
  }

  async removeFolder(key: string): Promise<boolean> {
    const path = await this.#path(key);
    try {
      await files.rmdir(path);
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOENT') return true;
      if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
      throw storeError('remove', path, error);
    }
    // Not flushed: should an empty folder come back after a power cut, the next run removes it again.
    return true;
  }

  async renameFolder(from: string, to: string): Promise<boolean> {
    const [old, path] = [await this.#path(from), await this.#path(to)];
    const [parent, name] = [dirname(path), basename(path)];
    const names = await attempt('list', parent, () => files.readdir(parent));
    // On a disk that ignores case, the folder itself answers to its new name.
    const isItself = !names.includes(name) && isSameName(basename(old), name);
    const other = isItself ? undefined : await attempt('look at', path, () => files.lstat(path), undefined);
    if (other !== undefined)
      throw new SnapshotError('E_STORE', `Cannot rename "${old}" to "${path}": that is there already`);
    await attempt('rename', old, () => files.rename(old, path));
    await flushFolder(parent);
    return true;
  }

  async freeBytes(): Promise<number | undefined> {
    // A destination that is not there yet is made on the disk of its nearest parent.
    for (let path = this.folder; ; path = dirname(path)) {
      const stats = await attempt('look at', path, () => files.statfs(path), undefined);
      if (stats !== undefined) return stats.bavail * stats.bsize;
      if (dirname(path) === path) return undefined;
    }
  }

  async #path(key: string): Promise<string> {
    return await withoutLinks(this.folder, key);
  }

  async #makeFolder(folder: string): Promise<void> {
    const first = await attempt('make', folder, async () => await ensureFolder(folder, FOLDER_MODE));
    if (first === undefined) return;
    // Each new folder is an entry in its parent, which has to reach the disk as well.
    for (let made = folder; ; made = dirname(made)) {
      await flushFolder(dirname(made));
      if (made === first || dirname(made) === made) return;
    }
  }
}

/** Reads from `offset` on: less than `length` where the file ends. */
async function readPart(file: FileHandle, path: string, offset: number, bytes: Buffer): Promise<Buffer> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await attempt('read', path, () =>
      file.read(bytes, done, bytes.length - done, offset + done),
    );
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}
