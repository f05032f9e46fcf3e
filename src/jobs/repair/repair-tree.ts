// The entries of a snapshot, from its archives and, where there is one, its RESTORE.txt.
import type { FoundMember } from '../../format/read-archive.ts';
import type { Member } from '../../format/member.ts';
import { isSameHeader } from '../../series/holdings.ts';
import type { At, IndexEntry } from '../../series/index/index-line.ts';
import type { RestoreStep } from '../../series/script/read-script.ts';
import type { Entry } from '../../tree/entry.ts';
import { type BytePath, comparePaths, parentOf } from '../../tree/path.ts';

/** An archive that was read through. */
export interface ReadArchive {
  /** Seen from the snapshot's folder. */
  readonly file: string;
  readonly number: number;
  readonly members: readonly FoundMember[];
}

type Header = Pick<Member, 'mode' | 'uid' | 'gid' | 'user' | 'group' | 'mtimeNs' | 'attributes'>;

/** A file on the way to its place. */
interface VirtualFile {
  readonly member: Member;
  readonly hash: Uint8Array;
  readonly at: At;
  readonly header: Header;
}

/**
 * Does in memory what RESTORE.txt does on a disk: what is there at the end is the tree.
 *
 * What no archive knows has neutral values: change times and inodes are 0.
 */
export class VirtualTree {
  readonly #archives: ReadonlyMap<string, ReadArchive>;
  readonly #isDead: (at: At) => boolean;
  readonly #files = new Map<BytePath, VirtualFile>();
  readonly #folders = new Map<BytePath, Header>();
  readonly #links = new Map<BytePath, Member>();
  readonly #hardlinks = new Map<BytePath, BytePath>();
  readonly #aside = new Map<number, VirtualFile>();
  #hasMadeFolders = false;

  /** @param isDead - Whether content is known to be no entry's. */
  constructor(archives: readonly ReadArchive[], isDead: (at: At) => boolean) {
    this.#archives = new Map(archives.map((archive) => [archive.file, archive]));
    this.#isDead = isDead;
  }

  /** Does what the steps of RESTORE.txt say. */
  follow(steps: readonly RestoreStep[]): void {
    for (const step of steps) this.#do(step);
  }

