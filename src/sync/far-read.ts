// Reads a file on a server from its start to its end, several answers ahead.
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
