// Folders of a server: made where they are missing, flushed where that can be done, listed.
import { dirname } from 'node:path/posix';
import { SnapshotError } from '../../base/errors.ts';
import type { StoreItem } from '../store.ts';
import { OPEN, typeOf } from './packet.ts';
import type { FolderEntry, Handle, RemotePath, SftpSession } from './session.ts';
import { STATUS, SftpStatus } from './status.ts';

/** More names than a folder of a series could have: a server that never ends is left. */
const MOST_NAMES = 1_000_000;
/** A server gives a hundred names or so each time. */
const PAGES_AT_ONCE = 4;

/** What lies in a folder; nothing when there is none. */
export async function listFolder(
  session: SftpSession,
  path: string,
  signal?: AbortSignal,
): Promise<StoreItem[]> {
  const entries = (await entriesOf(session, path, signal)) ?? [];
  return entries.map(({ name, attributes }) => {
    const { sizeBytes, modifiedMs, mode } = attributes;
    const type = mode === undefined ? 'other' : typeOf(mode);
    return { name, isFolder: type === 'folder', isFile: type === 'file', sizeBytes, modifiedMs };
  });
}

/**
 * The entries of a folder, as the server tells them; undefined when there is none.
 *
 * @throws {@link SftpStatus} also where the folder may be read and not entered: OpenSSH says then that it is empty.
 */
export async function entriesOf(
  session: SftpSession,
  path: RemotePath,
  signal?: AbortSignal,
): Promise<readonly FolderEntry[] | undefined> {
  let handle: Handle;
  try {
    handle = await session.openFolder(path);
  } catch (error) {
    if (error instanceof SftpStatus && error.code === STATUS.missing) return undefined;
    throw error;
  }
  const entries: FolderEntry[] = [];
  let isEntered = false;
  try {
    for (let isAtEnd = false; !isAtEnd;) {
      signal?.throwIfAborted();
      const pages = await Promise.all(
        Array.from({ length: PAGES_AT_ONCE }, async () => await session.readFolder(handle)),
      );
      isAtEnd = pages.includes(undefined);
      for (const entry of pages.flatMap((page) => page ?? []))
        if (entry.name === '.') isEntered = true;
        else if (entry.name !== '..') entries.push(entry);
      if (entries.length > MOST_NAMES) {
        throw new SnapshotError('E_STORE', `"${String(path)}" has more than ${MOST_NAMES} names`);
      }
    }
  } finally {
    void session.closeHandle(handle).catch(() => {}); // Nothing was written.
  }
  if (entries.length === 0 && !isEntered) await mustBeEntered(session, path);
  return entries;
}

/** OpenSSH leaves out what it cannot look at, also the folder itself; other servers may never name that. */
async function mustBeEntered(session: SftpSession, path: RemotePath): Promise<void> {
  try {
    await session.lstat(Buffer.concat([Buffer.from(path), Buffer.from('/.')]));
  } catch (error) {
    if (!(error instanceof SftpStatus) || error.code === STATUS.denied) throw error;
  }
}

/** Makes a folder and those above it, where they are missing. */
export async function makeFolders(session: SftpSession, path: string): Promise<void> {
  try {
    await session.makeFolder(path);
  } catch (error) {
    if (!(error instanceof SftpStatus)) throw error;
    const above = dirname(path);
    if (error.code === STATUS.missing && above !== path) {
      await makeFolders(session, above);
      await session.makeFolder(path).catch(async (second: unknown) => await orThere(session, path, second));
    } else await orThere(session, path, error);
  }
  // A new folder is an entry in the one above, which has to reach the disk as well.
  await flushNames(session, await openNames(session, dirname(path)));
}

/** That a folder is there already is no error, but servers do not say that it is why. */
async function orThere(session: SftpSession, path: string, error: unknown): Promise<void> {
  const mode = (await session.stat(path))?.mode;
  if (mode === undefined || typeOf(mode) !== 'folder') throw error;
}

/** Opens a folder so that it can be flushed; undefined where the server has no such thing. */
export async function openNames(session: SftpSession, folder: RemotePath): Promise<Handle | undefined> {
  if (!session.has('fsync@openssh.com')) return undefined;
  try {
    return await session.open(folder, OPEN.read);
  } catch (error) {
    // Another kind of server or system: its names reach the disk when it wants.
    if (error instanceof SftpStatus) return undefined;
    throw error;
  }
}

/** What servers say whose file system, or who themselves, cannot flush folders. */
const NO_FLUSH: ReadonlySet<number> = new Set([STATUS.missing, STATUS.badMessage, STATUS.unsupported]);

/** Makes names in a folder survive a power cut, where the server can, and closes it. */
export async function flushNames(session: SftpSession, handle: Handle | undefined): Promise<void> {
  if (handle === undefined) return;
  const closed = session.closeHandle.bind(session, handle);
  // Both are on their way before either is answered.
  const [flushed] = await Promise.allSettled([session.flush(handle), closed()]);
  if (flushed.status === 'fulfilled') return;
  const { reason } = flushed as { readonly reason: unknown };
  if (reason instanceof SftpStatus && NO_FLUSH.has(reason.code)) return;
  throw reason;
}
