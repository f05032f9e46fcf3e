import { isAbsolute } from 'node:path';
import { headerBytes } from '../../format/age/header.ts';
import { HashingSource } from '../../format/hashing-source.ts';
import { plainSize } from '../../format/age/payload.ts';
import { placeIn } from '../../base/address.ts';
import { DamagedError } from '../../base/errors.ts';
import type { ByteRange, Objects, SpooledFile } from '../../store/objects.ts';
import type { StoreItem } from '../../store/store.ts';
import { INFO_FILE, INFO_PART, SUMS_FILE } from '../names.ts';
import { baseOf, folderOf } from '../../store/key.ts';
import { foldersOf, hasPublicTwin, isPlain, sealedKey, unsealedName } from './crypt-names.ts';
import type { Keys } from './keys.ts';
import { PublicSums } from './public-sums.ts';
import {
  changedError,
  inMemory,
  type Opened,
  openSealed,
  openWhole,
  readHeader,
  SealedFile,
} from './sealed-file.ts';
import { recipientsOf, stubFor } from './stub.ts';

/** So many objects are read in parts without asking for their headers again. */
const MOST_OPENED = 64;

/**
 * A place in which every object is encrypted, as age does, but for markers and locks. Objects that lie there in the clear, as a series
 * has them that was not encrypted before, are read as they are. docs/encryption.md says what lies where.
 */
export class CryptObjects implements Objects {
  readonly #inner: Objects;
  readonly #keys: Keys;
  readonly #sums: PublicSums;
  /** Stored names in the folders that were listed, as far as is known. */
  readonly #names = new Map<string, Set<string>>();
  /** Bytes of the headers of the objects in a folder: all are for the same recipients. */
  readonly #headers = new Map<string, number>();
  readonly #opened = new Map<string, Opened>();
  readonly removeFolder?: (key: string) => Promise<boolean>;
  readonly renameFolder?: (from: string, to: string) => Promise<boolean>;
  readonly link?: (from: string, to: string) => Promise<boolean>;
  readonly freeBytes?: () => Promise<number | undefined>;

  constructor(inner: Objects, keys: Keys) {
    this.#inner = inner;
    this.#keys = keys;
    this.#sums = new PublicSums(inner);
    if (inner.removeFolder !== undefined) this.removeFolder = async (key) => await this.#removeFolders(key);
    if (inner.renameFolder !== undefined)
      this.renameFolder = async (from, to) => await this.#renameFolder(from, to);
    if (inner.link !== undefined) this.link = async (from, to) => await this.#link(from, to);
    if (inner.freeBytes !== undefined) this.freeBytes = async () => await inner.freeBytes?.();
  }

  get label(): string {
    return this.#inner.label;
  }

