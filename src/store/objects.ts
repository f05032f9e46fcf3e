import type { StoreItem } from './store.ts';

/** A file of this machine on its way to a place far away. It stays as it is until it has arrived. */
export interface SpooledFile {
  readonly sizeBytes: number;
  /** Its bytes from `offset` on. May be called as often as needed, several at once. */
  read(offset: number, length: number): Promise<Buffer>;
}

/** A piece of an object, in bytes. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * The least that a place far away can do: {@link ObjectStore} makes a store of it. Each call is one of the network, may be
 * repeated, and throws a `SnapshotError` as those of a store do.
 */
export interface Objects {
  /** Its address, without secrets. */
  readonly label: string;

  /** Whether what was written is listed at once, for everybody: what is not listed is not there. Left out where that is not known. */
  readonly listsAtOnce?: boolean;

  /** What lies directly in `folder` ('' is the top), in any order, all pages of it; nothing when there is no such folder. */
  list(folder: string, signal?: AbortSignal): Promise<readonly StoreItem[]>;

  /**
   * All objects below `folder` by what follows it in their keys, as their names; left out where there is no such question, and undefined
   * when they are very many.
   */
  listAll?(folder: string): Promise<readonly StoreItem[] | undefined>;

  /** Forgets what it remembers of listings, of `folder` at least: the next one is asked anew. Left out where each one is. */
  refresh?(folder?: string): void;

  /** See `ReadStore.distrust`. */
  distrust?(): void;

  /** See `ReadStore.known`. */
  known?(sha256: string): Promise<Buffer | undefined>;

  /** The object, or a part of it; undefined when there is none. What lies beyond its end is left out. */
  get(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer | undefined>;

  /** Makes an object of `bytes`, which are few, in place of any earlier one: whole or not at all. Folders on the way are made. */
  put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void>;

  /** As {@link put}, for a file of any size. */
  putFile(key: string, file: SpooledFile, signal?: AbortSignal): Promise<void>;

  /** Removes an object. One that does not exist is no error. */
  remove(key: string): Promise<void>;

  /** Removes a folder if it is empty; whether it is gone. Left out where folders are only parts of names. */
  removeFolder?(key: string): Promise<boolean>;

  /** See `Store.link`; left out where there is no such thing. */
  link?(from: string, to: string): Promise<boolean>;

  /** See `Store.renameFolder`; left out where a folder is only a part of names, or may be moved one file after the other. */
  renameFolder?(from: string, to: string): Promise<boolean>;

  /** See `ReadStore.freeBytes`; left out where nobody knows. */
  freeBytes?(): Promise<number | undefined>;

  /** Ends connections. May be called twice; never throws. */
  close(): Promise<void>;
}
