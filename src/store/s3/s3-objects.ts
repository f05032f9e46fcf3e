// Buckets, at Amazon and at all who speak its language.
import { readFile } from 'node:fs/promises';
import { placeIn } from '../../base/address.ts';
import { printable, SnapshotError } from '../../base/errors.ts';
import { attempt } from '../attempt.ts';
import { HttpClient } from '../http/http-client.ts';
import { allPages, itemsOf, MOST_PAGES_AT_ONCE } from '../http/listing.ts';
import { PART_BYTES, readAll } from '../http/parts.ts';
import { mostBytesOf, pieceOf, rangeText } from '../http/ranges.ts';
import { isWhole, textOf } from '../http/xml.ts';
import type { ByteRange, Objects, SpooledFile } from '../objects.ts';
import type { StoreItem } from '../store.ts';
import { awsKeys, type Environment } from './aws-keys.ts';
import { MultipartUploads } from './multipart.ts';
import { bucketUrl, parseS3Address } from './s3-address.ts';
import { S3Client } from './s3-client.ts';
import { s3Error } from './s3-error.ts';

/** A thousand names in a page: so many are no series of this program. */
const MOST_PAGES = 1000;
const NAMES = {
  file: 'Contents',
  key: 'Key',
  size: 'Size',
  modified: 'LastModified',
  tag: 'ETag',
  folder: 'CommonPrefixes',
  prefix: 'Prefix',
} as const;
const DAY_MS = 86_400_000;
/** `SERIES/DATE/FILE`: what this program sends in parts. */
const OWN_KEY = /^[^/]+\/\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}Z\/[^/]+$/;

export interface S3Lab {
  readonly env?: Environment;
  readonly silenceMs?: number;
  readonly partBytes?: number;
}

/** @throws {@link SnapshotError} `E_USAGE` for the address, `E_AUTH` when there are no keys. */
export async function openS3(
  address: string,
  { env = process.env, silenceMs, partBytes = PART_BYTES }: S3Lab = {},
): Promise<Objects> {
  const parsed = parseS3Address(address);
  const keys = await awsKeys(parsed.profile, env);
  const region = parsed.region ?? keys.region ?? regionOf(parsed.endpoint?.hostname);
  const bundle = env['AWS_CA_BUNDLE'] ?? '';
  const ca = bundle === '' ? undefined : await attempt('read', bundle, () => readFile(bundle));
  const http = new HttpClient({ silenceMs, ca });
  const client = new S3Client(http, bucketUrl(parsed, region), keys, region);
  return new S3Objects(http, client, parsed, partBytes);
}

/** For who says nothing of a region. Cloudflare has one, and Backblaze has it in its names. */
function regionOf(host = ''): string {
  if (host.endsWith('.r2.cloudflarestorage.com')) return 'auto';
  return /^s3\.([a-z0-9-]+)\.(?:backblazeb2|wasabisys|amazonaws)\.com$/.exec(host)?.[1] ?? 'us-east-1';
}

/**
 * Those who say that listings show at once what was written, https://aws.amazon.com/s3/consistency/ and
 * https://developers.cloudflare.com/r2/reference/consistency/; others may be late.
 */
const PROMPT = /\.(?:amazonaws\.com|r2\.cloudflarestorage\.com)$/;

class S3Objects implements Objects {
  readonly label: string;
  readonly listsAtOnce: boolean;
  readonly #http: HttpClient;
  readonly #client: S3Client;
  readonly #prefix: string;
  readonly #large: Readonly<Record<string, string>>;
  readonly #uploads: MultipartUploads;
  readonly #partBytes: number;
  /** Series in which stale uploads were looked for. */
  readonly #cleared = new Set<string>();

