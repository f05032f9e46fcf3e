// A place far away whose listings are remembered for a moment, and whose small objects are kept on this machine as long as a
// listing says that they are the same: a night without changes asks for little.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { folderOf } from '../key.ts';
import type { ByteRange, Objects, SpooledFile } from '../objects.ts';
import { cacheName, mayBeKept, MOST_CACHED_BYTES, SmallCache } from '../small-cache.ts';
import type { StoreItem } from '../store.ts';

/** As long as a store may remember what it has listed. */
const MOST_AGE_MS = 60_000;
/** All of a smaller one is asked for instead of a part: it costs no more. */
const SMALL_BYTES = 64 * 1024;

interface Asked<T> {
  readonly answer: Promise<T>;
  readonly atMs: number;
}

type Listing = readonly StoreItem[];

export class RememberedObjects implements Objects {
  readonly #inner: Objects;
  readonly #cache: SmallCache;
  /** By folder. Undefined: something was written to it since its series was listed as a whole. */
  readonly #folders = new Map<string, Asked<Listing> | undefined>();
  /** All folders of a series, where the place lists them at once; undefined where they are too many. */
  readonly #series = new Map<string, Asked<ReadonlyMap<string, Listing> | undefined>>();
  /** What is too much to be listed at once. */
  readonly #large = new Set<string>();
  #isDistrusted = false;
  readonly removeFolder?: (key: string) => Promise<boolean>;
  readonly link?: (from: string, to: string) => Promise<boolean>;
  readonly renameFolder?: (from: string, to: string) => Promise<boolean>;
  readonly freeBytes?: () => Promise<number | undefined>;

  /** @param folder - In which what is remembered on this machine lies. */
  constructor(inner: Objects, folder: string) {
    this.#inner = inner;
    this.#cache = new SmallCache(join(folder, 'objects'));
    if (inner.removeFolder !== undefined)
      this.removeFolder = async (key) =>
        await this.#writing(`${key}/`, async () => (await inner.removeFolder?.(key)) ?? false);
    if (inner.link !== undefined)
      this.link = async (from, to) =>
        await this.#writing(to, async () => (await inner.link?.(from, to)) ?? false);
    if (inner.renameFolder !== undefined)
      this.renameFolder = async (from, to) => {
        try {
          return (await inner.renameFolder?.(from, to)) ?? false;
        } finally {
          this.refresh();
        }
      };
    if (inner.freeBytes !== undefined) this.freeBytes = async () => await inner.freeBytes?.();
  }

  get label(): string {
    return this.#inner.label;
  }

  async list(folder: string, signal?: AbortSignal): Promise<Listing> {
    // Above all series: what others begin is to be seen.
    if (folder === '') return await this.#inner.list(folder, signal);
    const known = this.#folders.get(folder);
    if (known !== undefined && isFresh(known)) return await known.answer;
    if (known === undefined && !this.#folders.has(folder)) {
      const all = await this.#seriesOf(folder);
      if (all !== undefined) return all.get(folder) ?? [];
    }
    return await this.#ask(folder, async () => await this.#inner.list(folder, signal));
  }

  refresh(folder?: string): void {
    if (folder === undefined) {
      this.#folders.clear();
      this.#series.clear();
    } else this.#folders.set(folder, undefined);
    this.#inner.refresh?.(folder);
  }

  distrust(): void {
    this.#isDistrusted = true;
    this.#inner.distrust?.();
  }

  async known(sha256: string): Promise<Buffer | undefined> {
    return this.#isDistrusted ? undefined : await this.#cache.get(sha256Name(sha256));
  }

