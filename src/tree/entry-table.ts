import { AttributeSets } from './attribute-sets.ts';
import { allocate, type Columns, copyColumns, grown, trimmed } from './columns.ts';
import type { Entry, EntryType } from './entry.ts';
import { type BytePath, comparePaths } from './path.ts';

const TYPES: readonly EntryType[] = ['file', 'folder', 'link'];
const HASH_BYTES = 32;

/** In place of a block's number: the path is among the loose ones. */
const LOOSE = 0xffffffff;

/** Times that fit into a column, from 1677 to 2262; file systems have others. */
const LAST_NS = 2n ** 63n - 1n;

/** A run of entries on its way between threads; its arrays are transferred, not copied. */
export interface EntryChunk {
  readonly length: number;
  /** All paths, one after the other; where each one ends is in the columns. */
  readonly paths: string;
  readonly columns: Columns;
  readonly targets: ReadonlyMap<number, BytePath>;
  /** Files that may have other names: device and inode, by number. */
  readonly shared: ReadonlyMap<number, string>;
  /** Times of modification that fit into no column, by number. */
  readonly farTimes: ReadonlyMap<number, bigint>;
  /** Bytes that files take which may have holes, by number. */
  readonly allocated: ReadonlyMap<number, number>;
}

/**
 * The entries of one tree, in path order, each with the hash of its content once that is known.
 *
 * Held in columns rather than objects: it is the only structure that grows with the tree, and the promise
 * is less than 400 bytes per entry.
 */
export class EntryTable {
  #capacity: number;
  #columns: Columns;
  /** The paths of entries that came together, in one string: a million strings would keep a heap busy. */
  readonly #blocks: string[] = [];
  /** Paths that were pushed one by one, and are not in a block yet. */
  readonly #loose: BytePath[] = [];
  #length = 0;
  readonly #targets = new Map<number, BytePath>();
  readonly #hardlinks = new Map<number, BytePath>();
  readonly #shared = new Map<number, string>();
  readonly #farTimes = new Map<number, bigint>();
  readonly #allocated = new Map<number, number>();
  readonly #attributes = new AttributeSets();
  /** First path of each file with several names, by device and inode. */
  readonly #firstNames = new Map<string, BytePath>();
  #hashes = new Uint8Array(0);
  #hashed = new Uint8Array(0);

