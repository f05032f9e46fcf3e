// Sends a large file by tus: a line that is cut costs what was on the way, not what has arrived.
import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { SnapshotError } from '../../base/errors.ts';
import type { HttpAnswer } from '../../store/http/http-client.ts';
import type { SpooledFile } from '../../store/objects.ts';
import type { LibraryClient, Sent, ToSend } from './library-client.ts';
import { isBusy, WAITS_MS } from './server-requests.ts';

const TUS = { 'Tus-Resumable': '1.0.0' } as const;
/** So many requests in a row may bring the server no more than it had. */
const MOST_FRUITLESS = 5;

/**
 * @param begun - Where an upload of it has begun.
 * @throws {@link SnapshotError} also when the server has no more of it after several tries.
 */
export async function sendResumed(
  client: LibraryClient,
  file: ToSend,
  begun: string | undefined,
): Promise<Sent> {
  let at = begun;
  let arrived = 0;
  let failure = client.away(new Error('the connection is cut each time'));
  for (let fruitless = 0; fruitless <= MOST_FRUITLESS; fruitless++) {
    let offset: Awaited<ReturnType<typeof offsetOf>> = 0;
    if (at === undefined) {
      const made = await client.ask({ method: 'POST', path: 'v1/uploads', headers: announced(file) });
      if (made.status !== 201 || made.headers.location === undefined)
        return client.refused(made, file.rename);
      at = made.headers.location;
      arrived = 0;
    } else offset = await offsetOf(client, at);
    if (typeof offset === 'object') return offset;
    if (offset === undefined) {
      // It is too old, or was ended: it begins anew.
      at = undefined;
      continue;
    }
    // What has gone out may be waiting anywhere: what the server has is what counts.
    if (offset > arrived) fruitless = 0;
    arrived = Math.max(arrived, offset);
    const answer = await sendRest(client, at, file.body, offset);
    if (answer === undefined) continue;
    const done = answer.status === 204 ? doneIn(answer.headers) : undefined;
    if (done !== undefined) return done;
    failure = client.unexpected(answer);
    if (isBusy(answer)) await delay(WAITS_MS[fruitless] ?? 0, undefined, { signal: client.signal });
    // It was ended; or what had begun it asked for a name that is taken by now, and this one may ask for another.
    else if (answer.status === 404 || (answer.status === 412 && at === begun)) at = undefined;
    // Somebody else goes on with it, or the server has less of it than it had said.
    else if (answer.status !== 409 && answer.status !== 204) return client.refused(answer, file.rename);
  }
  throw failure;
}

function announced({ name, blake3, modifiedMs, body, rename }: ToSend): Readonly<Record<string, string>> {
  const metadata = {
    name,
    hash: `blake3:${blake3}`,
    modified: String(modifiedMs),
    rename: rename ? '1' : '0',
  };
  const pairs = Object.entries(metadata).map(
    ([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`,
  );
  return { ...TUS, 'Upload-Length': String(body.sizeBytes), 'Upload-Metadata': pairs.join(',') };
}

/** What became of an upload that is whole, and what its file is called there, where that is told. */
function doneIn(headers: IncomingHttpHeaders): Sent | undefined {
  const { 'upload-status': status, 'upload-path': path } = headers;
  if (status !== 'stored' && status !== 'known') return undefined;
  try {
    return { status, name: typeof path === 'string' ? decodeURIComponent(path) : undefined };
  } catch {
    return { status, name: undefined };
  }
}

/** Where the server is; undefined when it knows of no such upload; what became of it when it has all of it. */
async function offsetOf(client: LibraryClient, at: string): Promise<number | Sent | undefined> {
  const answer = await client.ask({ method: 'HEAD', path: at, headers: TUS });
  const { 'upload-offset': offset = '' } = answer.headers;
  if (answer.status === 404) return undefined;
  const done = doneIn(answer.headers);
  if (done !== undefined) return done;
  if (answer.status === 200 && /^\d+$/.test(String(offset))) return Number(offset);
  // What it had was not what it was to be, or has no place; the next try is told which.
  if (answer.status === 412 || answer.status === 422) return undefined;
  throw client.unexpected(answer);
}

/** Sends what is behind `offset`. @returns Nothing when the line was cut. */
async function sendRest(
  client: LibraryClient,
  at: string,
  body: SpooledFile,
  offset: number,
): Promise<HttpAnswer | undefined> {
  const rest: SpooledFile = {
    sizeBytes: body.sizeBytes - offset,
    read: async (from, length) => await body.read(offset + from, length),
  };
  const headers = {
    ...TUS,
    'Upload-Offset': String(offset),
    'Content-Type': 'application/offset+octet-stream',
  };
  try {
    return await client.once({ method: 'PATCH', path: at, headers, body: rest });
  } catch (error) {
    // Of a file of this machine.
    if (error instanceof SnapshotError || client.signal.aborted) throw error;
    return undefined;
  }
}
