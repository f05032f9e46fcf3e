// What a disk may hold after a power cut: everything that was flushed, and of the rest anything.
//
// Harsher than any real file system: each name and each written piece that was not flushed is kept or lost by
// itself, in any combination; and flushing a file does not flush its name.
import { linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createHash } from 'node:crypto';
import type { Deed } from './journal.ts';

/** A change of one file's content or of one name, and when it is safe. */
interface Change {
  /** The file whose content changes, or the folder whose name does. */
  readonly inode: number;
  readonly content?: (before: Buffer) => Buffer;
  /** For a torn write: so many of its bytes are what was asked for. */
  readonly bytes?: Buffer;
  readonly at?: number;
  /** What the name stands for from now on; several for a rename, which is whole or not at all. */
  readonly names?: readonly { readonly name: string; readonly inode: number | undefined }[];
  /** After which deed it happened. */
  readonly when: number;
}

interface Flush {
  readonly inode: number;
  readonly when: number;
  readonly site: string;
}

/** Which unflushed changes survive: a number from 0 to 1 for each, the share of it that is on disk. */
export type Luck = (isRename: boolean) => number;

export class CrashStates {
  readonly #root: string;
  readonly #changes: Change[] = [];
  readonly #flushes: Flush[] = [];
  readonly #contents = new Map<number, Buffer>();
  readonly #folders = new Map<number, ReadonlyMap<string, number>>();
  /** While the deeds are followed: what each path is. */
  readonly #paths = new Map<string, number>();
  #inodes = 0;
  /** How many deeds there are; the power can be cut after each. */
  readonly length: number;

  /**
   * @param root - Above everything that was done, and there before.
   * @param base - A copy of it from before.
   */
  constructor(root: string, base: string, deeds: readonly Deed[]) {
    this.#root = root;
    this.#read(root, base);
    this.length = deeds.length;
    this.#follow(deeds);
  }

  /** The flushes that there were, by where in the program they are. */
  sites(): ReadonlySet<string> {
    return new Set(this.#flushes.map(({ site }) => site));
  }

  /**
   * The disk after the first `deeds` of them.
   *
   * @param without - Flushes at this place do nothing.
   */
  after(deeds: number, luck: Luck, without?: string): DiskState {
    const contents = new Map(this.#contents);
    const folders = new Map([...this.#folders].map(([inode, names]) => [inode, new Map(names)]));
    for (const change of this.#changes) {
      if (change.when >= deeds) break;
      const isSafe = this.#flushes.some(
        ({ inode, when, site }) =>
          inode === change.inode && when >= change.when && when < deeds && site !== without,
      );
      const share = isSafe ? 1 : luck((change.names?.length ?? 0) > 1);
      if (share <= 0) continue;
      if (change.content !== undefined) {
        const before = contents.get(change.inode) ?? Buffer.alloc(0);
        const isTorn = share < 1 && change.bytes !== undefined;
        const torn = isTorn ? change.bytes.subarray(0, Math.floor(change.bytes.length * share)) : undefined;
        contents.set(
          change.inode,
          torn === undefined ? change.content(before) : patched(before, change.at ?? before.length, torn),
        );
      }
      const names = folders.get(change.inode) ?? new Map<string, number>();
      for (const { name, inode } of change.names ?? []) {
        if (inode === undefined) names.delete(name);
        else names.set(name, inode);
      }
      if (change.names !== undefined) folders.set(change.inode, names);
    }
    return new DiskState(contents, folders, this.#paths.get(this.#root) ?? 0);
  }

  #read(path: string, from: string): number {
    const inode = this.#new(path);
    if (!lstatSync(from).isDirectory()) {
      this.#contents.set(inode, readFileSync(from));
      return inode;
    }
    const names = new Map<string, number>();
    for (const name of readdirSync(from)) {
      const inodeThere = `ino ${lstatSync(join(from, name)).ino}`;
      const known = this.#paths.get(inodeThere);
      const own = known ?? this.#read(join(path, name), join(from, name));
      this.#paths.set(inodeThere, own);
      this.#paths.set(join(path, name), own);
      names.set(name, own);
    }
    this.#folders.set(inode, names);
    return inode;
  }

  #new(path: string): number {
    this.#inodes++;
    this.#paths.set(path, this.#inodes);
    return this.#inodes;
  }

  #at(path: string): number {
    const inode = this.#paths.get(path);
    if (inode === undefined) throw new Error(`nothing is known of ${path}`);
    return inode;
  }

  #follow(deeds: readonly Deed[]): void {
    const open = new Map<number, number>();
    for (const [when, deed] of deeds.entries()) {
      switch (deed.kind) {
        case 'open':
          if (this.#paths.has(deed.path)) open.set(deed.file, this.#at(deed.path));
          break;
        case 'create': {
          const known = this.#paths.get(deed.path);
          open.set(deed.file, known ?? this.#new(deed.path));
          if (known === undefined) this.#name(when, deed.path, this.#at(deed.path));
          break;
        }
        case 'write':
        case 'append': {
          const { bytes } = deed;
          const at = deed.kind === 'write' ? deed.at : undefined;
          const content = (before: Buffer): Buffer => patched(before, at ?? before.length, bytes);
          this.#changes.push({
            inode: open.get(deed.file) ?? 0,
            content,
            bytes,
            when,
            ...(at === undefined ? {} : { at }),
          });
          break;
        }
        case 'truncate':
          this.#changes.push({
            inode: open.get(deed.file) ?? 0,
            content: (before) => before.subarray(0, deed.length),
            when,
          });
          break;
        case 'sync':
          this.#flushes.push({ inode: open.get(deed.file) ?? 0, when, site: deed.site });
          break;
        case 'link':
          this.#paths.set(deed.path, this.#at(deed.from));
          this.#name(when, deed.path, this.#at(deed.path));
          break;
        case 'rename':
          this.#rename(when, deed.from, deed.path);
          break;
        case 'mkdir':
          this.#makeFolder(when, deed.path);
          break;
        case 'unlink':
        case 'rmdir':
          this.#paths.delete(deed.path);
          this.#name(when, deed.path, undefined);
          break;
      }
    }
  }

  #name(when: number, path: string, inode: number | undefined): void {
    const name = path.slice(dirname(path).length + 1);
    this.#changes.push({ inode: this.#at(dirname(path)), names: [{ name, inode }], when });
  }

  #rename(when: number, from: string, path: string): void {
    const inode = this.#at(from);
    this.#paths.delete(from);
    this.#paths.set(path, inode);
    const folder = dirname(path);
    if (dirname(from) !== folder) throw new Error(`${from} leaves its folder`);
    const names = [
      { name: from.slice(folder.length + 1), inode: undefined },
      { name: path.slice(folder.length + 1), inode },
    ];
    this.#changes.push({ inode: this.#at(folder), names, when });
  }

  #makeFolder(when: number, path: string): void {
    const inode = this.#new(path);
    this.#folders.set(inode, new Map());
    this.#name(when, path, inode);
  }
}

