// A fake of Google Drive, written from Google's documentation: nobody of this project has reached the real one. It takes what the
// documentation allows, and refuses the rest.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FakeAccounts } from './fake-accounts.ts';
import { type FakeFile, FakeFiles, Refused, shown } from './fake-drive-files.ts';
import { queryOf } from './fake-drive-query.ts';
import { FakeUploads, parsed } from './fake-drive-uploads.ts';

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

/** Parameters that the methods have. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  list: ['q', 'spaces', 'corpora', 'pageSize', 'pageToken', 'fields'],
  generateIds: ['count', 'space', 'type', 'fields'],
  create: ['fields', 'uploadType'],
  update: ['fields', 'uploadType'],
  get: ['fields', 'alt', 'acknowledgeAbuse'],
  delete: [],
  about: ['fields'],
};

export class FakeDrive {
  readonly files: FakeFiles = new FakeFiles();
  readonly uploads: FakeUploads = new FakeUploads(this.files);
  readonly accounts: FakeAccounts = new FakeAccounts();
  /** Each request, as `list`, `create`, `token`, ... */
  readonly requests: string[] = [];
  /** What is refused, and how; as it comes, nothing. */
  refuse: (method: string, count: number) => Refused | undefined = () => undefined;
  readonly #pages = new Map<string, { readonly q: string; readonly left: readonly FakeFile[] }>();
  readonly #server: Server;
  #port = 0;

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<FakeDrive> {
    const drive = new FakeDrive();
    await once(drive.#server.listen(0, '127.0.0.1'), 'listening');
    drive.#port = (drive.#server.address() as AddressInfo).port;
    return drive;
  }

  /** `127.0.0.1:PORT`. */
  get host(): string {
    return `127.0.0.1:${this.#port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await once(this.#server.close(), 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    try {
      for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    } catch {
      // It was cut: what came before counts.
    }
    const body = Buffer.concat(parts);
    let answer: Answer;
    try {
      answer = this.#answer(request, body);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { status, reason, message, headers } = error;
      const isOAuth = /^\/(?:token|revoke|o\/)/.test(request.url ?? '');
      const refusal = isOAuth
        ? { error: reason, error_description: message }
        : { error: { code: status, message, errors: [{ domain: 'global', reason, message }] } };
      answer = { status, headers, body: JSON.stringify(refusal) };
    }
    const { status, headers = {}, body: text = '' } = answer;
    if (response.destroyed) return;
    const isJson = typeof text === 'string' && text !== '';
    response.writeHead(status, {
      ...(isJson ? { 'content-type': 'application/json; charset=UTF-8' } : {}),
      ...headers,
    });
    response.end(text);
  }

  #answer(request: IncomingMessage, body: Buffer): Answer {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    const route = `${request.method} ${url.pathname}`;
    if (route === 'GET /o/oauth2/v2/auth')
      return { status: 302, headers: { location: this.accounts.consent(url.searchParams) } };
    if (route === 'POST /token') {
      this.#count('token');
      return json(this.accounts.token(new URLSearchParams(body.toString('utf8'))));
    }
    if (route === 'POST /revoke') {
      this.accounts.revoke(new URLSearchParams(body.toString('utf8')).get('token') ?? '');
      return json({});
    }
    const session = url.searchParams.get('upload_id');
    if (request.method === 'PUT' && session !== null) return this.#piece(request, body, session);
    // What was cut short never arrived.
    if (!request.complete) throw new Refused(400, 'cut');
    const [, upload, path = ''] = /^(\/upload)?\/drive\/v3\/(.*)$/.exec(url.pathname) ?? [];
    const id = /^files\/([\w-]+)$/.exec(path)?.[1];
    const method = methodOf(request.method ?? '', path, id);
    this.#count(upload === undefined ? method : `${method} ${url.searchParams.get('uploadType')}`);
    this.accounts.check(request.headers.authorization);
    for (const name of url.searchParams.keys())
      if (KNOWN[method]?.includes(name) !== true) throw new Refused(400, 'invalidParameter', name);
    if (upload !== undefined) return this.#upload(request, url, body, id);
    return this.#plain(method, id ?? '', url.searchParams, request, body);
  }

  #plain(method: string, id: string, query: URLSearchParams, request: IncomingMessage, body: Buffer): Answer {
    const fields = query.get('fields') ?? 'id,name,mimeType';
    if (method === 'list') return json(this.#list(query));
    if (method === 'generateIds') {
      if (query.get('space') !== 'drive') throw new Refused(400, 'invalidParameter', 'space');
      return json({ ids: this.files.generate(Number(query.get('count') ?? 10)), space: 'drive' });
    }
    if (method === 'create') return json(shown(this.files.create(parsed(body), Buffer.alloc(0)), fields));
    if (method === 'update') return json(shown(this.files.update(id, parsed(body)), fields));
    if (method === 'delete') {
      this.files.remove(id);
      return { status: 204 };
    }
    if (method === 'about') {
      if (query.get('fields') === null)
        throw new Refused(400, 'required', 'The fields parameter is required for this method.');
      const { usage, limitBytes } = this.files;
      const storageQuota = {
        usage: String(usage),
        ...(limitBytes < Infinity && { limit: String(limitBytes) }),
      };
      return json({ storageQuota, user: { emailAddress: 'somebody@example.com' } });
    }
    const file = this.files.get(id);
    return query.get('alt') === 'media' ? media(file, request.headers.range) : json(shown(file, fields));
  }

  #list(query: URLSearchParams): Readonly<Record<string, unknown>> {
    const size = Number(query.get('pageSize') ?? 100);
    if (!(size >= 1 && size <= 1000)) throw new Refused(400, 'invalidParameter', 'pageSize');
    const q = query.get('q') ?? '';
    const token = query.get('pageToken');
    const page = token === null ? { q, left: this.files.search(queryOf(q)) } : this.#pages.get(token);
    if (page === undefined || page.q !== q) throw new Refused(400, 'invalid', 'pageToken');
    const mask = /^nextPageToken,incompleteSearch,files\(([\w,]+)\)$/.exec(query.get('fields') ?? '')?.[1];
    if (mask === undefined) throw new Refused(400, 'invalidParameter', 'fields');
    const next = page.left.length > size ? String(this.#pages.size + 1) : undefined;
    if (next !== undefined) this.#pages.set(next, { q, left: page.left.slice(size) });
    const files = page.left.slice(0, size).map((file) => shown(file, mask));
    return { files, incompleteSearch: false, ...(next !== undefined && { nextPageToken: next }) };
  }

  #upload(request: IncomingMessage, url: URL, body: Buffer, id: string | undefined): Answer {
    const type = request.headers['content-type'] ?? '';
    const fields = url.searchParams.get('fields') ?? 'id,name,mimeType';
    const kind = url.searchParams.get('uploadType');
    if (kind === 'multipart') return json(shown(this.uploads.multipart(type, body, id), fields));
    if (kind !== 'resumable' || !type.startsWith('application/json')) throw new Refused(400, 'badRequest');
    const session = this.uploads.begin(request, body, id, fields);
    // As Google does, it names the host that was asked.
    return {
      status: 200,
      headers: { location: `${url.origin}${url.pathname}?uploadType=resumable&upload_id=${session}` },
    };
  }

  #piece(request: IncomingMessage, body: Buffer, session: string): Answer {
    this.#count('piece');
    this.accounts.check(request.headers.authorization);
    const progress = this.uploads.piece(session, request.headers['content-range'], body, request.complete);
    if ('arrived' in progress) {
      const range = progress.arrived === 0 ? {} : { range: `bytes=0-${progress.arrived - 1}` };
      return { status: 308, headers: range };
    }
    return json(shown(progress.file, progress.fields));
  }

  #count(method: string): void {
    this.requests.push(method);
    const refused = this.refuse(method, this.requests.length);
    if (refused !== undefined) throw refused;
  }
}

function methodOf(verb: string, path: string, id: string | undefined): string {
  if (id !== undefined && id !== 'generateIds') {
    const method = { GET: 'get', PATCH: 'update', DELETE: 'delete' }[verb];
    if (method !== undefined) return method;
  }
  const methods: Readonly<Record<string, string>> = {
    'GET files': 'list',
    'POST files': 'create',
    'GET files/generateIds': 'generateIds',
    'GET about': 'about',
  };
  const method = methods[`${verb} ${path}`];
  if (method === undefined) throw new Refused(404, 'notFound', `${verb} ${path}`);
  return method;
}

function media({ content }: FakeFile, range: string | undefined): Answer {
  if (range === undefined) return { status: 200, body: content };
  const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
  if (from === undefined) throw new Refused(400, 'badRequest', range);
  if (Number(from) >= content.length) throw new Refused(416, 'requestedRangeNotSatisfiable');
  return { status: 206, body: content.subarray(Number(from), Number(to) + 1) };
}

function json(value: unknown): Answer {
  return { status: 200, body: JSON.stringify(value) };
}
