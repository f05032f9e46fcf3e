// Folders of an account at Google Drive. https://developers.google.com/workspace/drive/api/reference/rest/v3
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { placeIn } from '../../base/address.ts';
import { printable, SnapshotError } from '../../base/errors.ts';
import type { HttpAnswer } from '../http/http-client.ts';
import { readAll } from '../http/parts.ts';
import { mostBytesOf, pieceOf, rangeText } from '../http/ranges.ts';
import type { ByteRange, Objects, SpooledFile } from '../objects.ts';
import { cacheName, mayBeKept, MOST_CACHED_BYTES, SmallCache } from '../small-cache.ts';
import type { StoreItem } from '../store.ts';
import { aboutOf } from './about-account.ts';
import { type DriveAddress, parseDriveAddress } from './drive-address.ts';
import { DriveClient, isTakenForHarmful } from './drive-client.ts';
import { driveError } from './drive-error.ts';
import { DriveFolders, ParentGoneError } from './drive-folders.ts';
import { DriveIds } from './drive-ids.ts';
import { type DriveItem, insideOf, spotOf } from './drive-item.ts';
import { type Listing, DriveListings } from './drive-listings.ts';
import { DriveUploads, MOST_AT_ONCE_BYTES } from './drive-uploads.ts';
import { driveFolder, type Environment } from './login-file.ts';
import { UploadSessions } from './upload-sessions.ts';

const PAGE_SIZE = 1000;
const SMALL_BYTES = 64 * 1024;

export interface DriveLab {
  readonly env?: Environment;
  readonly silenceMs?: number;
  readonly pageSize?: number;
}

/** @throws {@link SnapshotError} `E_USAGE` for the address. */
export async function openDrive(address: string, lab: DriveLab = {}): Promise<Objects> {
  return await Promise.resolve(new DriveObjects(parseDriveAddress(address), lab));
}

class DriveObjects implements Objects {
  readonly label: string;
  readonly #address: DriveAddress;
  readonly #client: DriveClient;
  readonly #listings: DriveListings;
  readonly #folders: DriveFolders;
  readonly #uploads: DriveUploads;
  readonly #cache: SmallCache;
  #isDistrusted = false;

