// Content on its way into Drive: whole, or not there. https://developers.google.com/workspace/drive/api/guides/manage-uploads
import { createHash, randomBytes } from 'node:crypto';
import { SnapshotError } from '../../base/errors.ts';
import type { HttpAnswer } from '../http/http-client.ts';
import type { SpooledFile } from '../objects.ts';
import { AwayError } from '../wrap/retry-objects.ts';
import type { DriveClient } from './drive-client.ts';
import { driveError } from './drive-error.ts';
import { ParentGoneError } from './drive-folders.ts';
import type { DriveIds } from './drive-ids.ts';
import { type DriveItem, ITEM_FIELDS, itemOf, propertiesOf, type Spot } from './drive-item.ts';
import type { UploadSessions } from './upload-sessions.ts';

/** What Google takes in one request with its metadata. */
export const MOST_AT_ONCE_BYTES: number = 5 * 1024 * 1024;
const PIECE_BYTES = 1024 * 1024;
/** An answer that says less has to come before this many requests about one session. */
const MOST_STEPS = 1000;
const JSON_TYPE = 'application/json; charset=UTF-8';

/** What is to be made. */
export interface Target {
  readonly spot: Spot;
  /** For people who look into Drive. */
  readonly name: string;
  /** What lies there already and is to be replaced. */
  readonly existing: DriveItem | undefined;
  /** The id of the folder that a new one goes into. */
  readonly parent: () => Promise<string>;
  /** For errors: `Cannot write "gdrive://..."`. */
  readonly what: string;
  readonly signal: AbortSignal | undefined;
}

export class DriveUploads {
  readonly #client: DriveClient;
  readonly #ids: DriveIds;
  readonly #sessions: UploadSessions;
  /** Ids of what was tried to be made, and of which nobody knows whether it was. */
  readonly #tried = new Map<string, string>();
  readonly #sums = new WeakMap<SpooledFile, Promise<string>>();

  constructor(client: DriveClient, ids: DriveIds, sessions: UploadSessions) {
    this.#client = client;
    this.#ids = ids;
    this.#sessions = sessions;
  }

