// The library of one account: what it holds, what comes in, and what others did to its folder.
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Blake3 } from '../../hash/blake3.ts';
import type { BytePath } from '../../tree/path.ts';
import { Refusal } from '../refusal.ts';
import { type ClaimedHash, differs } from './claimed-hash.ts';
import { numbered } from './file-name.ts';
import type { Held, Holdings } from './holdings.ts';
import { Journal } from './journal.ts';
import { checkFileSystem, type LibraryPlace, unreadable } from './library-place.ts';
import { isThere, letGo, place, placeOf } from './place.ts';
import { PartialUploads } from './partial-uploads.ts';
import { type Received, receive } from './receive.ts';
import { Resumed } from './resumed.ts';
import { reconcile, type SyncResult } from './reconcile.ts';
import { asRefusal, Room, type RoomLimits } from './room.ts';
import { isSameSight, lookAt, sightOfStats } from './sight.ts';

/** A file on its way in. */
export interface Incoming {
  readonly path: BytePath;
  readonly claim: ClaimedHash | undefined;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number | undefined;
  /** Take a free name where the name is taken. */
  readonly rename: boolean;
  /** Id of the token of who sends it. */
  readonly by?: string | undefined;
  /** Bytes that the client says it has; undefined when it does not say. */
  readonly size: number | undefined;
  /** Looks at what arrived before its hash is held against the claim. @throws {@link Refusal} when it is not to be kept. */
  readonly judge?: ((received: Received) => void) | undefined;
}

export interface Taken {
  readonly status: 'stored' | 'known';
  /** Where the content is. */
  readonly held: Held;
}

/** More names than this are not tried in search of a free one. */
const MOST_NAMES = 10_000;

export class Library {
  readonly #place: LibraryPlace;
  readonly #journal: Journal;
  readonly #blake3: Blake3;
  readonly #room: Room;
  readonly #stopping = new AbortController();
  /** Contents that are being placed: of two uploads of one content, the second is told that it is known. */
  readonly #placing = new Map<string, Promise<unknown>>();
  readonly #busyPaths = new Set<BytePath>();
  /** The last comparison that was asked for; they come one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  /** One that was asked for and has not begun. */
  #next: Promise<SyncResult> | undefined;
  /** The first one, until it has come to its end: what is not found before that may be there all the same. */
  #first: Promise<unknown> | undefined;

  /** Uploads that are gone on with. */
  readonly resumed: Resumed;

