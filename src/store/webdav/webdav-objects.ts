// A folder on a server of WebDAV: https://www.rfc-editor.org/rfc/rfc4918
import { dirname } from 'node:path/posix';
import { placeIn } from '../../base/address.ts';
import { printable, SnapshotError } from '../../base/errors.ts';
import { HttpClient } from '../http/http-client.ts';
import { mostBytesOf, pieceOf, rangeText } from '../http/ranges.ts';
import type { ByteRange, Objects, SpooledFile } from '../objects.ts';
import type { StoreItem } from '../store.ts';
import { type Resource, ROOM } from './multistatus.ts';
import { webdavAddress } from './webdav-address.ts';
import { WebdavClient } from './webdav-client.ts';
import { type Environment, webdavLogin } from './webdav-login.ts';

/** What an object is called until it is whole: a PUT that is cut short stays visible on some servers. */
const PART_SUFFIX = '.part';
/** What was given up is tidied for so long. */
const TIDY_MS = 2000;

export interface WebdavLab {
  readonly env?: Environment;
  readonly silenceMs?: number;
}

/** @throws {@link SnapshotError} `E_USAGE` for the address, `E_AUTH` when there is no password. */
export async function openWebdav(
  address: string,
  { env = process.env, silenceMs }: WebdavLab = {},
): Promise<Objects> {
  const parsed = webdavAddress(address);
  return webdavObjects({ ...parsed, login: await webdavLogin(parsed, env), silenceMs });
}

/** @param place - `label` is for people; `login` goes with every request. */
export function webdavObjects(place: {
  readonly label: string;
  readonly origin: URL;
  readonly folder: string;
  readonly login: string | undefined;
  readonly silenceMs?: number | undefined;
}): Objects {
  const http = new HttpClient({ silenceMs: place.silenceMs });
  return new WebdavObjects(http, new WebdavClient(http, place.origin, place.login), place);
}

class WebdavObjects implements Objects {
  readonly label: string;
  readonly listsAtOnce = true;
  readonly #http: HttpClient;
  readonly #client: WebdavClient;
  readonly #folder: string;
  /** Folders that were seen. */
  readonly #known = new Set<string>();
  /** Files that were written here. */
  readonly #files = new Set<string>();

  constructor(http: HttpClient, client: WebdavClient, { label, folder }: { label: string; folder: string }) {
    this.label = label;
    this.#http = http;
    this.#client = client;
    this.#folder = folder;
  }

  async list(folder: string, signal?: AbortSignal): Promise<readonly StoreItem[]> {
    const what = this.#cannot('list', folder);
    const path = this.#path(folder);
    const found = await this.#client.ask(`${path}/`, 1, what, { signal });
    if (found === undefined) {
      await this.#mustSpeak(path, what, signal);
      return [];
    }
    const [self, inside] = split(found, path);
    if (self?.isFolder !== true) throw new SnapshotError('E_STORE', `${what}: it is no folder`);
    this.#known.add(path);
    return inside.map((item) => itemOf(item, self.path, what));
  }

