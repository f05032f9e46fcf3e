// One side of a pair: a folder of this machine, or one on a server.
import { SnapshotError } from '../base/errors.ts';
import type { BytePath } from '../tree/path.ts';
import type { LeftOut } from '../tree/left-out.ts';
import type { Item } from './item.ts';

/** Something of which nothing is known, and so nothing is done about it and what it holds. */
export interface Unknown {
  readonly path: BytePath;
  readonly reason: string;
  /**
   * - `trouble`: somebody should see to it.
   * - `special`: a socket and its like, which cannot be copied, or what is larger than it may be.
   * - `passing`: it went while it was looked for.
   */
  readonly kind: 'trouble' | 'special' | 'passing';
}

/** What a walk over a side has found. */
export interface Listing {
  /** In path order; the root is not among them. */
  readonly items: ReadonlyMap<BytePath, Item>;
  /** What could not be looked at, or is neither a file, a folder nor a link. */
  readonly problems: readonly Unknown[];
  /** Whether rules leave a path out here, also one that is not there. */
  isLeftOut(path: BytePath): boolean;
  /** What is mounted below the root, and which file system that is, where a side says so. */
  readonly mounts: ReadonlyMap<BytePath, string>;
  /** Files that were cut short while they were written: they have never been anything. */
  readonly parts: readonly BytePath[];
}

/** What a file gets when it is written. */
export interface NewFile {
  readonly mtimeMs: number;
  /** undefined: what new files get. */
  readonly mode: number | undefined;
}

/**
 * A tree that can be changed, one path at a time. Paths are relative to its root; links are never followed. What fails throws
 * a {@link SideError}, or a {@link SnapshotError} where nothing more can be done: `E_AWAY`, `E_SPACE`, `E_AUTH`.
 */
export interface Side {
  /** For people: the folder or address. */
  readonly label: string;
  /** The place, whatever way it was spelled; what the past is known by. */
  readonly address: string;
  /** Whether a file can be replaced in one step. */
  readonly replacesAtOnce: boolean;
  /** Whether what was written is on the disk when it is said to be. */
  readonly flushes: boolean;
  /** What tells that the root is the same folder as before; undefined where a side does not say. */
  rootTag(): Promise<string | undefined>;
  /** What is at the root: nothing, a folder, or something else. */
  root(): Promise<'nothing' | 'folder' | 'other'>;
  /** Makes the root, which may be there. */
  makeRoot(): Promise<void>;
  walk(leftOut: LeftOut, signal: AbortSignal): Promise<Listing>;
  /** What is at `path`; undefined: nothing. */
  look(path: BytePath): Promise<Item | undefined>;
  read(path: BytePath, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** A file of `most` bytes at most, else {@link SMALL_BYTES}; undefined when there is none. */
  readSmall(path: BytePath, most?: number): Promise<Buffer | undefined>;
  /** Writes the new file `path` and flushes it; what was there of a name that is a part's is replaced. @returns SHA-256 of its content. */
  write(
    path: BytePath,
    bytes: AsyncIterable<Uint8Array>,
    file: NewFile,
    signal: AbortSignal,
  ): Promise<string>;
  /** Writes a file that nobody may have. @returns False when it is there already. */
  create(path: BytePath, bytes: Uint8Array): Promise<boolean>;
  /** Gives `from` the name `to`, in one step. @returns False when something has it already. */
  claim(from: BytePath, to: BytePath): Promise<boolean>;
  /** Gives `from` the name `to`, at which nothing is. */
  move(from: BytePath, to: BytePath): Promise<void>;
  /** Gives `from` the name `to`, in place of the file there. */
  replace(from: BytePath, to: BytePath): Promise<void>;
  /** Gives a file one more name, at which nothing is. @returns False where a file can have only one. */
  link(from: BytePath, to: BytePath): Promise<boolean>;
  makeLink(path: BytePath, target: BytePath): Promise<void>;
  /** Makes a folder; those above are there. */
  makeFolder(path: BytePath, mode: number | undefined): Promise<void>;
  setMode(path: BytePath, mode: number): Promise<void>;
  remove(path: BytePath): Promise<void>;
  /** @returns False when the folder holds something. */
  removeFolder(path: BytePath): Promise<boolean>;
  /** Makes the names in these folders survive a power cut, where the side can. */
  settle(folders: ReadonlySet<BytePath>): Promise<void>;
  /** What a folder holds; nothing where there is none. */
  names(folder: BytePath): Promise<readonly BytePath[]>;
  close(): Promise<void>;
}

/** Something that could not be done to one path. */
export class SideError extends Error {
  /** What it was, to which path. */
  readonly what: string;

  constructor(message: string, options: { readonly cause?: unknown; readonly what?: string } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.what = options.what ?? '';
  }

  // On the prototype, so that the stack trace already carries it.
  override get name(): string {
    return 'SideError';
  }
}

/** For what fails after a failure: the reason of that is the one that counts. */
export function ifOfSide(error: unknown): void {
  if (!(error instanceof SideError || error instanceof SnapshotError)) throw error;
}

/** What is read at most of what should be small. */
export const SMALL_BYTES: number = 16 * 1024 * 1024;

/** Where each side keeps what is not of the tree. */
const PART_NAME = /^\.snapshot-[0-9a-f]{16}\.part$/;

export function isPart(name: string): boolean {
  return PART_NAME.test(name);
}