  async list(folder: string, signal?: AbortSignal): Promise<readonly StoreItem[]> {
    const items = new Map<string, StoreItem>();
    for (const place of foldersOf(folder)) {
      const stored = await this.#inner.list(place, signal);
      this.#names.set(place, new Set(stored.map(({ name }) => name)));
      for (const item of await this.#unsealed(place, stored)) items.set(item.name, item);
    }
    return [...items.values()];
  }

  refresh(folder?: string): void {
    this.#inner.refresh?.(folder);
  }

  distrust(): void {
    this.#inner.distrust?.();
  }

  /** What is stored in `folder`, as it was before it was encrypted. */
  async #unsealed(folder: string, stored: readonly StoreItem[]): Promise<readonly StoreItem[]> {
    const sealed = stored.filter((item) => unsealedName(item) !== undefined);
    const own = new Set(sealed.map((item) => unsealedName(item)));
    const header = sealed.some(({ isFile }) => isFile) ? await this.#headerBytes(folder, sealed) : 0;
    const items = sealed.map((item) => ({
      ...item,
      name: unsealedName(item) ?? item.name,
      sizeBytes: item.isFile ? (plainSize(item.sizeBytes - header) ?? item.sizeBytes) : 0,
    }));
    for (const item of stored) {
      if (unsealedName(item) !== undefined || own.has(item.name)) continue;
      // What says that a snapshot is encrypted, without the one that says what is in it.
      const isStub = item.name === INFO_FILE && item.isFile && (await this.#isStub(folder));
      items.push(isStub ? { ...item, name: INFO_PART } : item);
    }
    return items;
  }

  async #isStub(folder: string): Promise<boolean> {
    return recipientsOf(await this.#inner.get(`${folder}/${INFO_FILE}`)) !== undefined;
  }

  async #headerBytes(folder: string, sealed: readonly StoreItem[]): Promise<number> {
    const known = this.#headers.get(folder);
    if (known !== undefined) return known;
    const files = sealed.filter(({ isFile, name }) => isFile && !name.endsWith('.part'));
    for (const { name } of files.toSorted((a, b) => a.sizeBytes - b.sizeBytes)) {
      const stored = folder === '' ? name : `${folder}/${name}`;
      try {
        const header = await readHeader(
          async (range) => await this.#inner.get(stored, range),
          this.#where(stored),
        );
        if (header === undefined) continue;
        this.#headers.set(folder, header.length);
        return header.length;
      } catch (error) {
        // Another one may be whole.
        if (!(error instanceof DamagedError)) throw error;
      }
    }
    return headerBytes(this.#keys.recipients.length);
  }

  async get(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer | undefined> {
    if (isPlain(key)) return await this.#inner.get(key, range, signal);
    return (await this.#getSealed(key, range, signal)) ?? (await this.#getClear(key, range, signal));
  }

  async #getSealed(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer | undefined> {
    const stored = sealedKey(key);
    try {
      return range === undefined
        ? await this.#getWhole(stored, signal)
        : await this.#getPart(stored, range, signal);
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
      // Who asks knows the object by its own name; people find it by that which it has there.
      const { what, message, cause } = error;
      throw new DamagedError(this.#where(key), what, { message, cause });
    }
  }

  async #getWhole(stored: string, signal?: AbortSignal): Promise<Buffer | undefined> {
    const bytes = await this.#inner.get(stored, undefined, signal);
    if (bytes === undefined) return undefined;
    const opened = await openWhole(bytes, await this.#keys.identities(), this.#where(stored));
    this.#headers.set(folderOf(stored), opened.headerBytes);
    return opened.plain;
  }

  async #getPart(
    stored: string,
    { offset, length }: ByteRange,
    signal?: AbortSignal,
  ): Promise<Buffer | undefined> {
    const opened = await this.#open(stored, signal);
    if (opened === undefined) return undefined;
    const { headerBytes: start, payload } = opened;
    const read = async (at: number, bytes: number): Promise<Buffer> =>
      (await this.#inner.get(stored, { offset: start + at, length: bytes }, signal)) ?? Buffer.alloc(0);
    const bytes = await payload.opened(read, offset, length);
    if (bytes !== undefined) return bytes;
    // Another machine may have written it anew since: whoever tries again begins with its header.
    this.#opened.delete(stored);
    throw changedError(this.#where(stored));
  }

  async #open(stored: string, signal?: AbortSignal): Promise<Opened | undefined> {
    const known = this.#opened.get(stored);
    if (known !== undefined) return known;
    const get = async (range: ByteRange): Promise<Buffer | undefined> =>
      await this.#inner.get(stored, range, signal);
    const opened = await openSealed(get, await this.#keys.identities(), this.#where(stored));
    if (opened !== undefined) this.#remember(stored, opened);
    return opened;
  }

  /** An object that was in the clear before, or the stub of a snapshot that is none yet. */
  async #getClear(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer | undefined> {
    const bytes = await this.#inner.get(key, range, signal);
    return baseOf(key) === INFO_FILE && recipientsOf(bytes) !== undefined ? undefined : bytes;
  }

  async put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    if (isPlain(key)) {
      await this.#inner.put(key, bytes, signal);
      this.#note(key);
    } else {
      await this.#seal(key, inMemory(bytes), async (stored, sealed) => {
        await this.#inner.put(stored, await sealed.read(0, sealed.sizeBytes), signal);
      });
    }
  }

