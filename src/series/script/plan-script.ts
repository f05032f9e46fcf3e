// Decides what has to be done, beside extracting archives one after the other, for the tree to be exact.
// Pure.
import { type BytePath, comparePaths, parentOf } from '../../tree/path.ts';

/** A file of the tree whose content lies in an archive. */
export interface StoredFile {
  readonly path: BytePath;
  /** What the member that holds its content is called. */
  readonly member: BytePath;
  /** Number of its archive. */
  readonly archive: number;
  /** Files with the same one share a member. */
  readonly slot: number;
}

/** The tree as it is to be. All of it is asked only about paths near to members that are in the way. */
export interface WantedTree {
  isFolder(path: BytePath): boolean;
  /** The file at `path` that has content of its own. */
  file(path: BytePath): StoredFile | undefined;
  /** All such files, and all folders, below a folder. */
  below(folder: BytePath): { readonly files: readonly StoredFile[]; readonly folders: readonly BytePath[] };
}

/** What to do. Paths are those of the tree. */
export type Step =
  /** Remove a file. */
  | { readonly do: 'drop'; readonly path: BytePath }
  /** Remove a folder, if nothing is in it. */
  | { readonly do: 'tidy'; readonly path: BytePath }
  /** Move a file out of the way, remembered as number `n`. */
  | { readonly do: 'aside'; readonly n: number; readonly path: BytePath }
  /** Move file number `n` to where it belongs. */
  | { readonly do: 'place'; readonly n: number; readonly path: BytePath }
  | { readonly do: 'copy'; readonly from: BytePath; readonly path: BytePath };

export interface RestorePlan {
  /** By number of the archive: what to do before it is extracted, and after. */
  readonly before: ReadonlyMap<number, readonly Step[]>;
  readonly after: ReadonlyMap<number, readonly Step[]>;
  /** What to do after all of them. */
  readonly last: readonly Step[];
}

/**
 * Plans how a tree comes about when archives are extracted in the order of their numbers.
 *
 * Members that no entry has are dropped after their archive. Files whose content lies in a member of another
 * name are put aside and brought to their place at the end. So is a file that a later archive would write over,
 * or whose folder would be a file for a while: a tree that went back to what it was before.
 *
 * @param moved - Files whose content lies in a member with another name.
 * @param dead - Members that no entry has.
 */
export function planRestore(
  moved: readonly StoredFile[],
  dead: readonly Pick<StoredFile, 'path' | 'archive'>[],
  tree: WantedTree,
): RestorePlan {
  return new Planner(moved, dead, tree).plan();
}

class Planner {
  readonly #moved: readonly StoredFile[];
  readonly #dead: readonly Pick<StoredFile, 'path' | 'archive'>[];
  readonly #tree: WantedTree;
  readonly #before = new Map<number, Step[]>();
  readonly #after = new Map<number, Step[]>();
  readonly #last: Step[] = [];
  /** Members put aside, by slot. */
  readonly #aside = new Map<number, number>();
  /** Where a later archive has a file, but one before that needs the place for something else. */
  readonly #contested = new Set<BytePath>();

  constructor(
    moved: readonly StoredFile[],
    dead: readonly Pick<StoredFile, 'path' | 'archive'>[],
    tree: WantedTree,
  ) {
    this.#moved = moved;
    this.#dead = dead;
    this.#tree = tree;
  }

