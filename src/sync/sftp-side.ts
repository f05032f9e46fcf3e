// A side of a pair that is a folder on a server, over SFTP and nothing else.
import { entriesOf, flushNames, openNames } from '../store/sftp/folders.ts';
import { OPEN, typeOf } from '../store/sftp/packet.ts';
import { pathOn, type SftpPlace, sftpPlace } from '../store/sftp/place.ts';
import { type Handle, SftpSession } from '../store/sftp/session.ts';
import { STATUS, SftpStatus } from '../store/sftp/status.ts';
import { whyUnsafe } from '../target/contained.ts';
import type { LeftOut } from '../tree/left-out.ts';
import { type BytePath, display, fromBytes, toBytes } from '../tree/path.ts';
import { FarWalk, itemAt } from './far-walk.ts';
import { readOn, sendAll } from './far-content.ts';
import type { Item } from './item.ts';
import { type Listing, type NewFile, type Side, SideError, SMALL_BYTES } from './side.ts';

/** After these the next one fails as well. */
const FATAL: ReadonlySet<number> = new Set([STATUS.noSpace, STATUS.quota, STATUS.writeProtected]);

export class SftpSide implements Side {
  readonly label: string;
  readonly address: string;
  readonly #place: SftpPlace;
  readonly #session: SftpSession;
  readonly #top: Buffer;

  private constructor(place: SftpPlace, session: SftpSession) {
    this.label = place.label;
    this.address = place.label.replace(/\/+$/, '');
    this.#place = place;
    this.#session = session;
    this.#top = Buffer.from(pathOn(place, ''));
  }

  /** Connects. @throws {@link SnapshotError} `E_AWAY`, `E_AUTH`: nobody answers, or lets us in. */
  static async open(address: string): Promise<SftpSide> {
    const place = sftpPlace(address);
    const session = new SftpSession(place);
    try {
      await session.begin();
    } catch (error) {
      await session.close();
      throw error;
    }
    return new SftpSide(place, session);
  }

  get replacesAtOnce(): boolean {
    return this.#session.has('posix-rename@openssh.com');
  }

  get flushes(): boolean {
    return this.#session.has('fsync@openssh.com');
  }

  async rootTag(): Promise<string | undefined> {
    return await Promise.resolve(undefined);
  }