  constructor(capacity = 1024) {
    this.#capacity = capacity;
    this.#columns = allocate(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** @param shared - Device and inode of a file that may have other names. */
  push(entry: Entry, shared?: string): void {
    const i = this.length;
    this.#reserve(i + 1);
    const columns = this.#columns;
    this.#loose.push(entry.path);
    columns.block[i] = LOOSE;
    columns.end[i] = this.#loose.length;
    this.#length++;
    columns.type[i] = TYPES.indexOf(entry.type);
    columns.mode[i] = entry.mode;
    columns.size[i] = entry.size;
    columns.uid[i] = entry.uid;
    columns.gid[i] = entry.gid;
    this.#setTime(i, entry.mtimeNs);
    columns.ctimeNs[i] = entry.ctimeNs;
    columns.inode[i] = entry.inode;
    columns.attributes[i] = this.#attributes.add(entry.attributes);
    if (entry.target !== undefined) this.#targets.set(i, entry.target);
    if (entry.hardlink !== undefined) this.#hardlinks.set(i, entry.hardlink);
    if (shared !== undefined) this.#shared.set(i, shared);
    if (entry.allocated !== undefined) this.#allocated.set(i, entry.allocated);
  }

  /** Entry number `i`. @throws RangeError when there is none. */
  at(i: number): Entry {
    const columns = this.#columns;
    return {
      path: this.path(i),
      type: this.type(i),
      size: this.size(i),
      mode: columns.mode[i] ?? 0,
      uid: columns.uid[i] ?? 0,
      gid: columns.gid[i] ?? 0,
      mtimeNs: this.#farTimes.get(i) ?? columns.mtimeNs[i] ?? 0n,
      ctimeNs: columns.ctimeNs[i] ?? 0n,
      inode: columns.inode[i] ?? 0n,
      target: this.#targets.get(i),
      hardlink: this.#hardlinks.get(i),
      attributes: this.attributes(i),
      allocated: this.allocated(i),
    };
  }

  path(i: number): BytePath {
    if (i < 0 || i >= this.#length) throw new RangeError(`no entry ${i} of ${this.#length}`);
    const { block, end } = this.#columns;
    const number = block[i] ?? LOOSE;
    const last = end[i] ?? 0;
    if (number === LOOSE) return this.#loose[last - 1] ?? ('' as BytePath);
    // The first of a block begins at 0; block numbers of loose ones are no block's.
    const first = i > 0 && block[i - 1] === number ? (end[i - 1] ?? 0) : 0;
    return (this.#blocks[number] ?? '').slice(first, last) as BytePath;
  }

  type(i: number): EntryType {
    return TYPES[this.#columns.type[i] ?? 0] ?? 'file';
  }

  size(i: number): number {
    return this.#columns.size[i] ?? 0;
  }

  /** What a file takes on the disk, where that is clearly less than its size. */
  allocated(i: number): number | undefined {
    return this.#allocated.get(i);
  }

  /** A file with content of its own: not a further name of a file that comes earlier. */
  hasContent(i: number): boolean {
    return this.type(i) === 'file' && !this.#hardlinks.has(i);
  }

  /** The first path of the file that entry `i` is a further name of; undefined for any other. */
  hardlink(i: number): BytePath | undefined {
    return this.#hardlinks.get(i);
  }

  /** The extended attributes of entry `i`; undefined as long as nobody has looked for them. */
  attributes(i: number): string | undefined {
    return this.#attributes.get(this.#columns.attributes[i] ?? 0);
  }

  setAttributes(i: number, attributes: string | undefined): void {
    this.#columns.attributes[i] = this.#attributes.add(attributes);
  }

  /** What a read found in place of what the scan had seen. */
  update(i: number, seen: Pick<Entry, 'size' | 'mtimeNs' | 'ctimeNs' | 'inode' | 'attributes'>): void {
    if (seen.attributes !== undefined) this.setAttributes(i, seen.attributes);
    this.#columns.size[i] = seen.size;
    this.#setTime(i, seen.mtimeNs);
    this.#columns.ctimeNs[i] = seen.ctimeNs;
    this.#columns.inode[i] = seen.inode;
  }

  #setTime(i: number, ns: bigint): void {
    this.#columns.mtimeNs[i] = ns;
    if (ns > LAST_NS || ns < -LAST_NS) this.#farTimes.set(i, ns);
    else if (this.#farTimes.size > 0) this.#farTimes.delete(i);
  }

  /** Puts `entry` in the place of entry `i`, which is of the same type and has the same path. */
  replace(i: number, entry: Entry): void {
    this.update(i, entry);
    this.#columns.mode[i] = entry.mode;
    this.#columns.uid[i] = entry.uid;
    this.#columns.gid[i] = entry.gid;
    this.setAttributes(i, entry.attributes);
    if (entry.hardlink === undefined) this.#hardlinks.delete(i);
    else this.#hardlinks.set(i, entry.hardlink);
  }

  /** The number of the entry with this path; undefined when there is none. */
  find(path: BytePath): number | undefined {
    const i = this.#lowerBound(path);
    return i < this.#length && this.path(i) === path ? i : undefined;
  }

  /** Where in path order `path` is, or would be. */
  #lowerBound(path: BytePath): number {
    let [low, high] = [0, this.#length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (comparePaths(this.path(middle), path) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Keeps the 32 bytes of the hash of entry `i`'s content. */
  setHash(i: number, hash: Uint8Array): void {
    if (this.#hashed.length < this.#capacity) {
      this.#hashes = grown(this.#hashes, new Uint8Array(this.#capacity * HASH_BYTES));
      this.#hashed = grown(this.#hashed, new Uint8Array(this.#capacity));
    }
    this.#hashes.set(hash, i * HASH_BYTES);
    this.#hashed[i] = 1;
  }

  /** The hash of entry `i`'s content, 32 bytes; undefined as long as it is not known. */
  hash(i: number): Uint8Array | undefined {
    return this.#hashed[i] === 1 ? this.#hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES) : undefined;
  }

  /** Takes over the entries of `chunk`, which follow those here in path order. */
  append(chunk: EntryChunk): void {
    const start = this.length;
    this.#reserve(start + chunk.length);
    copyColumns(chunk.columns, this.#columns, start);
    this.#columns.block.fill(this.#blocks.length, start, start + chunk.length);
    this.#blocks.push(chunk.paths);
    this.#length += chunk.length;
    for (const [i, target] of chunk.targets) this.#targets.set(start + i, target);
    for (const [i, bytes] of chunk.allocated) this.#allocated.set(start + i, bytes);
    for (const [i, ns] of chunk.farTimes) this.#farTimes.set(start + i, ns);
    for (const [i, key] of chunk.shared) {
      const first = this.#firstNames.get(key);
      if (first === undefined) this.#firstNames.set(key, this.path(start + i));
      else this.#hardlinks.set(start + i, first);
    }
  }

  /** All entries, ready to be posted; `transfer` lists the buffers to hand over. The table is spent. */
  toChunk(): { chunk: EntryChunk; transfer: ArrayBuffer[] } {
    const { length } = this;
    const columns = allocate(length);
    copyColumns(trimmed(this.#columns, length), columns, 0);
    const paths = Array.from({ length }, (_, i) => this.path(i));
    let end = 0;
    for (const [i, path] of paths.entries()) {
      end += path.length;
      columns.end[i] = end;
    }
    const chunk = {
      length,
      paths: paths.join(''),
      columns,
      targets: this.#targets,
      shared: this.#shared,
      farTimes: this.#farTimes,
      allocated: this.#allocated,
    };
    return {
      chunk,
      transfer: Object.values(columns).map((column: Uint8Array<ArrayBuffer>) => column.buffer),
    };
  }

  #reserve(length: number): void {
    if (length <= this.#capacity) return;
    this.#capacity = Math.max(length, Math.ceil(this.#capacity * 1.5));
    const columns = allocate(this.#capacity);
    copyColumns(this.#columns, columns, 0);
    this.#columns = columns;
    if (this.#hashed.length > 0) {
      this.#hashes = grown(this.#hashes, new Uint8Array(this.#capacity * HASH_BYTES));
      this.#hashed = grown(this.#hashed, new Uint8Array(this.#capacity));
    }
  }
}