  private constructor(
    at: LibraryPlace,
    journal: Journal,
    blake3: Blake3,
    limits: RoomLimits,
    uploads: PartialUploads,
  ) {
    this.#place = at;
    this.#journal = journal;
    this.#blake3 = blake3;
    this.#room = new Room(at.files, limits);
    this.resumed = new Resumed(this, uploads, blake3, this.#room);
  }

  /**
   * Opens it. What was arriving when the server ended is removed. It knows only what its journal says until {@link sync}.
   *
   * @throws {@link SnapshotError} `E_STORE` when its journal cannot be used, or its two folders are on two file systems.
   */
  static async open(at: LibraryPlace, blake3: Blake3, limits: RoomLimits): Promise<Library> {
    await checkFileSystem(at);
    const parts = join(at.data, 'parts');
    await mkdir(parts, { recursive: true, mode: 0o700 });
    for (const name of await readdir(parts)) await rm(join(parts, name), { force: true });
    const uploads = await PartialUploads.open(join(at.data, 'uploads'), Date.now());
    return new Library(at, await Journal.open(join(at.data, 'journal.jsonl')), blake3, limits, uploads);
  }

  get holdings(): Holdings {
    return this.#journal.holdings;
  }

  get journal(): Journal {
    return this.#journal;
  }

  /** The folder with its files. */
  get files(): string {
    return this.#place.files;
  }

  /**
   * Holds the journal against the folder, beginning after this call: what happened before it is seen. Calls that wait share one.
   *
   * @throws {@link SnapshotError} `E_STORE` when the folder cannot be read.
   */
  async sync(
    options: { rehash?: boolean; onRead?: (done: number, total: number) => void } = {},
  ): Promise<SyncResult> {
    const { rehash = false, onRead } = options;
    if (!rehash && this.#next !== undefined) return await this.#next;
    const mine: Promise<SyncResult> = this.#last.then(async () => {
      if (this.#next === mine) this.#next = undefined;
      const isBusy = (path: BytePath): boolean => this.#busyPaths.has(path);
      const { signal } = this.#stopping;
      const asked = { blake3: this.#blake3, rehash, signal, isBusy, onRead };
      return await reconcile(this.files, this.#journal, asked).catch((error: unknown) => {
        throw unreadable(this.files, error);
      });
    });
    this.#last = mine.catch(() => undefined);
    if (!rehash) this.#next = mine;
    return await mine;
  }

  /**
   * The first {@link sync}, after what has to be ready `before` it. From this call to its end, {@link find} says of nothing that it is
   * nowhere.
   */
  async look(
    before: () => Promise<void>,
    onRead: (done: number, total: number) => void,
  ): Promise<SyncResult> {
    const first = before().then(async () => await this.sync({ onRead }));
    this.#first = first;
    const result = await first;
    this.#first = undefined;
    return result;
  }

  /**
   * Where the content with this BLAKE3 is at this moment; undefined when it is nowhere.
   *
   * @throws {@link SnapshotError} `E_STORE` when the folder cannot be read.
   */
  async find(blake3: string): Promise<Held | undefined> {
    const candidates = this.holdings.of(blake3);
    const found = await this.#firstThere(candidates);
    if (found !== undefined) return found;
    if (this.#first !== undefined) {
      await this.#first;
      return await this.find(blake3);
    }
    // What is not there any more has perhaps been moved.
    if (candidates.length === 0) return undefined;
    await this.sync();
    return await this.#firstThere(this.holdings.of(blake3));
  }

  /** The same for what a client claims; never by an MD5, which can be forged. */
  async findClaimed({ algorithm, hex }: ClaimedHash): Promise<Held | undefined> {
    if (algorithm === 'md5') return undefined;
    const blake3 = algorithm === 'blake3' ? hex : this.holdings.blake3Of(hex);
    return blake3 === undefined ? undefined : await this.find(blake3);
  }

  /**
   * Takes in a file. It is there, flushed, when this resolves; when it throws, nothing stays.
   *
   * @throws {@link Refusal} 409 when the name is taken, 422 when the content is not what was claimed, 413 and 507 when there is no room.
   */
  async take(incoming: Incoming, body: AsyncIterable<Uint8Array>): Promise<Taken> {
    const { claim, size } = incoming;
    const known = claim === undefined ? undefined : await this.findClaimed(claim);
    if (known !== undefined) return { status: 'known', held: known };
    await this.refuseTaken(incoming);
    const room = this.#room.forOne(() => this.holdings.bytes + this.resumed.uploads.bytes);
    const part = join(this.#place.data, 'parts', randomUUID());
    try {
      if (size !== undefined) await room.allow(size);
      const received = await receive(part, body, this.#blake3, { ...incoming, allow: room.allow });
      return await this.settle(received, incoming, room.release);
    } catch (error) {
      throw asRefusal(error);
    } finally {
      room.release();
      await letGo(part);
    }
  }

  /**
   * Refuses what will have no place, before it arrives, as far as that is known: of the same content the name may be taken by itself.
   *
   * @throws {@link Refusal} 409.
   */
  async refuseTaken({ path, claim, rename }: Incoming): Promise<void> {
    if (claim?.algorithm !== 'blake3' || rename || !(await this.#isTaken(path))) return;
    if ((await this.find(claim.hex)) === undefined) throw await this.#taken(path);
  }

  /**
   * Gives a part that is whole its name, or finds that its content is known. Its first name, if it still has that, is the caller's.
   *
   * @param isHeld - Called when {@link holdings} begin to count its bytes.
   * @throws {@link Refusal} as {@link take}; what the system throws, after which it may be tried again.
   */
  async settle(received: Received, incoming: Incoming, isHeld: () => void): Promise<Taken> {
    const { claim } = incoming;
    incoming.judge?.(received);
    if (claim !== undefined && received.claimed !== claim.hex) throw differs(received.claimed, claim);
    const sha256 = claim?.algorithm === 'sha256' ? claim.hex : undefined;
    return await this.#alone(received.blake3, async () => {
      const known = await this.find(received.blake3);
      if (known === undefined) return await this.#store(received, incoming, sha256, isHeld);
      if (sha256 !== undefined && known.sha256 === undefined) await this.#journal.put([{ ...known, sha256 }]);
      return { status: 'known', held: known };
    });
  }

  /** Ends a comparison that is under way, and closes the journal. */
  async close(): Promise<void> {
    this.#stopping.abort(new Error('the server ends'));
    await this.#last;
    await this.#journal.close();
  }

  async #store(
    received: Received,
    { path, rename, by }: Incoming,
    sha256: string | undefined,
    isHeld: () => void,
  ): Promise<Taken> {
    for (let number = 1; number < MOST_NAMES; number++) {
      const to = number === 1 ? path : numbered(path, number);
      this.#busyPaths.add(to);
      try {
        if (await place(this.files, to, received.file)) {
          const stats = await lookAt(this.files, to);
          if (stats === undefined) throw new Error('a file that was just stored is not there');
          const { blake3 } = received;
          const record = { path: to, ...sightOfStats(stats), blake3, sha256, by, atMs: Date.now() };
          isHeld();
          await this.#journal.put([record]);
          const held = this.holdings.at(to);
          if (held === undefined) throw new Error('a file that was just recorded is not known');
          return { status: 'stored', held };
        }
      } finally {
        this.#busyPaths.delete(to);
      }
      if (!rename) break;
    }
    throw await this.#taken(path);
  }

  /** Runs `work` while nobody else places the same content. */
  async #alone<T>(blake3: string, work: () => Promise<T>): Promise<T> {
    for (let other = this.#placing.get(blake3); other !== undefined; other = this.#placing.get(blake3))
      await other.catch(() => undefined);
    const running = work();
    this.#placing.set(blake3, running);
    try {
      return await running;
    } finally {
      this.#placing.delete(blake3);
    }
  }

  async #firstThere(candidates: readonly Held[]): Promise<Held | undefined> {
    for (const held of candidates) {
      const stats = await lookAt(this.files, held.path).catch(() => undefined);
      if (stats !== undefined && isSameSight(held, sightOfStats(stats))) return held;
    }
    return undefined;
  }

  async #isTaken(path: BytePath): Promise<boolean> {
    return await isThere(placeOf(this.files, path)).catch(() => false);
  }

  /** Says that `path` is taken, and which name is free. */
  async #taken(path: BytePath): Promise<Refusal> {
    for (let number = 2; number < MOST_NAMES; number++) {
      const free = numbered(path, number);
      if (await this.#isTaken(free)) continue;
      const text = Buffer.from(free, 'latin1').toString();
      const message = `Other content has that name. "${text}" is free: \`&rename=1\` takes it`;
      return new Refusal(409, message, { status: 'taken', free: text });
    }
    return new Refusal(409, 'Other content has that name', { status: 'taken' });
  }
}
