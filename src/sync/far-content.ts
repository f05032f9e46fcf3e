// What files on a server hold: read from start to end, and written, several pieces ahead of the answers.
import { createHash } from 'node:crypto';
import { inFlight } from '../store/sftp/in-flight.ts';
import type { Handle, SftpSession } from '../store/sftp/session.ts';

type Asked = Promise<Buffer | undefined> | undefined;

/** @param answered - Waits for an answer, and says what a refusal means. */
export async function* readOn(
  session: SftpSession,
  handle: Handle,
  signal: AbortSignal,
  answered: (asked: Asked) => Promise<Buffer | undefined> = plainly,
): AsyncGenerator<Uint8Array> {
  const window: Promise<Buffer | undefined>[] = [];
  const size = session.readBytes;
  let next = 0;
  for (let at = 0; ;) {
    signal.throwIfAborted();
    // What a small file holds comes with the first answer, and one more says that it ends there.
    for (const most = at === 0 ? 2 : 16; window.length < most; next += size) {
      const asked = session.read(handle, next, size);
      asked.catch(() => {}); // It is awaited in its turn.
      window.push(asked);
    }
    const bytes = await answered(window.shift());
    if (bytes === undefined) return;
    at += bytes.length;
    yield Buffer.from(bytes);
    if (bytes.length === size) continue;
    // A server may give less than it was asked for: what was asked for behind it begins elsewhere.
    await Promise.allSettled(window.splice(0));
    next = at;
  }
}

async function plainly(asked: Asked): Promise<Buffer | undefined> {
  return await asked;
}

/** Writes `bytes` from the beginning of an open file on, several pieces at a time. @returns What was sent. */
export async function sendAll(
  session: SftpSession,
  handle: Handle,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<{ readonly sha256: string; readonly size: number }> {
  const digest = createHash('sha256');
  let size = 0;
  for await (const piece of bytes) {
    signal.throwIfAborted();
    digest.update(piece);
    const range = { start: 0, end: piece.length, size: session.writeBytes };
    const start = size;
    const cut = async (from: number, length: number): Promise<Uint8Array> =>
      await Promise.resolve(piece.subarray(from, from + length));
    await inFlight(range, cut, async (part, from) => await session.write(handle, start + from, part));
    size += piece.length;
  }
  return { sha256: digest.digest('hex'), size };
}