  constructor(address: DriveAddress, { env = process.env, silenceMs, pageSize = PAGE_SIZE }: DriveLab) {
    const { folders, account } = address;
    this.label = `gdrive://${folders.join('/')}`;
    this.#address = address;
    this.#client = new DriveClient(account, env, silenceMs);
    this.#listings = new DriveListings(this.#client, pageSize);
    const ids = new DriveIds(this.#client, join(driveFolder(env), `${account}.ids`));
    this.#folders = new DriveFolders(this.#client, this.#listings, ids, folders);
    const sessions = new UploadSessions(join(driveFolder(env), `${account}.uploads`));
    this.#uploads = new DriveUploads(this.#client, ids, sessions);
    this.#cache = new SmallCache(join(driveFolder(env), 'cache'));
  }

  async list(folder: string, signal?: AbortSignal): Promise<readonly StoreItem[]> {
    const { room, key } = insideOf(this.#address.folders, folder);
    const listing = await this.#listings.of(room, this.#cannot('list', folder), signal);
    return childrenOf(listing, key);
  }

  refresh(): void {
    this.#listings.refresh();
  }

  distrust(): void {
    this.#isDistrusted = true;
  }

  async get(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer | undefined> {
    const what = this.#cannot('read', key);
    const { listing, items } = await this.#find(key, what, signal);
    for (const item of items) {
      if (item.isFolder) continue;
      const isKept =
        !this.#isDistrusted && mayBeKept(key) && listing.shows(item) && item.sizeBytes <= MOST_CACHED_BYTES;
      const kept =
        isKept && item.sha256 !== undefined ? await this.#cache.get(cacheName(item.sha256)) : undefined;
      // All of a small one costs no more than a part of it.
      const asked = isKept && item.sizeBytes <= SMALL_BYTES ? undefined : range;
      const bytes = kept ?? (await this.#read(item, asked, what, signal));
      if (bytes === undefined) {
        listing.drop(item);
        continue;
      }
      if (kept === undefined && isKept && asked === undefined) await this.#keep(bytes);
      return range !== undefined && (kept !== undefined || asked === undefined)
        ? bytes.subarray(range.offset, range.offset + range.length)
        : bytes;
    }
    return undefined;
  }

  async put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    if (bytes.length > MOST_AT_ONCE_BYTES) {
      const read = async (offset: number, length: number): Promise<Buffer> =>
        await Promise.resolve(Buffer.from(bytes.subarray(offset, offset + length)));
      await this.putFile(key, { sizeBytes: bytes.length, read }, signal);
      return;
    }
    await this.#write(key, signal, async (target) => await this.#uploads.put(target, bytes));
    if (mayBeKept(key)) await this.#keep(bytes);
  }

  async putFile(key: string, file: SpooledFile, signal?: AbortSignal): Promise<void> {
    const { sizeBytes } = file;
    if (sizeBytes <= MOST_AT_ONCE_BYTES) {
      await this.put(key, await readAll(file, 0, sizeBytes, this.#cannot('write', key)), signal);
      return;
    }
    await this.#write(key, signal, async (target) => await this.#uploads.putLarge(target, file));
    if (mayBeKept(key) && sizeBytes <= MOST_CACHED_BYTES) await this.#keep(await file.read(0, sizeBytes));
  }

  async remove(key: string): Promise<void> {
    const what = this.#cannot('remove', key);
    const { listing, items } = await this.#find(key, what);
    for (const item of items) {
      if (item.isFolder) continue;
      await this.#client.call({ method: 'DELETE', path: `files/${item.id}`, what, accept: [404] });
      listing.drop(item);
    }
  }

  /** A folder is moved to the trash: people may have put into it what this program cannot see. */
  async removeFolder(key: string): Promise<boolean> {
    const what = this.#cannot('remove', key);
    // Another machine may have begun a series in it.
    if (!key.includes('/')) this.#listings.refresh();
    const inside = insideOf(this.#address.folders, key);
    const listing = await this.#listings.of(inside.room, what);
    if (childrenOf(listing, inside.key).length > 0) return false;
    const { listing: around, items } = await this.#find(key, what);
    const folders = items.filter(({ isFolder }) => isFolder);
    for (const item of folders) {
      await this.#client.call({
        method: 'PATCH',
        path: `files/${item.id}`,
        query: { fields: 'id' },
        headers: { 'Content-Type': 'application/json; charset=UTF-8' },
        body: Buffer.from('{"trashed":true}'),
        what,
        accept: [404],
      });
      around.drop(item);
    }
    this.#folders.forget();
    return true;
  }

  async freeBytes(): Promise<number | undefined> {
    return (await aboutOf(this.#client, this.#cannot('ask for the room in', ''))).freeBytes;
  }

  async close(): Promise<void> {
    await this.#cache.trim();
    this.#client.close();
  }

  async #keep(bytes: Uint8Array): Promise<void> {
    await this.#cache.put(cacheName(createHash('sha256').update(bytes).digest('hex')), bytes);
  }

  async #find(
    key: string,
    what: string,
    signal?: AbortSignal,
  ): Promise<{ listing: Listing; items: readonly DriveItem[] }> {
    const spot = spotOf(this.#address.folders, key);
    const listing = await this.#listings.of(spot.room, what, signal);
    return { listing, items: listing.find(spot.key) };
  }

  async #write(
    key: string,
    signal: AbortSignal | undefined,
    send: (target: Parameters<DriveUploads['put']>[0]) => Promise<DriveItem>,
  ): Promise<void> {
    const what = this.#cannot('write', key);
    const [, folder = '', name = ''] = /^(?:(.*)\/)?([^/]+)$/s.exec(key) ?? [];
    if (name === '' || key.split('/').includes(''))
      throw new SnapshotError('E_STORE', `${what}: no object can be called so`);
    const { listing, items } = await this.#find(key, what, signal);
    const [existing] = items.filter(({ isFolder }) => !isFolder);
    const parent = async (): Promise<string> => await this.#folders.idOf(folder, what);
    try {
      const spot = spotOf(this.#address.folders, key);
      const item = await send({ spot, name, existing, parent, what, signal });
      // It was gone, and is another one now.
      if (existing !== undefined && existing.id !== item.id) listing.drop(existing);
      listing.add(item);
    } catch (error) {
      if (error instanceof ParentGoneError) this.#folders.forget();
      throw error;
    }
  }

  async #read(
    { id, sizeBytes }: DriveItem,
    range: ByteRange | undefined,
    what: string,
    signal: AbortSignal | undefined,
  ): Promise<Buffer | undefined> {
    const ask = async (more: Readonly<Record<string, string>>): Promise<HttpAnswer> =>
      await this.#client.call({
        method: 'GET',
        path: `files/${id}`,
        query: { alt: 'media', ...more },
        headers: range === undefined ? {} : { Range: rangeText(range) },
        mostBytes: mostBytesOf(range ?? { offset: 0, length: sizeBytes }),
        what,
        signal,
        accept: [403, 404, 416],
      });
    let answer = await ask({});
    if (isTakenForHarmful(answer)) answer = await ask({ acknowledgeAbuse: 'true' });
    if (answer.status === 404) return undefined;
    if (answer.status === 416) return Buffer.alloc(0);
    if (answer.status === 403) throw driveError(what, answer);
    return range === undefined ? answer.body : pieceOf(answer, range);
  }

  #cannot(action: string, key: string): string {
    return `Cannot ${action} "${printable(placeIn(this.label, key))}"`;
  }
}

/** What lies directly in the folder `key` of a room; twins count once. */
function childrenOf(listing: Listing, key: string): readonly StoreItem[] {
  const prefix = key === '' ? '' : `${key}/`;
  const items = new Map<string, StoreItem>();
  for (const { key: place, isFolder, sizeBytes, modifiedMs } of listing.listed()) {
    if (!place.startsWith(prefix)) continue;
    const [name = '', ...below] = place.slice(prefix.length).split('/');
    if (name === '') continue;
    const isAbove = isFolder || below.length > 0;
    const known = items.get(name);
    // The twin that was written last counts.
    if (known !== undefined && (isAbove || known.modifiedMs >= modifiedMs)) continue;
    items.set(name, {
      name,
      isFolder: isAbove,
      isFile: !isAbove,
      sizeBytes: isAbove ? 0 : sizeBytes,
      modifiedMs,
    });
  }
  return [...items.values()];
}