  /**
   * Extracts everything, for want of a RESTORE.txt. Files where something else is now were deleted, or moved.
   *
   * @param keepsOrphans - Keeps also files in what is no folder any more: they were deleted with it, or moved out of it before.
   */
  extractAll(keepsOrphans: boolean): void {
    for (const archive of this.#archives.values()) this.#extract(archive);
    const parents = this.knowsFolders ? new Set<BytePath>() : this.#parents();
    for (const path of this.#files.keys()) {
      const isOrphan = this.knowsFolders && !this.#isBelowFolder(path);
      const isGone = this.#folders.has(path) || parents.has(path);
      if (isGone || (isOrphan && !(keepsOrphans && this.#hasRoom(path)))) this.#files.delete(path);
    }
  }

  /** Whether the archive of folders and links is there: without it, nobody knows which there were. */
  get knowsFolders(): boolean {
    return [...this.#archives.keys()].some((file) => file.includes('~tree.'));
  }

  /** The entries, in path order; without the root, of which no archive tells. */
  entries(): readonly IndexEntry[] {
    this.#makeFolders();
    const items: IndexEntry[] = [];
    for (const [path, file] of this.#files) items.push(itemOf(path, file, undefined));
    for (const [path, first] of this.#hardlinks) {
      const file = this.#files.get(first);
      if (file !== undefined) items.push(itemOf(path, file, first));
    }
    for (const [path, header] of this.#folders) items.push(other(entryOf(path, 'folder', header), header));
    for (const [path, member] of this.#links) {
      const target = member.target as BytePath;
      items.push(other({ ...entryOf(path, 'link', member), target }, member));
    }
    return items.toSorted((a, b) => comparePaths(a.entry.path, b.entry.path));
  }

  #do(step: RestoreStep): void {
    switch (step.do) {
      case 'extract': {
        const archive = this.#archives.get(step.file);
        if (archive !== undefined) this.#extract(archive);
        break;
      }
      case 'drop':
        this.#files.delete(step.path);
        break;
      case 'tidy':
        // Folders that count are in the archive of folders.
        break;
      case 'aside':
        this.#move(this.#files.get(step.path), (file) => this.#aside.set(step.n, file));
        this.#files.delete(step.path);
        break;
      case 'place':
        this.#move(this.#aside.get(step.n), (file) => this.#files.set(step.path, file));
        break;
      case 'copy':
        this.#move(this.#files.get(step.from), (file) => this.#files.set(step.path, file));
        break;
      case 'meta':
        this.#setHeader(step);
        break;
      case 'attributes':
        this.#setAttributes(step);
        break;
    }
  }

  #move(file: VirtualFile | undefined, to: (file: VirtualFile) => unknown): void {
    if (file !== undefined) to(file);
  }

  #setHeader({ path, mode, uid, gid, mtimeNs }: Extract<RestoreStep, { do: 'meta' }>): void {
    const set = (header: Header): Header => ({
      mode,
      uid,
      gid,
      mtimeNs,
      user: header.uid === uid ? header.user : undefined,
      group: header.gid === gid ? header.group : undefined,
      attributes: header.attributes,
    });
    const file = this.#files.get(path);
    const folder = this.#folders.get(path);
    if (file !== undefined) this.#files.set(path, { ...file, header: set(file.header) });
    else if (folder !== undefined) this.#folders.set(path, set(folder));
  }

  #setAttributes({ path, attributes }: Extract<RestoreStep, { do: 'attributes' }>): void {
    const file = this.#files.get(path);
    const folder = this.#folders.get(path);
    if (file !== undefined) this.#files.set(path, { ...file, header: { ...file.header, attributes } });
    else if (folder !== undefined) this.#folders.set(path, { ...folder, attributes });
  }

  #extract({ number, members }: ReadArchive): void {
    for (const { member, place, hash } of members) {
      const path = member.path as BytePath;
      if (hash !== undefined) {
        const at: At = [number, place.offset, place.length, place.skip];
        if (!this.#isDead(at)) this.#files.set(path, { member, hash, at, header: member });
      } else if (member.type === 'folder') this.#folders.set(path, member);
      else if (member.type === 'link') this.#put(this.#links, path, member);
      else this.#put(this.#hardlinks, path, (member.target ?? '') as BytePath);
    }
  }

  #put<T>(map: Map<BytePath, T>, path: BytePath, value: T): void {
    this.#files.delete(path);
    map.set(path, value);
  }

  /** Makes the folders that files lie in, where the archive of folders is lost. */
  #makeFolders(): void {
    for (const [path, { header }] of this.#files) {
      for (let at = parentOf(path); at !== '' && !this.#folders.has(at); at = parentOf(at)) {
        this.#folders.set(at, { ...header, mode: 0o700 });
        this.#hasMadeFolders = true;
      }
    }
  }

  /** Whether some folders are not as they were, but as files need them. */
  get hasMadeFolders(): boolean {
    return this.#hasMadeFolders;
  }

  /** All that files lie in. */
  #parents(): ReadonlySet<BytePath> {
    const parents = new Set<BytePath>();
    for (const path of this.#files.keys()) {
      for (let at = parentOf(path); at !== ''; at = parentOf(at)) parents.add(at);
    }
    return parents;
  }

  /** Whether nothing else is where the folders of `path` would be. */
  #hasRoom(path: BytePath): boolean {
    for (let at = parentOf(path); at !== ''; at = parentOf(at))
      if (this.#files.has(at) || this.#links.has(at) || this.#hardlinks.has(at)) return false;
    return true;
  }

  #isBelowFolder(path: BytePath): boolean {
    const parent = parentOf(path);
    return parent === '' || this.#folders.has(parent);
  }
}

function itemOf(
  path: BytePath,
  { member, hash, at, header }: VirtualFile,
  hardlink: BytePath | undefined,
): IndexEntry {
  const isMoved = member.path !== (hardlink ?? path);
  return {
    entry: { ...entryOf(path, 'file', header), size: member.size, hardlink },
    user: header.user,
    group: header.group,
    hash,
    at,
    changed: false,
    ...(isMoved ? { member: member.path as BytePath } : {}),
    ...(isSameHeader(header, member) ? {} : { stale: true }),
  };
}

function other(entry: Entry, { user, group }: Header): IndexEntry {
  return { entry, user, group, hash: undefined, at: undefined, changed: false };
}

function entryOf(
  path: BytePath,
  type: Entry['type'],
  { mode, uid, gid, mtimeNs, attributes }: Header,
): Entry {
  const unknown = { ctimeNs: 0n, inode: 0n, target: undefined, hardlink: undefined };
  return { path, type, size: 0, mode, uid, gid, mtimeNs, attributes, ...unknown };
}