  async root(): Promise<'nothing' | 'folder' | 'other'> {
    return await this.#do('look at', '' as BytePath, async (at) => {
      const found = await this.#session.stat(at);
      if (found === undefined) return 'nothing';
      return found.mode !== undefined && typeOf(found.mode) === 'folder' ? 'folder' : 'other';
    });
  }

  async makeRoot(): Promise<void> {
    const path = pathOn(this.#place, '');
    const names = path.split('/');
    for (let n = 1; n <= names.length; n++) {
      const at = names.slice(0, n).join('/');
      if (at === '' || at === '.' || (await this.#session.stat(at)) !== undefined) continue;
      await this.#do('make', '' as BytePath, async () => await this.#session.makeFolder(at, 0o755));
    }
  }

  async walk(leftOut: LeftOut, signal: AbortSignal): Promise<Listing> {
    const walk = new FarWalk(this.#session, (path) => this.#at(path), leftOut, signal);
    return await this.#do('read', '' as BytePath, async () => await walk.run());
  }

  async look(path: BytePath): Promise<Item | undefined> {
    return await this.#do('look at', path, async (at) => {
      const attributes = await this.#session.lstat(at);
      if (attributes === undefined) return undefined;
      const item = await itemAt(this.#session, at, attributes);
      if (item === undefined) throw new SideError('is neither a file, a folder nor a link');
      return item;
    });
  }

  async *read(path: BytePath, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const session = this.#session;
    const handle = await this.#do('read', path, async (at) => await session.open(at, OPEN.read));
    try {
      yield* readOn(
        session,
        handle,
        signal,
        async (asked) => await this.#do('read', path, async () => await asked),
      );
    } finally {
      void session.closeHandle(handle).catch(() => {}); // Nothing was written.
    }
  }

  async readSmall(path: BytePath, most: number = SMALL_BYTES): Promise<Buffer | undefined> {
    if ((await this.look(path))?.type !== 'file') return undefined;
    const pieces: Uint8Array[] = [];
    let bytes = 0;
    for await (const piece of this.read(path, new AbortController().signal)) {
      bytes += piece.length;
      if (bytes > most) throw new SideError('is far too large');
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  }

  async write(
    path: BytePath,
    bytes: AsyncIterable<Uint8Array>,
    { mtimeMs, mode }: NewFile,
    signal: AbortSignal,
  ): Promise<string> {
    const session = this.#session;
    return await this.#do('write', path, async (at) => {
      const handle = await this.#openNew(at);
      try {
        const { sha256, size } = await sendAll(session, handle, bytes, signal);
        // What the server refuses of these is seen in the next listing; content is worth more.
        const set = session.setAttributes(handle, mode, mtimeMs).catch(ifRefused);
        const flushed = session.has('fsync@openssh.com') ? session.flush(handle) : Promise.resolve();
        const [, , found] = await Promise.all([set, flushed, session.sizeOf(handle)]);
        if (found !== size) throw new SideError(`of ${size} bytes that were sent the server has ${found}`);
        return sha256;
      } finally {
        if (session.isOpen) await session.closeHandle(handle);
      }
    });
  }

  async create(path: BytePath, bytes: Uint8Array): Promise<boolean> {
    const session = this.#session;
    return await this.#do('write', path, async (at) => {
      let handle: Handle;
      try {
        handle = await session.open(at, OPEN.write | OPEN.create | OPEN.exclusive);
      } catch (error) {
        if (error instanceof SftpStatus && (await session.lstat(at)) !== undefined) return false;
        throw error;
      }
      try {
        await session.write(handle, 0, bytes);
        return true;
      } finally {
        if (session.isOpen) await session.closeHandle(handle);
      }
    });
  }

  async claim(from: BytePath, to: BytePath): Promise<boolean> {
    // The rename of the protocol does not replace, but some servers' does.
    const isThere = async (): Promise<boolean> => (await this.look(to)) !== undefined;
    if (await isThere()) return false;
    try {
      await this.move(from, to);
      return true;
    } catch (error) {
      if (error instanceof SideError && (await isThere())) return false;
      throw error;
    }
  }

  async move(from: BytePath, to: BytePath): Promise<void> {
    // The rename of the protocol does not replace.
    await this.#do('rename', from, async (at) => await this.#session.rename(at, this.#at(to)));
  }

  async replace(from: BytePath, to: BytePath): Promise<void> {
    await this.#do('write', to, async (at) => {
      const session = this.#session;
      if (this.replacesAtOnce) {
        await session.replace(this.#at(from), at);
        return;
      }
      if ((await session.lstat(at)) !== undefined) await session.remove(at);
      await session.rename(this.#at(from), at);
    });
  }

  async link(from: BytePath, to: BytePath): Promise<boolean> {
    if (!this.#session.has('hardlink@openssh.com')) return false;
    return await this.#do('link', from, async (at) => {
      try {
        await this.#session.link(at, this.#at(to));
        return true;
      } catch (error) {
        // Not every file system has them, and servers do not say that this is why.
        if (error instanceof SftpStatus && error.code !== STATUS.missing) return false;
        throw error;
      }
    });
  }

  async makeLink(path: BytePath, target: BytePath): Promise<void> {
    await this.#do('make', path, async (at) => await this.#session.makeLink(at, toBytes(target)));
  }

  async makeFolder(path: BytePath, mode: number | undefined): Promise<void> {
    await this.#do('make', path, async (at) => await this.#session.makeFolder(at, mode ?? 0o755));
  }

  async setMode(path: BytePath, mode: number): Promise<void> {
    await this.#do('change', path, async (at) => await this.#session.setMode(at, mode));
  }

  async remove(path: BytePath): Promise<void> {
    await this.#do('remove', path, async (at) => await this.#session.remove(at));
  }

  async removeFolder(path: BytePath): Promise<boolean> {
    return await this.#do('remove', path, async (at) => {
      try {
        await this.#session.removeFolder(at);
        return true;
      } catch (error) {
        // Servers do not say that it is not empty.
        if ((await this.names(path)).length > 0) return false;
        throw error;
      }
    });
  }

  async settle(folders: ReadonlySet<BytePath>): Promise<void> {
    for (const folder of folders) {
      const flush = async (at: Buffer): Promise<void> =>
        await flushNames(this.#session, await openNames(this.#session, at));
      await this.#do('flush', folder, flush);
    }
  }

  async names(folder: BytePath): Promise<readonly BytePath[]> {
    return await this.#do('list', folder, async (at) => {
      const entries = await entriesOf(this.#session, at);
      return (entries ?? []).map(({ nameBytes }) => fromBytes(nameBytes));
    });
  }

  async close(): Promise<void> {
    await this.#session.close();
  }

  async #openNew(at: Uint8Array): Promise<Handle> {
    const flags = OPEN.write | OPEN.create | OPEN.exclusive;
    try {
      return await this.#session.open(at, flags);
    } catch (error) {
      if (!(error instanceof SftpStatus) || (await this.#session.lstat(at)) === undefined) throw error;
      // Left by who was killed.
      await this.#session.remove(at);
      return await this.#session.open(at, flags);
    }
  }

  #at(path: BytePath): Buffer {
    const why = whyUnsafe(path, 'linux');
    if (why !== undefined) throw new SideError(why);
    const top = this.#top.toString() === '.' ? '' : `${this.#top.toString().replace(/\/+$/, '')}/`;
    return Buffer.concat([Buffer.from(top), toBytes(path)]);
  }

  async #do<T>(action: string, path: BytePath, work: (at: Buffer) => Promise<T>): Promise<T> {
    try {
      return await work(path === '' ? this.#top : this.#at(path));
    } catch (error) {
      if (!(error instanceof SftpStatus)) throw error;
      if (FATAL.has(error.code)) throw error.toStoreError(action, this.label);
      if (
        error.code === STATUS.failure &&
        (action === 'write' || action === 'make') &&
        (await this.#isFull())
      )
        throw new SftpStatus(STATUS.noSpace).toStoreError(action, this.label);
      const what = `Cannot ${action} "${display(path)}" in "${this.label}"`;
      throw new SideError(error.message, { cause: error, what });
    }
  }

  /** A server says of a full disk only that it has failed. */
  async #isFull(): Promise<boolean> {
    if (!this.#session.has('statvfs@openssh.com')) return false;
    const free = await this.#session.free(this.#top.toString()).catch(ifRefused);
    return free !== undefined && (free.bytes === 0 || free.files === 0);
  }
}

function ifRefused(error: unknown): undefined {
  if (!(error instanceof SftpStatus)) throw error;
  return undefined;
}