  async get(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer | undefined> {
    const what = this.#cannot('read', key);
    const path = this.#path(key);
    const answer = await this.#client.call({
      method: 'GET',
      path,
      headers: {
        'Accept-Encoding': 'identity',
        ...(range === undefined ? {} : { Range: rangeText(range) }),
      },
      mostBytes: range && mostBytesOf(range),
      signal,
      what,
      accept: range === undefined ? [404] : [404, 416],
    });
    if (answer.status === 404) {
      await this.#mustSpeak(path, what, signal);
      return undefined;
    }
    if (answer.status === 416) return Buffer.alloc(0);
    if (range === undefined && answer.status === 200) return answer.body;
    const start = /^bytes (\d+)-/.exec(answer.headers['content-range'] ?? '')?.[1];
    const isPiece = answer.status === 206 && Number(start) === range?.offset;
    if (range !== undefined && (isPiece || answer.status === 200)) return pieceOf(answer, range);
    throw new SnapshotError('E_STORE', `${what}: the server gives another part of it than was asked for`);
  }

  async put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    await this.#put(key, bytes, bytes.length, signal);
  }

  async putFile(key: string, file: SpooledFile, signal?: AbortSignal): Promise<void> {
    await this.#put(key, file, file.sizeBytes, signal);
  }

  async remove(key: string): Promise<void> {
    const what = this.#cannot('remove', key);
    const path = this.#path(key);
    // Of a folder everything in it would go.
    if (!this.#files.delete(path)) {
      const [found] = (await this.#client.ask(path, 0, what)) ?? [];
      if (found === undefined) return await this.#mustSpeak(path, what);
      if (found.isFolder) throw new SnapshotError('E_STORE', `${what}: it is a folder`);
    }
    const { status } = await this.#client.call({ method: 'DELETE', path, what, accept: [404] });
    if (status === 404) await this.#mustSpeak(path, what);
  }

  async removeFolder(key: string): Promise<boolean> {
    // What comes in between goes with it: WebDAV has no other way. Whoever removes folders holds the lock of their series.
    if ((await this.list(key)).length > 0) return false;
    const path = this.#path(key);
    const what = this.#cannot('remove', key);
    for (const known of this.#known)
      if (known === path || known.startsWith(`${path}/`)) this.#known.delete(known);
    await this.#client.call({ method: 'DELETE', path: `${path}/`, what, accept: [404] });
    return true;
  }

  async freeBytes(): Promise<number | undefined> {
    const what = this.#cannot('look at', '');
    // Before the folder is made, nobody knows.
    const [found] = (await this.#client.ask(`${this.#folder}/`, 0, what, { question: ROOM })) ?? [];
    return found?.freeBytes;
  }

  async close(): Promise<void> {
    this.#http.close();
    await Promise.resolve();
  }

  /** First under another name; it gets its own when the server has all of it. */
  async #put(
    key: string,
    body: Uint8Array | SpooledFile,
    sizeBytes: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const what = this.#cannot('write', key);
    const path = this.#path(key);
    const part = path + PART_SUFFIX;
    const send = async (accept: readonly number[]): Promise<number> => {
      await this.#makeFolder(dirname(path), what, signal);
      return (await this.#client.call({ method: 'PUT', path: part, body, signal, what, accept })).status;
    };
    try {
      const status = await send([404, 409]);
      if (status >= 300) {
        // Somebody has removed the folder since.
        this.#known.clear();
        await send([]);
      }
      await this.#mustHave(part, sizeBytes, what, signal);
      // As few as can be fail in between: some servers remove the earlier one first.
      const headers = { Destination: this.#client.urlOf(path), Overwrite: 'T' };
      const moved = await this.#client.call({ method: 'MOVE', path: part, headers, signal, what });
      if (moved.status === 207)
        throw new SnapshotError('E_STORE', `${what}: the server could not give it its name`);
      this.#files.add(path);
    } catch (error) {
      // Whatever went wrong first is what gets reported. Of a server that is away, a later run removes it.
      if (!(error instanceof SnapshotError) || error.code !== 'E_AWAY')
        await this.#client
          .call({ method: 'DELETE', path: part, what, accept: [404], silenceMs: TIDY_MS })
          .catch(() => {});
      throw error;
    }
  }

  async #mustHave(part: string, sizeBytes: number, what: string, signal?: AbortSignal): Promise<void> {
    const [found] = (await this.#client.ask(part, 0, what, { signal })) ?? [];
    if (found?.isFolder === false && found.sizeBytes === sizeBytes) return;
    const has = found?.sizeBytes ?? 'none';
    throw new SnapshotError(
      'E_STORE',
      `${what}: of ${sizeBytes} bytes that were sent the server has ${has}`,
      {
        hint: 'Often a disk that is full or a quota that is used up.',
      },
    );
  }

  /** Makes a folder and those above it, where they are missing. */
  async #makeFolder(folder: string, what: string, signal?: AbortSignal): Promise<void> {
    const path = folder === '/' ? '' : folder;
    if (path === '' || this.#known.has(path)) return;
    const make = async (): Promise<number> =>
      (await this.#client.call({ method: 'MKCOL', path: `${path}/`, signal, what, accept: REFUSED_FOLDER }))
        .status;
    let status = await make();
    if (status === 409 || status === 404) {
      await this.#makeFolder(dirname(path), what, signal);
      status = await make();
    }
    // What is there already is no error, but not every server says so in the same way.
    if (status >= 300) {
      const [found] = (await this.#client.ask(`${path}/`, 0, what, { signal })) ?? [];
      if (found?.isFolder !== true) {
        throw new SnapshotError(
          'E_STORE',
          `${what}: the server makes no folder "${printable(path)}" (${status})`,
          {
            hint: 'Check the path of the address, and whether its user may write there.',
          },
        );
      }
    }
    this.#known.add(path);
  }

  /**
   * What is "not found" is only then not there when a folder above it is: somebody else may answer, as a proxy whose server is
   * away, and nothing may be taken for an empty series.
   */
  async #mustSpeak(path: string, what: string, signal?: AbortSignal): Promise<void> {
    for (let at = path; at !== '' && at !== '/';) {
      at = dirname(at);
      const accept = [401, 403, 405];
      const found = await this.#client.ask(at === '/' ? at : `${at}/`, 0, what, { signal, accept });
      if (found !== undefined) return;
    }
    throw new SnapshotError('E_STORE', `${what}: there is no WebDAV at this address`, {
      hint: 'Check the path of the address: at Nextcloud it is `/remote.php/dav/files/USER/FOLDER`.',
    });
  }

  #path(key: string): string {
    return key === '' ? this.#folder : `${this.#folder}/${key}`;
  }

  #cannot(action: string, key: string): string {
    return `Cannot ${action} "${printable(placeIn(this.label, key))}"`;
  }
}

/** Of a folder that is there (405), whose parent is not (409), or that may not be made. */
const REFUSED_FOLDER = [301, 302, 400, 403, 404, 405, 409];

/** The folder itself, and what is in it. A server behind another one calls it otherwise than it was asked for. */
function split(
  found: readonly Resource[],
  asked: string,
): readonly [self: Resource | undefined, inside: readonly Resource[]] {
  const shortest = found.toSorted((a, b) => a.path.length - b.path.length)[0];
  const self = found.find(({ path }) => path === asked) ?? shortest;
  return [self, found.filter((one) => one !== self)];
}

function itemOf(
  { path, isFolder, sizeBytes, modifiedMs, tag }: Resource,
  folder: string,
  what: string,
): StoreItem {
  const name = path.slice(folder.length + 1);
  if (!path.startsWith(`${folder}/`) || name === '' || name.includes('/')) {
    throw new SnapshotError('E_STORE', `${what}: the server lists "${printable(path)}", which is not in it`);
  }
  if (!isFolder && sizeBytes === undefined) {
    throw new SnapshotError('E_STORE', `${what}: the server does not say how long "${printable(name)}" is`);
  }
  // What nobody knows the age of is taken for new.
  return {
    name,
    isFolder,
    isFile: !isFolder,
    sizeBytes: isFolder ? 0 : (sizeBytes ?? 0),
    modifiedMs: modifiedMs ?? Date.now(),
    // A weak one may be that of two contents of one second.
    ...(tag !== undefined && !tag.startsWith('W/') && { tag }),
  };
}