  async putFile(key: string, file: SpooledFile, signal?: AbortSignal): Promise<void> {
    await this.#seal(key, file, async (stored, sealed) => await this.#inner.putFile(stored, sealed, signal));
  }

  async #seal(
    key: string,
    file: SpooledFile,
    send: (stored: string, sealed: SpooledFile) => Promise<void>,
  ): Promise<void> {
    const { recipients } = this.#keys;
    const stored = sealedKey(key);
    const sealed = new SealedFile(file, recipients);
    // Mostly it is read once, in order: then its sum costs nothing more.
    const hashing = new HashingSource(sealed);
    const folder = folderOf(stored);
    this.#opened.delete(stored);
    if (baseOf(key) === INFO_FILE) {
      // Who has no key looks at these two. The snapshot is there when the true one is.
      await this.#sums.write(folder, baseOf(stored), await hashing.finish());
      await this.#inner.put(key, stubFor(recipients.map(({ text }) => text)));
      this.#note(key);
      await send(stored, hashing);
    } else {
      await send(stored, hashing);
      await this.#sums.add(stored, await hashing.finish(), baseOf(key) === SUMS_FILE ? file : undefined);
    }
    this.#note(stored);
    this.#remember(stored, { headerBytes: sealed.headerBytes, payload: sealed.payload });
    this.#headers.set(folder, sealed.headerBytes);
    // It stands for what was in the clear.
    if (!hasPublicTwin(baseOf(key)) && this.#lies(key) === true) await this.#removeStored(key);
  }

  async remove(key: string): Promise<void> {
    if (isPlain(key)) {
      await this.#removeStored(key);
      return;
    }
    const stored = sealedKey(key);
    const [isSealed, isClear] = [this.#lies(stored), this.#lies(key)];
    const isUnknown = isSealed !== true && isClear !== true;
    // What all can see goes first: an encrypted snapshot is there as long as its true info.json is.
    if (isClear === true || isUnknown) await this.#removeStored(key);
    if (isSealed === true || isUnknown) await this.#removeStored(stored);
    const info = key.slice(0, -'.part'.length);
    if (baseOf(key) === INFO_PART && this.#lies(info) !== false && (await this.#isStub(folderOf(key))))
      await this.#removeStored(info);
  }

  async #removeStored(stored: string): Promise<void> {
    await this.#inner.remove(stored);
    this.#opened.delete(stored);
    this.#names.get(folderOf(stored))?.delete(baseOf(stored));
  }

  async #removeFolders(key: string): Promise<boolean> {
    const gone: (boolean | undefined)[] = [];
    for (const folder of foldersOf(key)) gone.push(await this.#inner.removeFolder?.(folder));
    return gone.every((isGone) => isGone === true);
  }

  /** What is in it is called as it was. */
  async #renameFolder(from: string, to: string): Promise<boolean> {
    for (const known of [this.#names, this.#headers, this.#opened]) known.clear();
    return (await this.#inner.renameFolder?.(from, to)) ?? false;
  }

  async #link(from: string, to: string): Promise<boolean> {
    if (this.#lies(sealedKey(from)) === false) return false;
    if ((await this.#inner.link?.(sealedKey(from), sealedKey(to))) !== true) return false;
    this.#note(sealedKey(to));
    await this.#sums.same(sealedKey(from), sealedKey(to));
    return true;
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }

  /** Whether an object is there; undefined when its folder was never listed. */
  #lies(stored: string): boolean | undefined {
    return this.#names.get(folderOf(stored))?.has(baseOf(stored));
  }

  #note(stored: string): void {
    this.#names.get(folderOf(stored))?.add(baseOf(stored));
  }

  #remember(stored: string, opened: Opened): void {
    this.#opened.set(stored, opened);
    const [oldest] = this.#opened.keys();
    if (this.#opened.size > MOST_OPENED && oldest !== undefined) this.#opened.delete(oldest);
  }

  /** A key as a place, as a series says it. */
  #where(key: string): string {
    return isAbsolute(this.label) ? `${this.label}/${key}` : placeIn(this.label, key);
  }
}
