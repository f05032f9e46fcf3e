// Containers of blobs at Azure. https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api
import { createHash, randomBytes } from 'node:crypto';
import { placeIn } from '../../base/address.ts';
import { printable, SnapshotError } from '../../base/errors.ts';
import { encoded } from '../http/encoded.ts';
import { type HttpAnswer, HttpClient } from '../http/http-client.ts';
import { networkError } from '../http/http-error.ts';
import { allPages, itemsOf, MOST_PAGES_AT_ONCE } from '../http/listing.ts';
import { PART_BYTES, partsOf, readAll, sendParts } from '../http/parts.ts';
import { mostBytesOf, pieceOf, rangeText } from '../http/ranges.ts';
import { isWhole, textOf } from '../http/xml.ts';
import type { ByteRange, Objects, SpooledFile } from '../objects.ts';
import type { StoreItem } from '../store.ts';
import { type AzureAddress, parseAzureAddress } from './azure-address.ts';
import { azureCode, azureError } from './azure-error.ts';
import { type AzureKeys, azureKeys } from './azure-keys.ts';

/** 2021: what newer ones add is not used. */
const VERSION = '2021-12-02';
/** Five thousand names in a page: so many are no series of this program. */
const MOST_PAGES = 1000;
const NAMES = {
  file: 'Blob',
  key: 'Name',
  size: 'Content-Length',
  modified: 'Last-Modified',
  tag: 'Etag',
  folder: 'BlobPrefix',
  prefix: 'Name',
} as const;
const MOST_BLOCKS = 50_000;

export interface AzureLab {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly silenceMs?: number;
  readonly partBytes?: number;
  readonly pageSize?: number;
}

/** @throws {@link SnapshotError} `E_USAGE` for the address, `E_AUTH` when there are no keys. */
export async function openAzure(address: string, lab: AzureLab = {}): Promise<Objects> {
  const parsed = parseAzureAddress(address);
  return await Promise.resolve(
    new AzureObjects(parsed, azureKeys(parsed.account, lab.env ?? process.env), lab),
  );
}

interface Asked {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  /** All of it; empty for the container. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal?: AbortSignal | undefined;
  readonly mostBytes?: number;
  /** For errors: `Cannot read "azure://..."`. */
  readonly what: string;
  /** Codes of refusals that the caller wants to see. */
  readonly accept?: readonly string[];
}

class AzureObjects implements Objects {
  readonly label: string;
  readonly listsAtOnce = true;
  readonly #http: HttpClient;
  readonly #url: URL;
  readonly #prefix: string;
  readonly #keys: AzureKeys;
  readonly #partBytes: number;
  readonly #pageSize: number | undefined;
  /** Blocks of a file that have arrived: should it come again, they need not be sent again. */
  readonly #sent = new WeakMap<SpooledFile, { readonly key: string; readonly ids: (string | undefined)[] }>();

  constructor({ account, container, prefix, url }: AzureAddress, keys: AzureKeys, lab: AzureLab) {
    this.label = `azure://${account}/${container}/${prefix}`.replace(/\/$/, '');
    this.#http = new HttpClient({ silenceMs: lab.silenceMs });
    this.#url = url;
    this.#prefix = prefix;
    this.#keys = keys;
    this.#partBytes = lab.partBytes ?? PART_BYTES;
    this.#pageSize = lab.pageSize;
  }

  async list(folder: string, signal?: AbortSignal): Promise<readonly StoreItem[]> {
    const items = await this.#list(folder, { delimiter: '/' }, MOST_PAGES, signal);
    if (items !== undefined) return items;
    throw new SnapshotError('E_STORE', `${this.#cannot('list', folder)}: there are too many objects`);
  }

  async listAll(folder: string): Promise<readonly StoreItem[] | undefined> {
    return await this.#list(folder, {}, MOST_PAGES_AT_ONCE);
  }

