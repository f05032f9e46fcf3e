// Sends one file by tus, from where the server is. Source: https://tus.io/protocols/resumable-upload
import { reasonIn, Refused, unreachable } from '../shared/ask.ts';
import type { Item } from './queue.ts';

const TUS = { 'Tus-Resumable': '1.0.0' } as const;
/** With no byte going out for so long, the line is dead. */
const SILENCE_MS = 30_000;

export interface Sent {
  readonly as: 'stored' | 'known';
  readonly path?: string;
}

export interface SendOptions {
  readonly token: string;
  readonly signal: AbortSignal;
  readonly onBegun: (upload: string) => void;
  readonly onSent: (bytes: number) => void;
}

/** What the server had of an upload is gone: it begins anew. */
export class Lost extends Error {}

/** @throws {@link Lost}; {@link Refused}, with status 0 when the line was cut. */
export async function sendFile(item: Item, file: File, options: SendOptions): Promise<Sent> {
  const upload = item.upload ?? (await begin(item, options));
  if (item.upload === undefined) options.onBegun(upload);
  // What has arrived is known to the server only; an empty file is there with the announcement.
  const isNew = item.upload === undefined && item.size > 0;
  const offset = isNew ? 0 : await offsetOf(upload, options);
  if (typeof offset !== 'number') return offset;
  options.onSent(offset);
  const answer = await request('PATCH', upload, options, {
    headers: { 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' },
    body: file.slice(offset),
    onProgress: (bytes) => options.onSent(offset + bytes),
  });
  // It is elsewhere by now: an earlier request came through after all.
  if (answer.status === 409 || answer.status === 404) throw new Lost();
  refuse(answer);
  const sent = sentIn(answer);
  if (sent === undefined) throw unreachable();
  return sent;
}

async function begin(item: Item, options: SendOptions): Promise<string> {
  const metadata = {
    name: item.path,
    hash: `blake3:${item.blake3 ?? ''}`,
    modified: String(item.modified),
    // A name that is taken gets a number; the page tells which.
    rename: '1',
  };
  const pairs = Object.entries(metadata).map(([key, value]) => `${key} ${base64(value)}`);
  const answer = await request('POST', '/v1/uploads', options, {
    headers: { 'Upload-Length': String(item.size), 'Upload-Metadata': pairs.join(',') },
  });
  refuse(answer);
  const at = answer.header('Location');
  if (at === null) throw new Refused(answer.status, 'What answered is not the server of this page');
  return at;
}

/** How far it is; or what it became, where only the answer was lost. */
async function offsetOf(upload: string, options: SendOptions): Promise<number | Sent> {
  const answer = await request('HEAD', upload, options);
  if (answer.status === 404) throw new Lost();
  refuse(answer);
  return sentIn(answer) ?? Number(answer.header('Upload-Offset') ?? 0);
}

function sentIn({ header }: Answer): Sent | undefined {
  const as = header('Upload-Status');
  if (as !== 'stored' && as !== 'known') return undefined;
  const path = header('Upload-Path');
  return path === null ? { as } : { as, path: decodeURIComponent(path) };
}

function refuse({ status, body }: Answer): void {
  if (status >= 400) throw new Refused(status, reasonIn(body, status));
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly header: (name: string) => string | null;
}

interface Request {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Blob;
  readonly onProgress?: (bytes: number) => void;
}

/** By XMLHttpRequest: fetch tells nothing of how far it has sent. @throws {@link Refused} With status 0 when no answer came. */
async function request(
  method: string,
  url: string,
  { token, signal }: SendOptions,
  { headers = {}, body, onProgress }: Request = {},
): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    let silence: ReturnType<typeof setTimeout> | undefined;
    const stop = (): void => xhr.abort();
    const listen = (): void => {
      clearTimeout(silence);
      silence = setTimeout(stop, SILENCE_MS);
    };
    const end = (): void => {
      clearTimeout(silence);
      signal.removeEventListener('abort', stop);
    };
    const fail = (): void => {
      end();
      reject(unreachable());
    };
    xhr.open(method, url);
    for (const [name, value] of Object.entries({ ...TUS, ...headers, Authorization: `Bearer ${token}` }))
      xhr.setRequestHeader(name, value);
    xhr.addEventListener('load', () => {
      end();
      resolve({
        status: xhr.status,
        body: xhr.responseText,
        header: (name) => xhr.getResponseHeader(name),
      });
    });
    xhr.addEventListener('error', fail);
    xhr.addEventListener('abort', fail);
    xhr.upload.addEventListener('progress', ({ loaded }) => {
      listen();
      onProgress?.(loaded);
    });
    // From then on the server hashes and flushes: a large file takes it a while.
    xhr.upload.addEventListener('load', () => clearTimeout(silence));
    signal.addEventListener('abort', stop);
    listen();
    xhr.send(body ?? null);
  });
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
