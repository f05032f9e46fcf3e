import type { BytePath } from './path.ts';

/** What an entry of a tree can be. Everything else (socket, device, FIFO) is named as skipped. */
export type EntryType = 'file' | 'folder' | 'link';

/** One file, folder or link of a tree, as seen at one moment. */
export interface Entry {
  readonly path: BytePath;
  readonly type: EntryType;
  /** Bytes; 0 for folders and links. */
  readonly size: number;
  /** Bytes that a file takes on the disk, where these are clearly fewer: it may have holes. */
  readonly allocated?: number | undefined;
  /** Permission bits, set-user-id, set-group-id and sticky included: 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since 1970, UTC. */
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  /** 0 where the system has none. */
  readonly inode: bigint;
  /** What a link says; undefined for other types. */
  readonly target: BytePath | undefined;
  /** The first path, in path order, of the file that this one shares its inode with. */
  readonly hardlink: BytePath | undefined;
  /** Extended attributes, in the form of `base/attributes.ts`; undefined where nobody has looked for them. */
  readonly attributes?: string | undefined;
}

/** What the scan or a read could not take as it is. */
export interface Problem {
  readonly path: BytePath;
  readonly kind: ProblemKind;
  /** In words: "permission denied". */
  readonly reason: string;
}

/**
 * - `unreadable`: it exists, but it, or what it holds, is not in the snapshot.
 * - `vanished`: it was there at the scan and gone when it was read.
 * - `changed`: it changed at each of three reads; the snapshot has what was read last.
 * - `special`: a socket, device or FIFO, which an archive cannot hold.
 * - `attributes`: its content is in the snapshot, and not all of its extended attributes.
 * - `rot`: the content differs from the last snapshot's while size, times and inode do not.
 */
export type ProblemKind = 'unreadable' | 'vanished' | 'changed' | 'special' | 'rot' | 'attributes';
