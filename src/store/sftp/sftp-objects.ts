import { dirname } from 'node:path/posix';
import { placeIn } from '../../base/address.ts';
import { SnapshotError } from '../../base/errors.ts';
import type { ByteRange, Objects, SpooledFile } from '../objects.ts';
import type { StoreItem } from '../store.ts';
import { download } from './download.ts';
import { flushNames, listFolder, makeFolders, openNames } from './folders.ts';
import { pathOn, type SftpPlace, sftpPlace } from './place.ts';
import { SftpSession } from './session.ts';
import { STATUS, SftpStatus } from './status.ts';
import { untilAborted } from './until-aborted.ts';
import { type Progress, upload } from './upload.ts';

/** Times of SFTP are of whole seconds. One that is so old tells a content from any other, whatever the clocks of both say. */
const SURE_MS = 3_600_000;
/** What was aborted may take so long to tidy up, before nobody waits for it any more. */
const TIDY_MS = 2000;

/** The folder on a server that `address` names, over SFTP. The connection is made when it is needed. */
export async function openSftp(address: string): Promise<Objects> {
  return await Promise.resolve(new SftpObjects(sftpPlace(address)));
}

class SftpObjects implements Objects {
  readonly label: string;
  readonly listsAtOnce = true;
  readonly #place: SftpPlace;
  #session: SftpSession | undefined;
  #begun: Promise<SftpSession> | undefined;
  #isClosed = false;
  /** Of files whose sending was cut short. */
  readonly #progress = new WeakMap<SpooledFile, Progress>();
  /** Links that were asked for and never answered: they may be there. */
  readonly #unsure = new Set<string>();

  constructor(place: SftpPlace) {
    this.label = place.label;
    this.#place = place;
  }

  async list(folder: string, signal?: AbortSignal): Promise<readonly StoreItem[]> {
    const items = await this.#do(
      'list',
      folder,
      signal,
      async (session, path) => await listFolder(session, path, signal),
    );
    const sureMs = Date.now() - SURE_MS;
    return items.map((item) => (item.modifiedMs < sureMs ? { ...item, tag: String(item.modifiedMs) } : item));
  }

  async get(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer | undefined> {
    return await this.#do(
      'read',
      key,
      signal,
      async (session, path) => await download(session, path, range, signal),
    );
  }

  async put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    const all = Buffer.from(bytes);
    const read = async (offset: number, length: number): Promise<Buffer> =>
      await Promise.resolve(all.subarray(offset, offset + length));
    await this.putFile(key, { sizeBytes: all.length, read }, signal);
  }

  async putFile(key: string, file: SpooledFile, signal?: AbortSignal): Promise<void> {
    const progress = this.#progress.get(file) ?? { safeBytes: 0 };
    this.#progress.set(file, progress);
    await this.#do('write', key, signal, async (session, path) => {
      try {
        await upload(session, path, file, progress, signal);
      } catch (error) {
        throw await this.#withReason(session, path, file.sizeBytes, error);
      }
    });
  }

  async remove(key: string): Promise<void> {
    await this.#do('remove', key, undefined, async (session, path) => {
      await session.remove(path).catch((error: unknown) => {
        if (!(error instanceof SftpStatus) || error.code !== STATUS.missing) throw error;
      });
    });
  }

  async removeFolder(key: string): Promise<boolean> {
    return await this.#do('remove', key, undefined, async (session, path) => {
      try {
        await session.removeFolder(path);
        return true;
      } catch (error) {
        if (!(error instanceof SftpStatus)) throw error;
        if (error.code === STATUS.missing) return true;
        // Servers do not say that it is not empty.
        if ((await listFolder(session, path)).length > 0) return false;
        throw error;
      }
    });
  }

  async link(from: string, to: string): Promise<boolean> {
    return await this.#do('link', to, undefined, async (session, path) => {
      if (!session.has('hardlink@openssh.com')) return false;
      const old = pathOn(this.#place, from);
      const pair = `${old}\0${path}`;
      try {
        await session.link(old, path).catch(async (error: unknown) => {
          if (!(error instanceof SftpStatus) || error.code !== STATUS.missing) throw error;
          await makeFolders(session, dirname(path));
          await session.link(old, path);
        });
        this.#unsure.delete(pair);
        return true;
      } catch (error) {
        if (!session.isOpen) this.#unsure.add(pair);
        if (!(error instanceof SftpStatus) || error.code === STATUS.missing) throw error;
        if ((await session.lstat(path)) === undefined) return false;
        // Made by the try before, whose answer was lost.
        if (this.#unsure.delete(pair)) return true;
        throw new SnapshotError('E_STORE', `Cannot link "${this.#where(to)}": it exists already`);
      }
    });
  }

  async renameFolder(from: string, to: string): Promise<boolean> {
    return await this.#do('rename', from, undefined, async (session, path) => {
      const renamed = pathOn(this.#place, to);
      const pair = `${path}\0${renamed}`;
      try {
        // Not that of POSIX: it would take the place of an empty folder.
        await session.rename(path, renamed);
      } catch (error) {
        if (!session.isOpen) this.#unsure.add(pair);
        const isMissing = error instanceof SftpStatus && error.code === STATUS.missing;
        // Done by the try before, whose answer was lost.
        if (!isMissing || !this.#unsure.delete(pair)) throw error;
      }
      this.#unsure.delete(pair);
      await flushNames(session, await openNames(session, dirname(renamed)));
      return true;
    });
  }

  async freeBytes(): Promise<number | undefined> {
    return await this.#do(
      'look at',
      '',
      undefined,
      async (session, path) => (await this.#free(session, path))?.bytes,
    );
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#session?.close();
  }

  /** What is free where `path` is, or would be made: on the disk of its nearest parent. */
  async #free(session: SftpSession, path: string): ReturnType<SftpSession['free']> {
    if (!session.has('statvfs@openssh.com')) return undefined;
    for (let at = path; ; at = dirname(at)) {
      const free = await session.free(at);
      if (free !== undefined || dirname(at) === at) return free;
    }
  }

  /** A server says of a full disk only that it has failed: whether it is full can be asked. */
  async #withReason(session: SftpSession, path: string, bytes: number, error: unknown): Promise<unknown> {
    if (!(error instanceof SftpStatus) || error.code !== STATUS.failure || !session.isOpen) return error;
    const free = await this.#free(session, dirname(path)).catch(() => undefined);
    return free !== undefined && (free.bytes < bytes || free.files === 0)
      ? new SftpStatus(STATUS.noSpace)
      : error;
  }

  /** Does `work` on what `key` names, on a connection that is open. */
  async #do<T>(
    action: string,
    key: string,
    signal: AbortSignal | undefined,
    work: (session: SftpSession, path: string) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    try {
      const session = await untilAborted(this.#connected(), signal, 0);
      return await untilAborted(work(session, pathOn(this.#place, key)), signal, TIDY_MS);
    } catch (error) {
      throw error instanceof SftpStatus ? error.toStoreError(action, this.#where(key)) : error;
    }
  }

  #where(key: string): string {
    return placeIn(this.label, key);
  }

  async #connected(): Promise<SftpSession> {
    if (this.#isClosed) throw new SnapshotError('E_STORE', `The connection to "${this.label}" is closed`);
    if (this.#begun !== undefined && this.#session?.isOpen === true) return await this.#begun;
    const session = new SftpSession(this.#place);
    this.#session = session;
    this.#begun = session.begin().then(
      () => session,
      async (error: unknown) => {
        await session.close();
        throw error;
      },
    );
    return await this.#begun;
  }
}
