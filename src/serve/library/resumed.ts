// Takes in a file by several requests, each of which goes on where the one before it broke off.
import type { Blake3 } from '../../hash/blake3.ts';
import { Refusal } from '../refusal.ts';
import { hashPart } from './hash-part.ts';
import type { Incoming, Library, Taken } from './library.ts';
import type { PartialUpload, PartialUploads } from './partial-uploads.ts';
import { letGo } from './place.ts';
import { asRefusal, type Room } from './room.ts';

/** So many an account may have begun. */
const MOST_OPEN = 256;

/** What gives a file its name is not stopped. */
const toItsEnd = (): void => undefined;

/** A request that is at an upload. */
interface Active {
  readonly by: string | undefined;
  readonly stop: () => void;
  readonly ended: Promise<unknown>;
}

export class Resumed {
  readonly uploads: PartialUploads;
  readonly #library: Library;
  readonly #blake3: Blake3;
  readonly #room: Room;
  /** Requests under way: who comes later takes over. */
  readonly #active = new Map<string, Active>();

  constructor(library: Library, uploads: PartialUploads, blake3: Blake3, room: Room) {
    this.#library = library;
    this.uploads = uploads;
    this.#blake3 = blake3;
    this.#room = room;
  }

  /** @throws {@link Refusal} 409 when the name is taken, 413 and 507 when there is no room, 429 when too many have begun. */
  async begin(length: number, incoming: Incoming): Promise<PartialUpload> {
    await this.uploads.letOldGo(Date.now());
    if (this.uploads.open >= MOST_OPEN)
      throw new Refusal(429, `${MOST_OPEN} uploads have begun and not ended: end one, or wait a week`);
    await this.#library.refuseTaken(incoming);
    const room = this.#room.forOne(() => this.#library.holdings.bytes + this.uploads.bytes);
    try {
      await room.allow(length);
      return await this.uploads.create(length, incoming, Date.now());
    } catch (error) {
      throw asRefusal(error);
    } finally {
      room.release();
    }
  }

  /**
   * One of this content that can be gone on with. Not one that somebody else is sending: they would take it from each other without end.
   *
   * @param by - Id of the token of who asks. A line of its own that was cut may hang here still.
   */
  begun(blake3: string, length: number, by: string): PartialUpload | undefined {
    return this.uploads.of(blake3, length, ({ id }) => {
      const active = this.#active.get(id);
      return active === undefined || active.by === by;
    });
  }

  /** How far it is, once nothing more arrives for it: a client asks when its line was cut, and the server may not know that yet. */
  async look(id: string): Promise<PartialUpload> {
    while (this.#active.has(id)) await this.#stop(id);
    const upload = this.#known(id);
    // The server has ended between its last byte and its name; or it has no bytes at all.
    if (upload.offset === upload.length && upload.done === undefined) {
      await this.#alone(id, { stop: toItsEnd, by: undefined }, async () => await this.#end(upload));
    }
    return this.#known(id);
  }

  /**
   * Adds to it; the last byte makes it a file.
   *
   * @param offset - Where the client goes on.
   * @param stop - Ends `body`.
   * @param by - Id of the token of who sends it.
   * @throws {@link Refusal} 404 when there is none, 409 when it is at another place, 413 when more arrives than was said; and what
   * {@link Library.settle} throws, after which it is gone.
   */
  async goOn(
    id: string,
    offset: number,
    body: AsyncIterable<Uint8Array>,
    stop: () => void,
    by?: string,
  ): Promise<{ readonly upload: PartialUpload; readonly taken: Taken | undefined }> {
    while (this.#active.has(id)) await this.#stop(id);
    const upload = this.#known(id);
    if (upload.offset !== offset || upload.done !== undefined)
      throw new Refusal(409, `It is at byte ${upload.offset}, not ${offset}`);
    return await this.#alone(id, { stop, by }, async () => await this.#append(upload, body));
  }

  async remove(id: string): Promise<void> {
    while (this.#active.has(id)) await this.#stop(id);
    this.#known(id);
    await this.uploads.remove(id);
  }

  async #append(
    upload: PartialUpload,
    body: AsyncIterable<Uint8Array>,
  ): Promise<{ readonly upload: PartialUpload; readonly taken: Taken | undefined }> {
    const { id, length } = upload;
    const room = this.#room.forOne(() => this.#library.holdings.bytes + this.uploads.bytes);
    try {
      const now = await this.#counted(id, room, async () => {
        await room.allow(upload.offset);
        return await this.uploads.append(upload, body, async (bytes) => {
          if (bytes > length) throw new Refusal(413, `More than the ${length} bytes that were announced`);
          await room.allow(bytes);
        });
      });
      return { upload: now, taken: now.offset < length ? undefined : await this.#end(now) };
    } catch (error) {
      throw asRefusal(error);
    }
  }

  /** Runs `work` while `room` counts the bytes of an upload: each is counted once at every moment. */
  async #counted<T>(id: string, room: ReturnType<Room['forOne']>, work: () => Promise<T>): Promise<T> {
    this.uploads.countElsewhere(id, true);
    try {
      return await work();
    } finally {
      room.release();
      this.uploads.countElsewhere(id, false);
    }
  }

  async #end({ id, incoming }: PartialUpload): Promise<Taken> {
    const { claim, modifiedMs } = incoming;
    const isFile = (): void => this.uploads.countElsewhere(id, true);
    try {
      const received = await hashPart(this.uploads.fileOf(id), this.#blake3, claim, modifiedMs);
      const taken = await this.#library.settle(received, incoming, isFile);
      await letGo(received.file);
      await this.uploads.finish(id, taken.status, taken.held.path);
      return taken;
    } catch (error) {
      // What is not what it was to be, or has no place, is not gone on with.
      if (error instanceof Refusal) await this.uploads.remove(id);
      throw error;
    }
  }

  /** Ends who is at it. Several may have waited for that, of whom one is at it by then: so each looks again. */
  async #stop(id: string): Promise<void> {
    const active = this.#active.get(id);
    active?.stop();
    await active?.ended;
    if (this.#active.get(id) === active) this.#active.delete(id);
  }

  /** Is the one that is at it, until `work` has ended. */
  async #alone<T>(id: string, who: Omit<Active, 'ended'>, work: () => Promise<T>): Promise<T> {
    const working = work();
    const active = { ...who, ended: working.catch(() => undefined) };
    this.#active.set(id, active);
    try {
      return await working;
    } finally {
      if (this.#active.get(id) === active) this.#active.delete(id);
    }
  }

  #known(id: string): PartialUpload {
    const upload = this.uploads.get(id);
    if (upload !== undefined) return upload;
    throw new Refusal(404, 'There is no such upload: it was removed, or is older than a week');
  }
}