function patched(before: Buffer, at: number, bytes: Buffer): Buffer {
  const after = Buffer.alloc(Math.max(before.length, at + bytes.length));
  before.copy(after);
  bytes.copy(after, at);
  return after;
}

/** A disk as it may be found. */
export class DiskState {
  readonly #contents: ReadonlyMap<number, Buffer>;
  readonly #folders: ReadonlyMap<number, ReadonlyMap<string, number>>;
  readonly #root: number;

  constructor(
    contents: ReadonlyMap<number, Buffer>,
    folders: ReadonlyMap<number, ReadonlyMap<string, number>>,
    root: number,
  ) {
    this.#contents = contents;
    this.#folders = folders;
    this.#root = root;
  }

  /** The same for disks that hold the same. */
  key(): string {
    const hash = createHash('sha256');
    this.#walk((path, inode) => {
      const bytes = this.#contents.get(inode) ?? Buffer.alloc(0);
      hash.update(`${path}\0${this.#folders.has(inode) ? 'folder' : bytes.length}\0`).update(bytes);
    });
    return hash.digest('hex');
  }

  /** Makes `to`, which is empty, hold what the disk does. */
  write(to: string): void {
    const written = new Map<number, string>();
    this.#walk((path, inode) => {
      const target = join(to, path);
      const twin = written.get(inode);
      if (this.#folders.has(inode)) mkdirSync(target);
      else if (twin !== undefined) linkSync(twin, target);
      else writeFileSync(target, this.#contents.get(inode) ?? '');
      written.set(inode, target);
    });
  }

  #walk(visit: (path: string, inode: number) => void, folder = this.#root, above = ''): void {
    for (const [name, inode] of [...(this.#folders.get(folder) ?? [])].toSorted(([a], [b]) =>
      a < b ? -1 : 1,
    )) {
      const path = above === '' ? name : `${above}/${name}`;
      visit(path, inode);
      if (this.#folders.has(inode)) this.#walk(visit, inode, path);
    }
  }
}
