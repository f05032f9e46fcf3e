// How an object comes to a server: under a name of its own, flushed, and only then under the one it is to have.
import { dirname } from 'node:path/posix';
import type { SpooledFile } from '../objects.ts';
import { SnapshotError } from '../../base/errors.ts';
import { flushNames, makeFolders, openNames } from './folders.ts';
import { inFlight } from './in-flight.ts';
import { OPEN } from './packet.ts';
import type { Handle, SftpSession } from './session.ts';
import { STATUS, SftpStatus } from './status.ts';

/** What an object is called until it is whole. */
const PART_SUFFIX = '.part';
/** After so many bytes they are flushed: sending goes on from there when the connection was cut. */
const SAFE_BYTES = 16 * 1024 * 1024;

/** How far a file has come that was cut short; whoever tries again goes on from there. */
export interface Progress {
  /** So many of its bytes are on the disk of the server. */
  safeBytes: number;
}

/** Writes `file` to `path`, in place of what is there: whole or not at all. */
export async function upload(
  session: SftpSession,
  path: string,
  file: SpooledFile,
  progress: Progress,
  signal?: AbortSignal,
): Promise<void> {
  const part = path + PART_SUFFIX;
  const handle = await openPart(session, part, progress);
  let names: Handle | undefined;
  try {
    await send(session, handle, file, progress, signal);
    names = await finish(session, handle, dirname(path), file.sizeBytes);
  } catch (error) {
    // With the connection gone it stays, to be continued or, by a later run, removed.
    if (session.isOpen) {
      progress.safeBytes = 0;
      void session.closeHandle(handle).catch(() => {});
      await removePart(session, part);
    }
    throw error;
  }
  await place(session, part, path, names);
}

async function openPart(session: SftpSession, part: string, progress: Progress): Promise<Handle> {
  if (progress.safeBytes > 0) {
    const found = await session.lstat(part);
    if (found !== undefined && found.sizeBytes >= progress.safeBytes)
      return await session.open(part, OPEN.write);
    progress.safeBytes = 0;
  }
  const openNew = async (): Promise<Handle> =>
    await session.open(part, OPEN.write | OPEN.create | OPEN.exclusive);
  try {
    return await openNew();
  } catch (error) {
    if (!(error instanceof SftpStatus)) throw error;
    if (error.code === STATUS.missing) {
      await makeFolders(session, dirname(part));
      return await openNew();
    }
    // A part left by a run that was cut short is in the way.
    if ((await session.lstat(part)) === undefined) throw error;
    await session.remove(part);
    return await openNew();
  }
}

async function send(
  session: SftpSession,
  handle: Handle,
  file: SpooledFile,
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<void> {
  const size = session.writeBytes;
  let flushed: Promise<void> = Promise.resolve();
  for (let start = progress.safeBytes; start < file.sizeBytes; start += SAFE_BYTES) {
    const end = Math.min(start + SAFE_BYTES, file.sizeBytes);
    await inFlight(
      { start, end, size },
      async (offset, length) => {
        signal?.throwIfAborted();
        const bytes = await file.read(offset, length);
        if (bytes.length === length) return bytes;
        const where = `byte ${offset + bytes.length} of ${file.sizeBytes}`;
        throw new SnapshotError('E_STORE', `What was to be sent ends at ${where}`);
      },
      async (bytes, offset) => await session.write(handle, offset, bytes),
    );
    signal?.throwIfAborted();
    await flushed;
    if (!session.has('fsync@openssh.com') || end === file.sizeBytes) continue;
    // What follows is sent meanwhile.
    flushed = session.flush(handle).then(() => {
      progress.safeBytes = end;
    });
    flushed.catch(() => {}); // It is asked above, later.
  }
}

/** Flushes and closes the part, and opens its folder, which is to be flushed as well: all of it in one round trip. */
async function finish(
  session: SftpSession,
  handle: Handle,
  folder: string,
  sizeBytes: number,
): Promise<Handle | undefined> {
  const flushed = session.has('fsync@openssh.com') ? session.flush(handle) : Promise.resolve();
  const names = openNames(session, folder);
  try {
    const [, found] = await Promise.all([flushed, session.sizeOf(handle), session.closeHandle(handle)]);
    if (found === sizeBytes) return await names;
    throw new SnapshotError('E_STORE', `Of ${sizeBytes} bytes that were sent the server has ${found}`, {
      hint: 'Often a disk that is full or a quota that is used up.',
    });
  } catch (error) {
    void names.then(async (open) => open && (await session.closeHandle(open))).catch(() => {});
    throw error;
  }
}

/**
 * Gives the part its name, and flushes its folder. Only a server that has a rename as of POSIX does it in one step where an
 * earlier object is.
 */
async function place(
  session: SftpSession,
  part: string,
  path: string,
  names: Handle | undefined,
): Promise<void> {
  if (session.has('posix-rename@openssh.com')) {
    // Sent together, done in this order.
    const placed = session.replace(part, path);
    try {
      await Promise.all([placed, flushNames(session, names)]);
    } catch (error) {
      await placed.catch(async () => await removePart(session, part));
      throw error;
    }
    return;
  }
  try {
    await session.rename(part, path);
  } catch (error) {
    if (!(error instanceof SftpStatus) || (await session.lstat(path)) === undefined) {
      await removePart(session, part);
      throw error;
    }
    await session.remove(path);
    // Should this fail, the part is all that there is: it stays.
    await session.rename(part, path);
  }
  await flushNames(session, names);
}

/** What went wrong first is what gets reported. */
async function removePart(session: SftpSession, part: string): Promise<void> {
  if (session.isOpen) await session.remove(part).catch(() => {});
}
