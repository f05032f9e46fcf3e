import { BARE, sameAttributes } from '../../base/attributes.ts';
import type { Contents, SharedHashes } from '../../format/contents.ts';
import { type Header, type Holdings, isSameHeader } from '../../series/holdings.ts';
import type { At, IndexEntry } from '../../series/index/index-line.ts';
import type { EntryTable } from '../../tree/entry-table.ts';
import { type BytePath, comparePaths } from '../../tree/path.ts';

const NONE = -1;

/** What may be done with archives, by number. */
export interface Archives {
  /** Whether content can be had from the archive. */
  isThere(archive: number, hash: Uint8Array): boolean;
  /** Whether new content may be left out because the archive has it. */
  isShared(archive: number): boolean;
}

/**
 * Where the content of a tree's files lies: in archives of older snapshots, or in those written now.
 *
 * A file's own place counts as long as nothing about the file changed; else its content is found by its hash,
 * so that what was moved, copied or brought back is not written again.
 */
export class Stored {
  readonly contents: Contents;
  /** For workers: hashes of content that need not be written. */
  readonly known: SharedHashes;
  readonly #entries: EntryTable;
  readonly #holdings: Holdings;
  readonly #isZip: boolean;
  readonly #archives: Archives;
  /** Slots that share their place with an earlier one. */
  readonly #same: ReadonlyMap<number, number>;
  readonly #sealed: number;
  readonly #slots: Int32Array;
  /** Entries whose content was found by its hash, and whether the member says another mode, time or owner. */
  readonly #found = new Map<number, boolean>();
  readonly #kept = new Map<number, string>();
  readonly #changed = new Set<number>();
  #before: Int32Array | undefined;

  constructor(entries: EntryTable, holdings: Holdings, isZip: boolean, archives: Archives) {
    this.#entries = entries;
    this.#holdings = holdings;
    this.#isZip = isZip;
    this.#archives = archives;
    this.contents = holdings.contents;
    const { shared, same } = this.contents.seal((slot) => archives.isShared(this.contents.archive(slot)));
    this.known = shared;
    this.#same = same;
    this.#sealed = this.contents.length;
    for (const [i, attributes] of holdings.attributes) {
      if (entries.attributes(i) === undefined) entries.setAttributes(i, attributes);
    }
    this.#slots = new Int32Array(entries.length).fill(NONE);
    for (let i = 0; i < entries.length; i++) {
      const slot = holdings.slot(i);
      if (slot === undefined) continue;
      entries.setHash(i, this.contents.hash(slot));
      const isKept = holdings.marks.get(i)?.kept !== undefined;
      const archive = this.contents.archive(slot);
      const isUsable = isKept
        ? archives.isThere(archive, this.contents.hash(slot))
        : archives.isShared(archive);
      if (this.hasOwn(i) && isUsable) this.#slots[i] = this.#canonical(slot);
    }
  }

  /** Whether entry `i` is a file whose content has a place of its own. A zip has no further names. */
  hasOwn(i: number): boolean {
    return this.#isZip ? this.#entries.type(i) === 'file' : this.#entries.hasContent(i);
  }