  /** Sends a few bytes in one request. */
  async put(target: Target, bytes: Uint8Array): Promise<DriveItem> {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const boundary = randomBytes(16).toString('hex');
    return await this.#make(target, sha256, bytes.length, async (method, path, metadata) => {
      const head = `--${boundary}\r\nContent-Type: ${JSON_TYPE}\r\n\r\n${metadata}\r\n--${boundary}\r\nContent-Type: ${typeOf(target.name)}\r\n\r\n`;
      return await this.#client.call({
        method,
        path,
        isUpload: true,
        query: { uploadType: 'multipart', fields: ITEM_FIELDS },
        headers: { 'Content-Type': `multipart/related; boundary=${boundary}` },
        body: Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]),
        what: target.what,
        signal: target.signal,
        accept: [404, 409],
      });
    });
  }

  /** Sends a file that is larger: what has arrived of it before is not sent again. */
  async putLarge(target: Target, file: SpooledFile): Promise<DriveItem> {
    const { what, signal, spot } = target;
    const { sizeBytes } = file;
    const sha256 = await this.#sumOf(file, what, signal);
    const name = `${spot.room} ${sizeBytes} ${sha256} ${spot.key}`;
    return await this.#make(
      target,
      sha256,
      sizeBytes,
      async (method, path, metadata, id) => {
        for (let steps = 0; steps < MOST_STEPS; steps++) {
          const known = await this.#sessions.find(name);
          const begun = known ?? (await this.#begin(method, path, metadata, target, sizeBytes));
          if ('status' in begun) return begun;
          if (known === undefined)
            await this.#sessions.add(name, { uri: begun.uri, id, beganMs: Date.now() });
          const answer = await this.#goOn(begun.uri, known === undefined ? 0 : undefined, file, target);
          if (answer.status === 308) continue;
          await this.#sessions.remove(name);
          // It has ended: another one begins.
          if (answer.status !== 404 && answer.status !== 410) return answer;
        }
        throw new AwayError(`${what}: the upload does not come to an end`);
      },
      (await this.#sessions.find(name))?.id,
    );
  }

  /**
   * Makes the object, or replaces it. Whatever happens on the way, there is one of it at the end.
   *
   * @param send - Answers with the item that was made; 404: what is replaced, or the folder, is gone; 409: the id is in use.
   * @param begunId - The id that an earlier run has begun with.
   */
  async #make(
    target: Target,
    sha256: string,
    sizeBytes: number,
    send: (method: 'POST' | 'PATCH', path: string, metadata: string, id: string) => Promise<HttpAnswer>,
    begunId?: string,
  ): Promise<DriveItem> {
    const { spot, name, what, existing } = target;
    if (existing !== undefined) {
      const answer = await send('PATCH', `files/${existing.id}`, '{}', existing.id);
      if (answer.status !== 404) return await this.#checked(answer, sha256, sizeBytes, target);
    }
    const tried = `${spot.room} ${spot.key}`;
    for (let tries = 0; tries < 3; tries++) {
      const id =
        (tries === 0 ? begunId : undefined) ?? this.#tried.get(tried) ?? (await this.#ids.take(what));
      this.#tried.set(tried, id);
      const parents = [await target.parent()];
      const metadata = JSON.stringify({
        id,
        name,
        parents,
        mimeType: typeOf(name),
        appProperties: propertiesOf(spot),
      });
      let answer = await send('POST', 'files', metadata, id);
      if (answer.status === 404) throw new ParentGoneError(what);
      if (answer.status === 409) {
        const made = await this.#look(id, target);
        if (made?.room === spot.room && made.key === spot.key) {
          if (made.sha256 === sha256 && made.sizeBytes === sizeBytes) {
            this.#tried.delete(tried);
            return made;
          }
          // Made by an earlier try, with something else in it.
          answer = await send('PATCH', `files/${id}`, '{}', id);
        }
      }
      this.#tried.delete(tried);
      // Another process has used the id.
      if (answer.status === 409 || answer.status === 404) continue;
      return await this.#checked(answer, sha256, sizeBytes, target);
    }
    throw new AwayError(`${what}: other files have all the ids that Google has given for it`);
  }

  async #begin(
    method: 'POST' | 'PATCH',
    path: string,
    metadata: string,
    { what, signal, name }: Target,
    sizeBytes: number,
  ): Promise<{ readonly uri: string } | HttpAnswer> {
    const answer = await this.#client.call({
      method,
      path,
      isUpload: true,
      query: { uploadType: 'resumable', fields: ITEM_FIELDS },
      headers: {
        'Content-Type': JSON_TYPE,
        'X-Upload-Content-Type': typeOf(name),
        'X-Upload-Content-Length': String(sizeBytes),
      },
      body: Buffer.from(metadata),
      what,
      signal,
      accept: [404, 409],
    });
    if (answer.status === 404 || answer.status === 409) return answer;
    const { location } = answer.headers;
    if (location === undefined) throw driveError(what, answer);
    return { uri: location };
  }

  /** @param from - Where to go on; undefined: Google has to be asked. */
  async #goOn(
    uri: string,
    from: number | undefined,
    file: SpooledFile,
    { what, signal }: Target,
  ): Promise<HttpAnswer> {
    const { sizeBytes } = file;
    const call = async (body: SpooledFile | undefined, range: string | undefined): Promise<HttpAnswer> =>
      await this.#client.call({
        method: 'PUT',
        path: uri,
        isUpload: true,
        headers: range === undefined ? {} : { 'Content-Range': range },
        body,
        what,
        signal,
        accept: [308, 404, 409, 410],
      });
    let at = from;
    if (at === undefined) {
      const asked = await call(undefined, `bytes */${sizeBytes}`);
      if (asked.status !== 308) return asked;
      at = arrivedOf(asked);
    }
    const begin = at;
    const rest: SpooledFile = {
      sizeBytes: sizeBytes - begin,
      read: async (offset, length) => await file.read(begin + offset, length),
    };
    return await call(rest, begin === 0 ? undefined : `bytes ${begin}-${sizeBytes - 1}/${sizeBytes}`);
  }

  /** What has arrived is what was sent. */
  async #checked(
    answer: HttpAnswer,
    sha256: string,
    sizeBytes: number,
    { what, spot, existing }: Target,
  ): Promise<DriveItem> {
    if (answer.status < 200 || answer.status >= 300) throw driveError(what, answer);
    const item = itemOf(parsed(answer));
    if (item === undefined || item.room !== spot.room || item.key !== spot.key) {
      throw new SnapshotError('E_STORE', `${what}: Google does not tell what it has made`);
    }
    if (item.sizeBytes === sizeBytes && (item.sha256 ?? sha256) === sha256) return item;
    // An earlier object was replaced by it already: then the next try is what mends it.
    if (existing === undefined) {
      await this.#client.call({ method: 'DELETE', path: `files/${item.id}`, what, accept: [404] });
    }
    throw new AwayError(`${what}: something else has arrived than what was sent`);
  }

  async #look(id: string, { what, signal }: Target): Promise<DriveItem | undefined> {
    const query = { fields: ITEM_FIELDS };
    const answer = await this.#client.call({
      method: 'GET',
      path: `files/${id}`,
      query,
      what,
      signal,
      accept: [404],
    });
    return answer.status === 404 ? undefined : itemOf(parsed(answer));
  }

  async #sumOf(file: SpooledFile, what: string, signal: AbortSignal | undefined): Promise<string> {
    const known = this.#sums.get(file);
    if (known !== undefined) return await known;
    const sum = sha256Of(file, what, signal);
    this.#sums.set(file, sum);
    return await sum;
  }
}

async function sha256Of(file: SpooledFile, what: string, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  for (let at = 0; at < file.sizeBytes;) {
    signal?.throwIfAborted();
    const bytes = await file.read(at, Math.min(PIECE_BYTES, file.sizeBytes - at));
    if (bytes.length === 0)
      throw new SnapshotError(
        'E_STORE',
        `${what}: the file that waits for it on this machine became shorter`,
      );
    hash.update(bytes);
    at += bytes.length;
  }
  return hash.digest('hex');
}

/** How many bytes a session has: `Range: bytes=0-N`, the last one included; none without it. */
function arrivedOf({ headers }: HttpAnswer): number {
  const last = /^bytes=0-(\d+)$/.exec(headers.range ?? '')?.[1];
  return last === undefined ? 0 : Number(last) + 1;
}

/** So that the browser shows what can be read, and makes no document of anything. */
function typeOf(name: string): string {
  if (name.endsWith('.txt') || name === 'SHA256SUMS') return 'text/plain';
  return name.endsWith('.json') ? 'application/json' : 'application/octet-stream';
}

function parsed({ body }: HttpAnswer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