  plan(): RestorePlan {
    const members = new Map(
      this.#moved.filter((file) => !this.#isInPlace(file)).map((file) => [file.slot, file]),
    );
    for (const { member, archive } of members.values()) this.#clearFor(member, archive);
    for (const { path, archive } of this.#dead) this.#clearFor(path, archive);
    for (const { slot, member, archive } of members.values()) this.#putAside(slot, member, archive);
    for (const { path, archive } of this.#dead) this.#drop(path, archive);
    this.#tidy(members.values());
    this.#place();
    return { before: this.#before, after: this.#after, last: this.#last };
  }

  /** Whether the member of a moved file is also that of the file with its name. */
  #isInPlace({ member, slot }: StoredFile): boolean {
    const file = this.#tree.file(member);
    return file !== undefined && file.slot === slot && file.member === member;
  }

  /** Puts aside what is in the way of `member` when `archive` is extracted, or would be overwritten. */
  #clearFor(member: BytePath, archive: number): void {
    this.#save(this.#tree.file(member), archive);
    for (let path = parentOf(member); path !== ''; path = parentOf(path)) this.#clear(path, archive);
    if (!this.#tree.isFolder(member)) return;
    const { files, folders } = this.#tree.below(member);
    for (const file of files) this.#clear(file.path, archive);
    // It may be there, and empty by then; unzip does not write over that either.
    const paths = [...folders, member].toSorted((a, b) => comparePaths(b, a));
    add(
      this.#before,
      archive,
      paths.map((path): Step => ({ do: 'tidy', path })),
    );
  }

  /** Sees to it that there is no file at `path` when `archive` is extracted. */
  #clear(path: BytePath, archive: number): void {
    this.#contested.add(path);
    this.#save(this.#tree.file(path), archive);
  }

  /** Puts `file` aside if it is there before `archive` is extracted. */
  #save(file: StoredFile | undefined, archive: number): void {
    if (file === undefined || file.member !== file.path || file.archive >= archive) return;
    if (this.#aside.has(file.slot)) return;
    const n = this.#putAside(file.slot, file.member, file.archive);
    this.#last.push({ do: 'place', n, path: file.path });
  }

  #putAside(slot: number, path: BytePath, archive: number): number {
    const known = this.#aside.get(slot);
    if (known !== undefined) return known;
    const n = this.#aside.size + 1;
    this.#aside.set(slot, n);
    add(this.#after, archive, [{ do: 'aside', n, path }]);
    return n;
  }

  #drop(path: BytePath, archive: number): void {
    const file = this.#tree.file(path);
    if (file !== undefined && file.member === path) {
      // It is the file itself, under two numbers; or a later archive writes over it.
      if (file.archive === archive) return;
      if (file.archive > archive && !this.#contested.has(path)) return;
    }
    add(this.#after, archive, [{ do: 'drop', path }]);
  }

  /** Removes the folders that were made only for what is not there any more. */
  #tidy(moved: Iterable<StoredFile>): void {
    const members = [...moved].map(({ member, archive }) => ({ path: member, archive }));
    const folders = new Map<number, Set<BytePath>>();
    for (const { path, archive } of [...members, ...this.#dead]) {
      const unwanted = folders.get(archive) ?? new Set();
      folders.set(archive, unwanted);
      for (let folder = parentOf(path); folder !== ''; folder = parentOf(folder)) {
        if (unwanted.has(folder) || this.#tree.isFolder(folder)) break;
        unwanted.add(folder);
      }
    }
    for (const [archive, unwanted] of folders) {
      const deepestFirst = [...unwanted].toSorted((a, b) => comparePaths(b, a));
      add(
        this.#after,
        archive,
        deepestFirst.map((path): Step => ({ do: 'tidy', path })),
      );
    }
  }

  /** Brings moved files to their places: the first by moving, further ones by copying. */
  #place(): void {
    const placed = new Map<number, BytePath>();
    const copies: Step[] = [];
    for (const file of this.#moved) {
      const n = this.#aside.get(file.slot);
      const from = placed.get(file.slot) ?? (this.#isInPlace(file) ? file.member : undefined);
      if (from !== undefined) copies.push({ do: 'copy', from, path: file.path });
      else if (n !== undefined) {
        this.#last.push({ do: 'place', n, path: file.path });
        placed.set(file.slot, file.path);
      }
    }
    for (const copy of copies) this.#last.push(copy);
  }
}

/** One by one: so many that they do not fit on the stack, as a call with all of them needs. */
function add(steps: Map<number, Step[]>, archive: number, more: readonly Step[]): void {
  const list = steps.get(archive) ?? [];
  steps.set(archive, list);
  for (const step of more) list.push(step);
}