  /** Sizes of the content that is stored already. */
  sizes(): ReadonlySet<number> {
    const sizes = new Set<number>();
    for (let slot = 0; slot < this.#sealed; slot++) {
      if (this.#archives.isShared(this.contents.archive(slot))) sizes.add(this.contents.size(slot));
    }
    return sizes;
  }

  /** Files whose content is not known to be stored. */
  wanted(): number[] {
    const numbers: number[] = [];
    for (let i = 0; i < this.#entries.length; i++)
      if (this.hasOwn(i) && this.#slots[i] === NONE) numbers.push(i);
    return numbers;
  }

  /** Looks up the content of entry `i`, whose hash is known. @returns Whether it is stored. */
  find(i: number): boolean {
    const hash = this.#entries.hash(i);
    if (hash === undefined || this.#entries.size(i) === 0) return false;
    const path = this.#entries.path(i);
    let found = NONE;
    for (const slot of this.contents.find(hash)) {
      if (found === NONE || this.#holdings.names.get(slot) === path) found = slot;
    }
    if (found === NONE) return false;
    this.#slots[i] = found;
    const entry = this.#entries.at(i);
    const header = this.#headerOf(found);
    this.#found.set(i, header === undefined || !isSameHeader(header, entry));
    // RESTORE.txt takes away what the member has.
    const isLabelled = this.#holdings.labelled.has(found) || !sameAttributes('', header?.attributes);
    if (entry.attributes === '' && isLabelled) this.#entries.setAttributes(i, BARE);
    return true;
  }

  /** The content of entry `i` was written now. */
  written(i: number, slot: number, changed: boolean): void {
    this.#slots[i] = slot;
    this.#found.delete(i);
    if (changed) this.#changed.add(i);
  }

  /** Entry `i` stays as `snapshot` has it. @returns False when its content is in no archive there is. */
  keep(i: number, { hash, at, kept }: IndexEntry, snapshot: string): boolean {
    if (hash === undefined || at === undefined) return false;
    if (!this.#archives.isThere(at[0], hash)) return false;
    const slot = this.#slotAt(hash, at);
    if (slot === undefined) return false;
    this.#entries.setHash(i, hash);
    if (this.hasOwn(i)) this.#slots[i] = slot;
    this.#kept.set(i, kept ?? snapshot);
    return true;
  }

  /** The slot of the content that lies at `at`. */
  #slotAt(hash: Uint8Array, [archive, offset, , skip]: At): number | undefined {
    const isAt = (slot: number): boolean => {
      const place = this.contents.place(slot);
      return place.archive === archive && place.offset === offset && place.skip === skip;
    };
    for (const slot of this.contents.find(hash)) if (isAt(slot)) return slot;
    // What is not shared cannot be found by its hash.
    if (this.#archives.isShared(archive)) return undefined;
    for (let slot = 0; slot < this.#sealed; slot++) {
      if (isAt(slot) && Buffer.compare(this.contents.hash(slot), hash) === 0) return this.#canonical(slot);
    }
    return undefined;
  }

  /** Whether entry `i` is not as the source has it: it cannot be read from there. */
  isKept(i: number): boolean {
    return this.#kept.has(i) || this.marks(i).kept !== undefined;
  }

  /** The slot of entry `i`'s own content. */
  slot(i: number): number | undefined {
    const slot = this.#slots[i] ?? NONE;
    return slot === NONE ? undefined : slot;
  }

  /** For each slot, the entry whose content it is, or one of them; the others are -1. */
  owners(): Int32Array {
    const owners = new Int32Array(this.contents.length).fill(NONE);
    for (let i = this.#entries.length - 1; i >= 0; i--) {
      const slot = this.#slots[i] ?? NONE;
      if (slot !== NONE) owners[slot] = i;
    }
    return owners;
  }

  /** Whether `slot` has the place of an earlier one, which is taken instead of it. */
  isTwin(slot: number): boolean {
    return this.#same.has(slot);
  }

  /** Slots in one of `archives` that no entry has, by name. */
  dead(archives: ReadonlySet<number>, owners: Int32Array): number[] {
    const slots: number[] = [];
    for (let slot = 0; slot < this.#sealed; slot++) {
      const isDead = owners[slot] === NONE && !this.#same.has(slot);
      if (isDead && archives.has(this.contents.archive(slot))) slots.push(slot);
    }
    return slots.toSorted((a, b) => comparePaths(this.name(a), this.name(b)) || a - b);
  }

  /** What the member is called that holds the content in `slot`. */
  name(slot: number): BytePath {
    // It is noted of all but those whose line stood as it was.
    return this.#holdings.names.get(slot) ?? this.#entries.path(this.#ownersBefore()[slot] ?? NONE);
  }

  /** What the index says of entry `i`'s content beside its place. */
  marks(i: number): Pick<IndexEntry, 'member' | 'stale' | 'kept' | 'changed'> {
    const slot = this.slot(i);
    if (slot === undefined || slot >= this.#sealed) return { changed: this.#changed.has(i) };
    const { stale, kept, changed } = this.#holdings.marks.get(i) ?? {};
    const path = this.#entries.path(i);
    // An unchanged file may share its member with another one that comes earlier.
    const isOwn = this.#holdings.slot(i) === slot;
    const name = isOwn ? (this.#holdings.names.get(slot) ?? path) : this.name(slot);
    const isMoved = name !== path;
    return {
      changed: changed === true,
      ...(isMoved ? { member: name } : {}),
      ...((this.#found.get(i) ?? (stale === true || this.#isRelabelled(i))) ? { stale: true } : {}),
      ...(this.#kept.has(i) || kept !== undefined ? { kept: this.#kept.get(i) ?? kept } : {}),
    };
  }

  /** Whether the line of entry `i` in the index file stands as it is. */
  stands(i: number): boolean {
    if (!this.#holdings.isStanding(i) || this.#kept.has(i) || this.#isRelabelled(i)) return false;
    const slot = this.slot(i);
    const before = this.#holdings.slot(i);
    return slot === undefined || (before !== undefined && this.#canonical(before) === slot);
  }

  /** Whether entry `i` is as it was, but for extended attributes that nobody had looked for. */
  #isRelabelled(i: number): boolean {
    return !sameAttributes(this.#entries.attributes(i), this.#holdings.attributes.get(i));
  }

  /** What the member that holds `slot` says, as far as that is known. */
  #headerOf(slot: number): Header | undefined {
    const before = this.#ownersBefore()[slot] ?? NONE;
    const isStale = this.#holdings.marks.get(before)?.stale === true;
    const known = before === NONE || isStale ? undefined : this.#entries.at(before);
    return this.#holdings.headers.get(slot) ?? known;
  }

  #canonical(slot: number): number {
    return this.#same.get(slot) ?? slot;
  }

  /** The entry that had each slot in the last snapshot. */
  #ownersBefore(): Int32Array {
    if (this.#before !== undefined) return this.#before;
    const before = new Int32Array(this.#sealed).fill(NONE);
    for (let i = this.#entries.length - 1; i >= 0; i--) {
      const slot = this.#holdings.slot(i);
      if (slot !== undefined) before[slot] = i;
    }
    this.#before = before;
    return before;
  }
}
