/** Short requests that go to a store at once: far away, waiting for answers is all that they take. */
export const REQUESTS_AT_ONCE = 8;

/** A file or folder in a store. */
export interface StoreItem {
  /** The last part of its key. */
  readonly name: string;
  readonly isFolder: boolean;
  /** What is neither a file nor a folder (a link) was not written by this program. */
  readonly isFile: boolean;
  readonly sizeBytes: number;
  /** By the clock of the store, milliseconds since 1970. */
  readonly modifiedMs: number;
  /** What the server makes another one of when the object becomes another one; undefined where it has none. */
  readonly tag?: string | undefined;
  /** Two objects with the same one are one and the same, as {@link Store.link} makes them; undefined where unknown. */
  readonly identity?: string | undefined;
}

/**
 * A place that keeps series, to be read: a folder, an SFTP server, a bucket.
 *
 * Keys are relative paths with `/`. Every method that fails throws a `SnapshotError`, whose code says what to do: `E_SPACE`
 * when there is no room left, `E_AWAY` when trying later may help, `E_AUTH` when a user has to see to it, else `E_STORE`.
 * `testStore()` in `contract.lab.ts` holds each of these sentences.
 */
export interface ReadStore {
  /** What it is called, for people and in memory: a folder, or an address without secrets. */
  readonly label: string;

  /** The folder of this machine in which it lies; undefined when it is far away. */
  readonly folder: string | undefined;

  /** The same folder, where each object is a file in it that holds what was put; undefined where it holds something else. */
  readonly files: string | undefined;

  /** What lies in the folder `key`, in byte order of the names; nothing when it does not exist. */
  list(key: string): Promise<readonly StoreItem[]>;

  /**
   * What is listed from now on is as of now: a place far away may remember listings for a minute. Left out where none is
   * remembered.
   *
   * @param folder - Nothing else needs to be.
   */
  refresh?(folder?: string): Promise<void>;

  /**
   * What is read from now on comes from the place itself: one far away may be spared the reading of what this machine has kept, which
   * says nothing of what lies there. Left out where nothing is kept.
   */
  distrust?(): Promise<void>;

  /**
   * Content that this machine has kept of a place far away, whatever lies there now; undefined when it has not. Left out where
   * nothing is kept.
   *
   * @param sha256 - Of the content, hex.
   */
  known?(sha256: string): Promise<Buffer | undefined>;

  /** The whole object, or undefined when there is none. For small ones: it is held in memory. */
  read(key: string): Promise<Buffer | undefined>;

  /** The object's bytes from `offset` on. @throws E_STORE when it ends before `length` of them. */
  readRange(key: string, offset: number, length: number, signal?: AbortSignal): Promise<Buffer>;

  /**
   * The newest lines that {@link Store.appendLine} has added, in their order: about so many bytes of them, at least, or all. The
   * first one may be a part of a line unless `isAll`.
   */
  readLines(key: string, bytes: number): Promise<{ readonly text: string; readonly isAll: boolean }>;

  /** Bytes that can still be written, or undefined when the store does not know. */
  freeBytes(): Promise<number | undefined>;

  /** Gives back connections and temporary files. Nothing can be done with it afterwards. May be called twice; never throws. */
  close(): Promise<void>;
}

/** {@link ReadStore}, to be written to as well. */
export interface Store extends ReadStore {
  /**
   * Begins an object; nothing appears under `key` before {@link StoreWriter.commit}, and then all of it, in
   * place of any earlier one. Folders on the way are made.
   *
   * @param signal - Aborting it makes the commit fail, should that take long.
   */
  create(key: string, signal?: AbortSignal): Promise<StoreWriter>;

  /** {@link create}, write and commit in one. */
  put(key: string, bytes: Uint8Array): Promise<void>;

  /**
   * Makes the object `from` appear under `to` as well, at no cost; it stays as long as one of the two does.
   * It is on disk when the next object is committed in the folder of `to`.
   *
   * @returns Whether that is possible here; nothing has happened when it is not.
   */
  link(from: string, to: string): Promise<boolean>;

  /**
   * Adds a line to the object, which is made when missing; it is on disk when this returns. Where an earlier
   * line was cut short, the new one still starts on a line of its own. Where nothing can be added to objects, the lines are
   * objects in a folder `key`: only {@link readLines} reads them.
   */
  appendLine(key: string, line: string): Promise<void>;

  /** Removes an object. One that does not exist is no error. */
  remove(key: string): Promise<void>;

  /** Removes a folder if it is empty; whether it is gone. */
  removeFolder(key: string): Promise<boolean>;

  /**
   * Gives the folder `from`, with all that is in it, the name `to`: at once or not at all, and on disk when this returns. What
   * is called so already is never replaced, also where upper and lower case are the same; but case alone may be changed.
   *
   * @returns Whether that is possible here; nothing has happened when it is not.
   */
  renameFolder(from: string, to: string): Promise<boolean>;
}

/** An object on its way into a store. Calls are made one after the other. */
export interface StoreWriter {
  write(bytes: Uint8Array): Promise<void>;
  /** Forgets what was written after the first `bytes`: a file that changed while it was read is read again. */
  rewind(bytes: number): Promise<void>;
  /** Makes the object appear: whole, and on disk even if the power fails right after. */
  commit(): Promise<void>;
  /** Gives up: what was written is removed, an earlier object stays. Never throws. */
  discard(): Promise<void>;
}
