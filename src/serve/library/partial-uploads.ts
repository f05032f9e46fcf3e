// Uploads that can be gone on with: what has arrived of a file lies in `uploads/`, and says there what it is to become.
import { randomBytes } from 'node:crypto';
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
} from 'node:fs/promises';
import { join } from 'node:path';
import { type BytePath, toText } from '../../tree/path.ts';
import { parseHash } from './claimed-hash.ts';
import { checkName } from './file-name.ts';
import type { Incoming } from './library.ts';

/** What a file that is arriving is to become. */
export interface PartialUpload {
  readonly id: string;
  /** Bytes of the whole. */
  readonly length: number;
  readonly incoming: Incoming;
  /** Bytes that have arrived. */
  readonly offset: number;
  /** When something last happened to it, in milliseconds since 1970. */
  readonly touchedMs: number;
  /** What became of it, once it has arrived: an answer may be lost. */
  readonly done?: 'stored' | 'known' | undefined;
}

/** What is in its file of JSON. */
interface Written {
  readonly length: number;
  readonly path: string;
  readonly hash: string | undefined;
  readonly modifiedMs: number | undefined;
  readonly rename: boolean;
  readonly by?: string | undefined;
  /** Bytes that were flushed: after a power cut, what is behind them may be anything. */
  readonly flushed: number;
  readonly done: PartialUpload['done'];
  readonly touchedMs: number;
}

/** So long nothing has to happen to one. */
const KEPT_MS = 7 * 24 * 60 * 60_000;
/** What became of so many that have arrived is remembered. Who asks for another one begins anew, and is told that its content is known. */
const MOST_DONE = 256;
/** Between two flushes, while a long request arrives. */
const FLUSH_BYTES = 32 * 2 ** 20;

export class PartialUploads {
  readonly #folder: string;
  readonly #uploads = new Map<string, PartialUpload>();
  /** Those that are arriving, as a room counts them, or are a file already. */
  readonly #countedElsewhere = new Set<string>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Opens those in `folder`, each cut to what was flushed of it; old ones, and what is none, are removed. */
  static async open(folder: string, nowMs: number): Promise<PartialUploads> {
    const uploads = new PartialUploads(folder);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(folder)) {
      const id = /^([0-9a-f]{32})\.json$/.exec(name)?.[1];
      if (id !== undefined) await uploads.#load(id);
      else if (!/^[0-9a-f]{32}$/.test(name)) await rm(join(folder, name), { force: true });
    }
    for (const name of await readdir(folder))
      if (!uploads.#uploads.has(name.replace('.json', ''))) await rm(join(folder, name), { force: true });
    await uploads.letOldGo(nowMs);
    return uploads;
  }

