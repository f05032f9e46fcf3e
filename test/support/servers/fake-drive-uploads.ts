// How the fake of Google Drive takes content. https://developers.google.com/workspace/drive/api/guides/manage-uploads
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type FakeFile, type FakeFiles, Refused } from './fake-drive-files.ts';

/** What is sent in pieces comes in multiples of this. */
const UNIT_BYTES = 256 * 1024;
const MOST_AT_ONCE_BYTES = 5 * 1024 * 1024;

type Metadata = Readonly<Record<string, unknown>>;

interface Session {
  readonly id: string | undefined;
  readonly metadata: Metadata;
  readonly sizeBytes: number;
  readonly fields: string;
  content: Buffer;
  made: FakeFile | undefined;
}

/** What is answered to a piece: the file, or how much is there. */
export type Progress =
  | { readonly file: FakeFile; readonly fields: string; readonly isNew: boolean }
  | { readonly arrived: number };

export class FakeUploads {
  readonly #files: FakeFiles;
  readonly #sessions = new Map<string, Session>();
  /** Of the next piece only so many bytes are kept. */
  keepAtMost: number = Infinity;

  constructor(files: FakeFiles) {
    this.#files = files;
  }

  /** How many have begun and not ended. */
  get open(): number {
    return [...this.#sessions.values()].filter(({ made }) => made === undefined).length;
  }

  /** A week is over. */
  endAll(): void {
    this.#sessions.clear();
  }

  /** Metadata and content in one. @param id - Of what is replaced. */
  multipart(type: string, body: Buffer, id: string | undefined): FakeFile {
    const boundary = /^multipart\/related; boundary=([0-9a-zA-Z]+)$/.exec(type)?.[1];
    if (boundary === undefined) throw new Refused(400, 'badContent', `No multipart/related: ${type}`);
    const text = body.toString('latin1');
    const parts = text.split(`--${boundary}`);
    const [before = '', first = '', second = '', end = ''] = parts;
    if (parts.length !== 4 || before !== '' || end.trim() !== '--')
      throw new Refused(400, 'badContent', 'Malformed multipart body.');
    const [metadata, content] = [first, second].map((part) => {
      const at = part.indexOf('\r\n\r\n');
      if (!part.startsWith('\r\nContent-Type: ') || at < 0 || !part.endsWith('\r\n'))
        throw new Refused(400, 'badContent', 'Malformed part.');
      return Buffer.from(part.slice(at + 4, -2), 'latin1');
    }) as [Buffer, Buffer];
    if (content.length > MOST_AT_ONCE_BYTES) throw new Refused(413, 'uploadTooLarge');
    const fields = parsed(metadata);
    return id === undefined ? this.#files.create(fields, content) : this.#files.update(id, fields, content);
  }

  /** @returns The id of the session. */
  begin(request: IncomingMessage, body: Buffer, id: string | undefined, fields: string): string {
    const length = request.headers['x-upload-content-length'];
    if (typeof length !== 'string' || request.headers['x-upload-content-type'] === undefined)
      throw new Refused(400, 'badContent', 'No X-Upload-Content-*');
    const metadata = parsed(body);
    if (id === undefined) this.#files.checkNew(metadata);
    else this.#files.get(id);
    const session = randomBytes(16).toString('hex');
    this.#sessions.set(session, {
      id,
      metadata,
      sizeBytes: Number(length),
      fields,
      content: Buffer.alloc(0),
      made: undefined,
    });
    return session;
  }

  /** @param isWhole - Whether all of the request came; a cut one leaves what came before. */
  piece(id: string, range: string | undefined, body: Buffer, isWhole: boolean): Progress {
    const session = this.#sessions.get(id);
    if (session === undefined) throw new Refused(404, 'notFound', 'The upload session has ended.');
    const { sizeBytes } = session;
    if (session.made !== undefined) return { file: session.made, fields: session.fields, isNew: false };
    if (range === `bytes */${sizeBytes}` && body.length === 0) return { arrived: session.content.length };
    const match = range === undefined ? [] : /^bytes (\d+)-(\d+)\/(\d+)$/.exec(range);
    if (match === null) throw new Refused(400, 'badRequest', `Content-Range: ${range}`);
    const [, from = '0', to = String(sizeBytes - 1), all = String(sizeBytes)] = match;
    const length = Number(to) - Number(from) + 1;
    if (Number(all) !== sizeBytes || (isWhole && body.length !== length))
      throw new Refused(400, 'badRequest', 'It has another length than was said.');
    if (Number(from) !== session.content.length)
      throw new Refused(400, 'badRequest', `It goes on at byte ${session.content.length}.`);
    const isLast = Number(to) === sizeBytes - 1;
    if (!isLast && length % UNIT_BYTES !== 0)
      throw new Refused(400, 'badRequest', 'A piece is no multiple of 256 KiB.');
    const kept = Math.min(body.length, this.keepAtMost);
    this.keepAtMost = Infinity;
    const isAll = isLast && kept === length;
    const taken = isAll ? kept : Math.floor(kept / UNIT_BYTES) * UNIT_BYTES;
    session.content = Buffer.concat([session.content, body.subarray(0, taken)]);
    if (!isAll) return { arrived: session.content.length };
    session.made =
      session.id === undefined
        ? this.#files.create(session.metadata, session.content)
        : this.#files.update(session.id, session.metadata, session.content);
    session.content = Buffer.alloc(0);
    return { file: session.made, fields: session.fields, isNew: true };
  }
}

export function parsed(body: Buffer): Metadata {
  try {
    const json: unknown = JSON.parse(body.toString('utf8'));
    if (typeof json === 'object' && json !== null) return json as Metadata;
  } catch {
    // It is refused below.
  }
  throw new Refused(400, 'parseError', 'Parse Error');
}