  constructor(
    http: HttpClient,
    client: S3Client,
    { bucket, prefix, endpoint, storageClass }: Readonly<ReturnType<typeof parseS3Address>>,
    partBytes: number,
  ) {
    this.label = `s3://${bucket}/${prefix}`.replace(/\/$/, '');
    this.listsAtOnce = endpoint === undefined || PROMPT.test(endpoint.hostname);
    this.#http = http;
    this.#client = client;
    this.#prefix = prefix;
    this.#large = storageClass === undefined ? {} : { 'X-Amz-Storage-Class': storageClass };
    this.#uploads = new MultipartUploads(client, partBytes);
    this.#partBytes = partBytes;
  }

  async list(folder: string, signal?: AbortSignal): Promise<readonly StoreItem[]> {
    const items = await this.#list(folder, { delimiter: '/' }, MOST_PAGES, signal);
    if (items !== undefined) return items;
    const what = this.#cannot('list', folder);
    throw new SnapshotError('E_STORE', `${what}: there are more than ${MOST_PAGES * 1000} objects`);
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
        'list-type': '2',
        ...how,
        prefix,
        ...(from === undefined ? {} : { 'continuation-token': from }),
      };
      const answer = await this.#client.call({ method: 'GET', key: '', query, what, signal });
      const xml = answer.body.toString('utf8');
      if (!isWhole(xml, 'ListBucketResult')) throw s3Error(what, answer);
      const hasMore = textOf(xml, 'IsTruncated') === 'true';
      const next = hasMore ? (textOf(xml, 'NextContinuationToken') ?? '') : undefined;
      return { items: itemsOf(xml, prefix, NAMES), next };
    });
  }

  async get(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer | undefined> {
    const what = this.#cannot('read', key);
    const part =
      range === undefined
        ? {}
        : {
            headers: { Range: rangeText(range) },
            mostBytes: mostBytesOf(range),
          };
    const accept = ['NoSuchKey', 'InvalidRange'];
    const answer = await this.#client.call({
      method: 'GET',
      key: this.#prefix + key,
      what,
      signal,
      accept,
      ...part,
    });
    if (answer.code === 'NoSuchKey') return undefined;
    if (answer.code === 'InvalidRange') return Buffer.alloc(0);
    return range === undefined ? answer.body : pieceOf(answer, range);
  }

  async put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    const what = this.#cannot('write', key);
    await this.#client.call({ method: 'PUT', key: this.#prefix + key, body: bytes, what, signal });
  }

  async putFile(key: string, file: SpooledFile, signal?: AbortSignal): Promise<void> {
    const what = this.#cannot('write', key);
    await this.#clearStale(key);
    const whole = this.#prefix + key;
    if (file.sizeBytes >= this.#partBytes) {
      await this.#uploads.put(whole, file, this.#large, what, signal);
      return;
    }
    const body = await readAll(file, 0, file.sizeBytes, what);
    await this.#client.call({ method: 'PUT', key: whole, body, headers: this.#large, what, signal });
  }

  async remove(key: string): Promise<void> {
    const what = this.#cannot('remove', key);
    await this.#client.call({ method: 'DELETE', key: this.#prefix + key, what, accept: ['NoSuchKey'] });
  }

  async close(): Promise<void> {
    await this.#uploads.close();
    this.#http.close();
  }

  /** Once for each series: who writes to it holds its lock, so nobody else's upload is at work there. */
  async #clearStale(key: string): Promise<void> {
    const [series = ''] = key.split('/');
    if (this.#cleared.has(series) || !OWN_KEY.test(key)) return;
    this.#cleared.add(series);
    const isOwn = (found: string): boolean => OWN_KEY.test(found.slice(this.#prefix.length));
    // A key may be kept from asking for them, and not every server knows them: snapshots are none the worse.
    await this.#uploads
      .clearStale(
        `${this.#prefix}${series}/`,
        DAY_MS,
        isOwn,
        this.#cannot('list unfinished uploads in', series),
      )
      .catch(() => {});
  }

  #cannot(action: string, key: string): string {
    return `Cannot ${action} "${printable(placeIn(this.label, key))}"`;
  }
}
