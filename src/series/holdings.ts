import { sameAttributes } from '../base/attributes.ts';
import { Contents } from '../format/contents.ts';
import type { Entry } from '../tree/entry.ts';
import type { BytePath } from '../tree/path.ts';
import type { At, DeadMember, IndexEntry } from './index/index-line.ts';

/** What an index line says of few files only. */
export type Marks = Pick<IndexEntry, 'member' | 'stale' | 'kept'> & {
  readonly changed?: boolean | undefined;
};

/** What a member says beside its content, as far as RESTORE.txt could have to set it right. */
export type Header = Pick<Entry, 'mode' | 'mtimeNs' | 'uid' | 'gid' | 'attributes'>;

export function isSameHeader(a: Header, b: Header): boolean {
  const isSame = a.mode === b.mode && a.mtimeNs === b.mtimeNs && a.uid === b.uid && a.gid === b.gid;
  return isSame && sameAttributes(a.attributes, b.attributes);
}

const NONE = -1;

/**
 * What the last snapshot holds, as far as the next one needs it: all content in its archives, which of it the
 * entries of the tree still have, and which lines of its index stand as they are. Filled while the index is
 * compared with the tree, so that the index is read once.
 */
export class Holdings {
  readonly contents: Contents = new Contents();
  /** Members' names, for every slot whose content is not simply that of the entry with this path. */
  readonly names: Map<number, BytePath> = new Map();
  /** What members say, for those of {@link names} of which it is known. */
  readonly headers: Map<number, Header> = new Map();
  /** Members of which nothing is known, but that they may have extended attributes. */
  readonly labelled: Set<number> = new Set();
  /** By number of the entry. */
  readonly marks: Map<number, Marks> = new Map();
  /** Extended attributes, by number of the entry, of those that have some and are as they were. */
  readonly attributes: Map<number, string> = new Map();
  /** Paths, in path order, that the index file has and the tree has not, or had not in the last snapshot. */
  readonly gone: BytePath[] = [];
  #slots = new Int32Array(0);
  /** 1: the line in the index file is the entry's. */
  #stands = new Uint8Array(0);

  /** @param files - How many there will be about. */
  constructor(files = 0) {
    // A little more, as trees grow.
    // Stryker disable next-line all: only how fast it is
    if (files > 0) this.contents.reserve(Math.ceil(files * 1.05) + 1024);
  }

  /** Entry `i` has the content in `slot`. */
  has(i: number, slot: number): void {
    this.#reserve(i);
    this.#slots[i] = slot;
  }

  /** The line of entry `i` in the index file stands as it is. */
  stands(i: number): void {
    this.#reserve(i);
    this.#stands[i] = 1;
  }

  isStanding(i: number): boolean {
    return this.#stands[i] === 1;
  }

  /** The slot of entry `i`'s content; undefined when nothing is known of it. */
  slot(i: number): number | undefined {
    const slot = this.#slots[i] ?? NONE;
    return slot === NONE ? undefined : slot;
  }

  /** Entry `i` is not as the source has it now, but as `snapshot` has it. */
  keepAs(i: number, snapshot: string): void {
    const marks = this.marks.get(i);
    if (marks?.kept === snapshot) return;
    this.marks.set(i, { ...marks, kept: snapshot });
    this.#stands[i] = 0;
  }

  /** Takes the content of a line that is no entry of the tree, or not as it was. @returns Its slot. */
  addLine({ entry, hash, at, member, stale }: IndexEntry): number | undefined {
    if (hash === undefined || at === undefined) return undefined;
    const slot = this.#add(member ?? entry.path, hash, entry.size, at);
    const { mode, mtimeNs, uid, gid, attributes } = entry;
    if (stale === true && attributes !== undefined) this.labelled.add(slot);
    if (stale !== true) this.headers.set(slot, { mode, mtimeNs, uid, gid, attributes });
    return slot;
  }

  addDead({ path, size, hash, at }: DeadMember): void {
    this.#add(path, hash, size, at);
  }

  /** Takes a line whose content entry `i` still has. */
  keep(i: number, now: Entry, item: IndexEntry): void {
    const slot = this.addLine(item);
    if (slot !== undefined) this.has(i, slot);
    const { entry, stale, kept, changed } = item;
    if (entry.attributes !== undefined) this.attributes.set(i, entry.attributes);
    // What is kept has the attributes that it had.
    const isStale = !isSameHeader({ ...now, attributes: entry.attributes }, entry);
    if (entry.type !== 'file') return;
    if (isStale || stale === true || kept !== undefined || changed) {
      this.marks.set(i, { stale: isStale || stale === true, kept, changed });
    }
  }

  #add(name: BytePath, hash: Uint8Array, sizeBytes: number, [archive, offset, length, skip]: At): number {
    const slot = this.contents.add(hash, sizeBytes, { archive, offset, length, skip });
    this.names.set(slot, name);
    return slot;
  }

  #reserve(i: number): void {
    if (i < this.#slots.length) return;
    const capacity = Math.max(1024, Math.ceil((i + 1) * 1.5));
    const slots = new Int32Array(capacity).fill(NONE);
    slots.set(this.#slots);
    this.#slots = slots;
    const stands = new Uint8Array(capacity);
    stands.set(this.#stands);
    this.#stands = stands;
  }
}