  async get(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer | undefined> {
    if (isNamedByContent(key)) {
      const whole = await this.#inner.get(key, range, signal);
      if (whole !== undefined && range === undefined) await this.#keep(key, whole);
      return whole;
    }
    const found = mayBeKept(key) && !this.#isDistrusted ? await this.#find(key, signal) : 'not known';
    // What is not listed may be there all the same, where listings are late.
    if (found === undefined && this.#inner.listsAtOnce === true) return undefined;
    const item = found === 'not known' ? undefined : found;
    if (item?.tag === undefined || item.sizeBytes > MOST_CACHED_BYTES)
      return await this.#inner.get(key, range, signal);
    const name = cacheName(this.label, key, item.sizeBytes, item.modifiedMs, item.tag);
    const kept = (await this.#cache.get(name)) ?? (await this.#cache.get(md5Name(md5In(item.tag))));
    if (kept?.length === item.sizeBytes) return partOf(kept, range);
    if (range !== undefined && item.sizeBytes > SMALL_BYTES) return await this.#inner.get(key, range, signal);
    const bytes = await this.#inner.get(key, undefined, signal);
    if (bytes?.length === item.sizeBytes) await this.#cache.put(name, bytes);
    return bytes && partOf(bytes, range);
  }

  async put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    await this.#writing(key, async () => await this.#inner.put(key, bytes, signal));
    await this.#keep(key, bytes);
  }

  async putFile(key: string, file: SpooledFile, signal?: AbortSignal): Promise<void> {
    await this.#writing(key, async () => await this.#inner.putFile(key, file, signal));
    if (mayBeKept(key) && file.sizeBytes <= MOST_CACHED_BYTES)
      await this.#keep(key, await file.read(0, file.sizeBytes));
  }

  async remove(key: string): Promise<void> {
    await this.#writing(key, async () => await this.#inner.remove(key));
  }

  async close(): Promise<void> {
    await this.#cache.trim();
    await this.#inner.close();
  }

  /** As its folder lists it; undefined where that does not. */
  async #find(key: string, signal: AbortSignal | undefined): Promise<StoreItem | undefined | 'not known'> {
    const folder = folderOf(key);
    // Something was written to it since.
    if (folder === '' || (this.#folders.has(folder) && this.#folders.get(folder) === undefined))
      return 'not known';
    const name = key.slice(folder.length + 1);
    return (await this.list(folder, signal)).find((item) => item.name === name && item.isFile);
  }

  /**
   * What is asked for by its SHA-256 is kept under that. Of all else, what was written is not read back where the tag is its MD5, as
   * that of an object in a bucket that was put at once.
   */
  async #keep(key: string, bytes: Uint8Array): Promise<void> {
    if (!mayBeKept(key)) return;
    const name = isNamedByContent(key)
      ? sha256Name(createHash('sha256').update(bytes).digest('hex'))
      : md5Name(createHash('md5').update(bytes).digest('hex'));
    await this.#cache.put(name, bytes);
  }

  /** All folders of the series in which `folder` is. */
  async #seriesOf(folder: string): Promise<ReadonlyMap<string, Listing> | undefined> {
    if (this.#inner.listAll === undefined) return undefined;
    const [series = ''] = folder.split('/');
    if (this.#large.has(series)) return undefined;
    const known = this.#series.get(series);
    if (known !== undefined && isFresh(known)) return await known.answer;
    const answer = this.#inner.listAll(series).then((items) => {
      if (items === undefined) this.#large.add(series);
      return items && foldersOf(series, items);
    });
    const asked = { answer, atMs: performance.now() };
    this.#series.set(series, asked);
    // Another time there may be an answer.
    answer.catch(() => this.#series.get(series) === asked && this.#series.delete(series));
    return await answer;
  }

  async #ask(folder: string, ask: () => Promise<Listing>): Promise<Listing> {
    const answer = ask();
    const asked = { answer, atMs: performance.now() };
    this.#folders.set(folder, asked);
    answer.catch(() => this.#folders.get(folder) === asked && this.#folders.set(folder, undefined));
    return await answer;
  }

  /** Does `work`, and forgets all folders that show `key`: it may have been written also where nobody heard of it. */
  async #writing<T>(key: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      for (let folder = folderOf(key); folder !== ''; folder = folderOf(folder))
        this.#folders.set(folder, undefined);
    }
  }
}

/** What a tag says if it is the MD5 of the content; empty if it is none. */
function md5In(tag: string): string {
  return /^(?:"|&quot;)?([0-9a-f]{32})(?:"|&quot;)?$/.exec(tag)?.[1] ?? '';
}

function md5Name(md5: string): string {
  return cacheName('md5', md5);
}

/** Lines of a snapshot, whose SHA-256 its info.json has: they are asked for by that first. */
function isNamedByContent(key: string): boolean {
  return key.endsWith('.jsonl.zst');
}

function sha256Name(sha256: string): string {
  return cacheName('sha256', sha256);
}

function isFresh({ atMs }: Asked<unknown>): boolean {
  return performance.now() - atMs < MOST_AGE_MS;
}

function partOf(bytes: Buffer, range: ByteRange | undefined): Buffer {
  return range === undefined ? bytes : bytes.subarray(range.offset, range.offset + range.length);
}

/** What lies in each folder of `series`, as the place would list it. @param items - Of all of it, by what follows its key. */
function foldersOf(series: string, items: Listing): ReadonlyMap<string, Listing> {
  const folders = new Map<string, Map<string, StoreItem>>();
  const put = (key: string, item: Omit<StoreItem, 'name'>): void => {
    const folder = folderOf(key);
    const inside = folders.get(folder) ?? new Map<string, StoreItem>();
    folders.set(folder, inside);
    const name = key.slice(folder.length + 1);
    if (!inside.has(name)) inside.set(name, { ...item, name });
    if (folder !== series) put(folder, { isFolder: true, isFile: false, sizeBytes: 0, modifiedMs: 0 });
  };
  // An object that stands for a folder is none.
  for (const { name, ...item } of items) if (!name.endsWith('/')) put(`${series}/${name}`, item);
  return new Map([...folders].map(([folder, inside]) => [folder, [...inside.values()]]));
}