  /** @returns Undefined when there are more pages than `mostPages`. */
  async #list(
    folder: string,
    how: { readonly delimiter?: '/' },
    mostPages: number,
    signal?: AbortSignal,
  ): Promise<readonly StoreItem[] | undefined> {
    const what = this.#cannot('list', folder);
    const prefix = folder === '' ? this.#prefix : `${this.#prefix}${folder}/`;
    return await allPages(mostPages, what, async (from) => {
      const query = {
        restype: 'container',
        comp: 'list',
        ...how,
        prefix,
        ...(from === undefined ? {} : { marker: from }),
        ...(this.#pageSize === undefined ? {} : { maxresults: String(this.#pageSize) }),
      };
      const answer = await this.#call({ method: 'GET', key: '', query, what, signal });
      // It begins with a byte order mark.
      const xml = answer.body.toString('utf8').replace(/^\uFEFF/, '');
      if (!isWhole(xml, 'EnumerationResults')) throw azureError(what, answer);
      const marker = textOf(xml, 'NextMarker') ?? '';
      return { items: itemsOf(xml, prefix, NAMES), next: marker === '' ? undefined : marker };
    });
  }

  async get(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer | undefined> {
    const what = this.#cannot('read', key);
    const part =
      range === undefined
        ? {}
        : {
            headers: { 'x-ms-range': rangeText(range) },
            mostBytes: mostBytesOf(range),
          };
    const accept = ['BlobNotFound', 'InvalidRange'];
    const answer = await this.#call({
      method: 'GET',
      key: this.#prefix + key,
      what,
      signal,
      accept,
      ...part,
    });
    if (answer.code === 'BlobNotFound') return undefined;
    if (answer.code === 'InvalidRange') return Buffer.alloc(0);
    return range === undefined ? answer.body : pieceOf(answer, range);
  }

  async put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    const what = this.#cannot('write', key);
    const headers = { 'x-ms-blob-type': 'BlockBlob' };
    await this.#call({ method: 'PUT', key: this.#prefix + key, body: bytes, headers, what, signal });
  }

  async putFile(key: string, file: SpooledFile, signal?: AbortSignal): Promise<void> {
    const what = this.#cannot('write', key);
    if (file.sizeBytes < this.#partBytes) {
      await this.put(key, await readAll(file, 0, file.sizeBytes, what), signal);
      return;
    }
    const begun = this.#sent.get(file);
    const ids = begun?.key === key ? begun.ids : [];
    this.#sent.set(file, { key, ids });
    const whole = this.#prefix + key;
    await sendParts(file, partsOf(file.sizeBytes, this.#partBytes, MOST_BLOCKS), ids, what, async (body) => {
      // All of one length, as Azure wants them, and none of an earlier try's.
      const id = randomBytes(18).toString('base64');
      await this.#call({
        method: 'PUT',
        key: whole,
        query: { comp: 'block', blockid: id },
        body,
        what,
        signal,
      });
      return id;
    });
    const list = ids.map((id) => `<Uncommitted>${id ?? ''}</Uncommitted>`).join('');
    const body = Buffer.from(`<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`);
    const commit = { method: 'PUT', key: whole, query: { comp: 'blocklist' }, body, what, signal } as const;
    const answer = await this.#call({ ...commit, accept: ['InvalidBlockList'] });
    this.#sent.delete(file);
    // Blocks that it had are gone: the next try sends all of them.
    if (answer.code !== '') throw azureError(what, answer);
  }

  async remove(key: string): Promise<void> {
    const what = this.#cannot('remove', key);
    const headers = { 'x-ms-delete-snapshots': 'include' };
    await this.#call({ method: 'DELETE', key: this.#prefix + key, headers, what, accept: ['BlobNotFound'] });
  }

  async close(): Promise<void> {
    this.#http.close();
    await Promise.resolve();
  }

  async #call(asked: Asked): Promise<HttpAnswer & { readonly code: string }> {
    const { method, key, body, signal, mostBytes, what } = asked;
    // The container itself is asked without a slash.
    const path =
      key === '' ? this.#url.href.replace(/\/$/, '') : this.#url.href + key.split('/').map(encoded).join('/');
    const url = new URL(path);
    url.search = Object.entries(asked.query ?? {})
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join('&');
    const headers: Record<string, string> = {
      ...asked.headers,
      'x-ms-version': VERSION,
      'x-ms-date': new Date().toUTCString(),
      ...(body === undefined ? {} : { 'content-md5': createHash('md5').update(body).digest('base64') }),
    };
    this.#keys.sign(method, url, headers, body?.length ?? 0);
    let answer: HttpAnswer;
    try {
      answer = await this.#http.request({ method, url, headers, body, signal, mostBytes });
    } catch (error) {
      throw networkError(what, url.host, error);
    }
    if (answer.status >= 200 && answer.status < 300) return { ...answer, code: '' };
    const code = azureCode(answer);
    if (asked.accept?.includes(code) === true) return { ...answer, code };
    throw azureError(what, answer);
  }

  #cannot(action: string, key: string): string {
    return `Cannot ${action} "${printable(placeIn(this.label, key))}"`;
  }
}
