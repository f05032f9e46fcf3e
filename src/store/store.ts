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
  /** Two objects with the same one are one and the same, as {@link Store.link} makes them; undefined where unknown. */
  readonly identity?: string | undefined;
}

/**
 * A place that keeps series: a folder, later an SFTP server or a bucket.
 *
 * Keys are relative paths with `/`. Every method that fails throws a `SnapshotError`: `E_SPACE` when there is
 * no room left, else `E_STORE`. `testStore()` in `store-contract.ts` holds each of these sentences.
 */
export interface Store {
  /** Where it is, for people. */
  readonly location: string;

  /** What the folder `key` holds, in byte order of the names; nothing when it does not exist. */
  list(key: string): Promise<readonly StoreItem[]>;

  /** The whole object, or undefined when there is none. For small ones: it is held in memory. */
  read(key: string): Promise<Buffer | undefined>;

  /** The object's bytes from `offset` on. @throws E_STORE when it ends before `length` of them. */
  readRange(key: string, offset: number, length: number): Promise<Buffer>;

  /**
   * Begins an object; nothing appears under `key` before {@link StoreWriter.commit}, and then all of it, in
   * place of any earlier one. Folders on the way are made.
   */
  create(key: string): Promise<StoreWriter>;

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
   * line was cut short, the new one still starts on a line of its own.
   */
  appendLine(key: string, line: string): Promise<void>;

  /** Removes an object. One that does not exist is no error. */
  remove(key: string): Promise<void>;

  /** Removes a folder if it is empty; whether it is gone. */
  removeFolder(key: string): Promise<boolean>;

  /** Bytes that can still be written, or undefined when the store does not know. */
  freeBytes(): Promise<number | undefined>;
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