  /** How many have not arrived. */
  get open(): number {
    return [...this.#uploads.values()].filter(({ done }) => done === undefined).length;
  }

  /** Bytes of those that have not arrived, and are not counted elsewhere. */
  get bytes(): number {
    let bytes = 0;
    for (const { id, offset, done } of this.#uploads.values())
      if (done === undefined && !this.#countedElsewhere.has(id)) bytes += offset;
    return bytes;
  }

  get(id: string): PartialUpload | undefined {
    return this.#uploads.get(id);
  }

  /** One of this content that has begun to arrive, and that `isFree`. */
  of(
    blake3: string,
    length: number,
    isFree: (upload: PartialUpload) => boolean = () => true,
  ): PartialUpload | undefined {
    return [...this.#uploads.values()].find(
      (one) =>
        one.done === undefined &&
        isFree(one) &&
        one.length === length &&
        one.offset > 0 &&
        one.incoming.claim?.algorithm === 'blake3' &&
        one.incoming.claim.hex === blake3,
    );
  }

  async create(length: number, incoming: Incoming, nowMs: number): Promise<PartialUpload> {
    const upload = { id: randomBytes(16).toString('hex'), length, incoming, offset: 0, touchedMs: nowMs };
    await (await open(this.fileOf(upload.id), 'wx', 0o644)).close();
    await this.#write(upload);
    return upload;
  }

  /** Where its bytes are. */
  fileOf(id: string): string {
    return join(this.#folder, id);
  }

  /**
   * Adds `body` to it. What arrived stays, also when `body` breaks off.
   *
   * @param allow - Called with the bytes so far; it throws where there is no room for them.
   * @throws What `body` and `allow` throw, and the system.
   */
  async append(
    upload: PartialUpload,
    body: AsyncIterable<Uint8Array>,
    allow: (bytes: number) => Promise<void>,
  ): Promise<PartialUpload> {
    const handle = await open(this.fileOf(upload.id), 'r+');
    let now = upload;
    try {
      let flushed = upload.offset;
      for await (const bytes of body) {
        const end = now.offset + bytes.length;
        await allow(end);
        await writeAt(handle, bytes, now.offset);
        now = { ...now, offset: end, touchedMs: Date.now() };
        this.#uploads.set(now.id, now);
        if (end - flushed < FLUSH_BYTES) continue;
        await handle.datasync();
        await this.#write(now);
        flushed = end;
      }
      return now;
    } finally {
      try {
        await handle.sync();
        await this.#write(now);
      } finally {
        await handle.close();
      }
    }
  }

  /** Leaves its bytes out of {@link bytes}, or not. */
  countElsewhere(id: string, isElsewhere: boolean): void {
    if (isElsewhere) this.#countedElsewhere.add(id);
    else this.#countedElsewhere.delete(id);
  }

  /** Remembers what became of it; its bytes are elsewhere by then. */
  async finish(id: string, done: 'stored' | 'known', path: BytePath): Promise<void> {
    const upload = this.#uploads.get(id);
    if (upload === undefined) return;
    // It may have got another name than it was to have.
    const incoming = done === 'stored' ? { ...upload.incoming, path } : upload.incoming;
    const ended: PartialUpload = { ...upload, incoming, done, touchedMs: Date.now() };
    await this.#write(ended);
    // Who has ended last stands last.
    this.#uploads.delete(id);
    this.#uploads.set(id, ended);
    const all = [...this.#uploads.values()].filter((one) => one.done !== undefined);
    for (const old of all.slice(0, -MOST_DONE)) await this.remove(old.id);
  }

  async remove(id: string): Promise<void> {
    this.#uploads.delete(id);
    this.#countedElsewhere.delete(id);
    await rm(this.#jsonOf(id), { force: true });
    await rm(this.fileOf(id), { force: true });
  }

  /** Removes those to which nothing has happened for a week. */
  async letOldGo(nowMs: number): Promise<void> {
    for (const { id, touchedMs } of this.#uploads.values())
      if (nowMs - touchedMs > KEPT_MS) await this.remove(id);
  }

  #jsonOf(id: string): string {
    return join(this.#folder, `${id}.json`);
  }

  async #load(id: string): Promise<void> {
    try {
      const said = JSON.parse(await readFile(this.#jsonOf(id), 'utf8')) as Written;
      const { length, path, hash, modifiedMs, rename: isRenaming, by, flushed, done, touchedMs } = said;
      const claim = hash === undefined ? undefined : parseHash(hash);
      const incoming = { path: checkName(path), claim, modifiedMs, rename: isRenaming, by, size: length };
      if (done === undefined) await cutTo(this.fileOf(id), flushed);
      this.#uploads.set(id, { id, length, incoming, offset: flushed, touchedMs, done });
    } catch {
      // Half written, or its bytes are gone: the client begins anew.
    }
  }

  async #write(upload: PartialUpload): Promise<void> {
    const { id, length, incoming, offset, done, touchedMs } = upload;
    const { claim, modifiedMs, rename: isRenaming, path, by } = incoming;
    const hash = claim === undefined ? undefined : `${claim.algorithm}:${claim.hex}`;
    const text = toText(path) ?? '';
    const written: Written = {
      length,
      path: text,
      hash,
      modifiedMs,
      rename: isRenaming,
      by,
      flushed: offset,
      done,
      touchedMs,
    };
    const part = `${this.#jsonOf(id)}.part`;
    const handle = await open(part, 'w', 0o600);
    try {
      await handle.writeFile(JSON.stringify(written));
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(part, this.#jsonOf(id));
    this.#uploads.set(id, upload);
  }
}

/** @throws Error when it has fewer bytes than that: zeros are not what was sent. */
async function cutTo(file: string, bytes: number): Promise<void> {
  if ((await stat(file)).size < bytes) throw new Error('its bytes are gone');
  await truncate(file, bytes);
}

async function writeAt(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}
