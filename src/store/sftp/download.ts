// How the bytes of an object come back.
import type { ByteRange } from '../objects.ts';
import { inFlight } from './in-flight.ts';
import { OPEN } from './packet.ts';
import type { Handle, SftpSession } from './session.ts';
import { STATUS, SftpStatus } from './status.ts';

/** The file at `path`, or a part of it; undefined when there is none. */
export async function download(
  session: SftpSession,
  path: string,
  range: ByteRange | undefined,
  signal?: AbortSignal,
): Promise<Buffer | undefined> {
  let handle: Handle;
  try {
    handle = await session.open(path, OPEN.read);
  } catch (error) {
    if (error instanceof SftpStatus && error.code === STATUS.missing) return undefined;
    throw error;
  }
  try {
    if (range !== undefined) return await readRange(session, handle, range.offset, range.length, signal);
    // Most are small: with the size comes all of them.
    const [sizeBytes, first] = await Promise.all([
      session.sizeOf(handle),
      session.read(handle, 0, session.readBytes),
    ]);
    const start = first ?? Buffer.alloc(0);
    if (start.length >= sizeBytes) return Buffer.from(start);
    const rest = await readRange(session, handle, start.length, sizeBytes - start.length, signal);
    return Buffer.concat([start, rest]);
  } finally {
    void session.closeHandle(handle).catch(() => {}); // Nothing was written.
  }
}

/** Fewer bytes where the file ends before. */
async function readRange(
  session: SftpSession,
  handle: Handle,
  offset: number,
  length: number,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let end = length;
  await inFlight(
    { start: 0, end: length, size: session.readBytes },
    async () => await Promise.resolve(signal?.throwIfAborted()),
    async (_, at, size) => {
      // A server may give less than it was asked for.
      for (let done = 0; done < size && at + done < end;) {
        const part = await session.read(handle, offset + at + done, size - done);
        if (part === undefined || part.length === 0) {
          end = Math.min(end, at + done);
          return;
        }
        part.copy(bytes, at + done);
        done += part.length;
      }
    },
  );
  return bytes.subarray(0, end);
}
