// Decides what a restore does to its target. Pure: what is there is told.
import type { EntryType } from '../../tree/entry.ts';
import { type BytePath, parentOf } from '../../tree/path.ts';
import { takenFor, whyUnsafe } from '../../target/contained.ts';
import type { Found } from '../../unpack/tasks.ts';

/** What may happen to what is in the target already. */
export type Overwrite = 'never' | 'if-changed' | 'always';

/**
 * - `make`: nothing is there. `same`: it is there already, and stays.
 * - `set`: a file has the content already, and gets mode, time and owner. `replace`: it makes way.
 * - `refuse`: it may not make way, so nothing is done at all. `delete`: the snapshot does not have it.
 * - `leave`: it cannot be restored here; the others can.
 */
export type Doing = 'make' | 'same' | 'set' | 'replace' | 'refuse' | 'delete' | 'leave';

export interface Step {
  readonly do: Doing;
  readonly path: BytePath;
  readonly type: EntryType;
  /** Number of the entry; undefined for what is deleted. */
  readonly i: number | undefined;
  readonly reason: string | undefined;
  /** A file of the same folder that some systems take for this one. */
  readonly twin?: BytePath | undefined;
  /** To be deleted before anything is made, as something else takes its place. */
  readonly isInTheWay?: boolean;
  /** Of a folder: it is there, and neither mode nor time of it is changed. */
  readonly isUntouched?: boolean;
}

/** Something in the target that the snapshot does not have. */
export interface Extra {
  readonly path: BytePath;
  readonly type: EntryType;
  /** Bytes. */
  readonly size: number;
  /** Whether it may be deleted at all: it was chosen, and the snapshot does know that it was not there. */
  readonly isChosen: boolean;
}

export interface PlannedTree {
  /** In path order. */
  readonly entries: { readonly length: number; path(i: number): BytePath; type(i: number): EntryType };
  readonly found: (i: number) => Found;
  /** The entry that `i` is a further name of, and whether it is that in the target too. */
  readonly name: (i: number) => { readonly first: number; readonly isSame: boolean } | undefined;
  /** By number: an earlier entry of the same folder whose name some systems take for its own. */
  readonly twins: ReadonlyMap<number, number>;
  /** Entries that the target does not have beside their twin but as it. */
  readonly aliases: ReadonlySet<number>;
  /** In path order; all there is below a folder is among them, or among the entries. Empty without `--delete`. */
  readonly extras: readonly Extra[];
}

/** The steps: those of entries in path order, then what is deleted, deepest first. */
export function planTarget(tree: PlannedTree, overwrite: Overwrite, deletes: boolean): readonly Step[] {
  return new TargetPlanner(tree, overwrite, deletes).plan();
}

const UNSEEN = 'what is there cannot be looked at';

const REASONS: Readonly<Record<Found, string>> = {
  unseen: UNSEEN,
  none: '',
  same: 'it is written again',
  content: 'a file with another mode or time is there',
  linked: 'a file with other names is there',
  file: 'another file is there',
  link: 'a link is there',
  special: 'something is there that is no file, folder or link',
  folder: 'a folder is there',
  empty: 'an empty folder is there',
};

/** What becomes of a folder, for what is below it. */
type FolderState = 'there' | 'new' | 'refused' | 'unsafe';

class TargetPlanner {
  readonly #tree: PlannedTree;
  readonly #overwrite: Overwrite;
  readonly #deletes: boolean;
  readonly #steps: Step[] = [];
  readonly #doing: Doing[] = [];
  /** Folders above the entry at work. */
  #above: { readonly path: BytePath; readonly state: FolderState }[];
  readonly #inTheWay = new Set<BytePath>();

  constructor(tree: PlannedTree, overwrite: Overwrite, deletes: boolean) {
    this.#tree = tree;
    this.#overwrite = overwrite;
    this.#deletes = deletes;
    this.#above = [{ path: '' as BytePath, state: 'there' }];
  }

  plan(): readonly Step[] {
    for (let i = 0; i < this.#tree.entries.length; i++) this.#entry(i);
    this.#extras();
    return this.#steps;
  }

  #entry(i: number): void {
    const path = this.#tree.entries.path(i);
    const type = this.#tree.entries.type(i);
    if (path === '') {
      this.#root(i, type);
      return;
    }
    const parent = parentOf(path);
    while (this.#above.length > 1 && !isBelow(parent, this.#above.at(-1)?.path)) this.#above.pop();
    const folder = this.#above.at(-1);
    const twin = this.#twin(i);
    const found = folder?.state === 'new' ? 'none' : this.#tree.found(i);
    const why =
      whyUnsafe(path) ??
      (this.#tree.aliases.has(i) ? takenFor(twin) : undefined) ??
      (folder?.path !== parent
        ? 'what the index has in place of its folder is none'
        : folder.state === 'unsafe'
          ? 'its folder cannot be restored'
          : found === 'unseen'
            ? UNSEEN
            : undefined);
    let state: FolderState = 'unsafe';
    if (why !== undefined) this.#add(i, 'leave', why);
    else if (folder?.state === 'refused') state = 'refused';
    else state = type === 'folder' ? this.#folder(i, found, twin) : this.#leaf(i, type, found, twin);
    if (type === 'folder') this.#above.push({ path, state });
  }

  #twin(i: number): BytePath | undefined {
    const twin = this.#tree.twins.get(i);
    return twin === undefined ? undefined : this.#tree.entries.path(twin);
  }

  #root(i: number, type: EntryType): void {
    const isThere = this.#tree.found(i) !== 'none';
    if (type === 'folder') this.#add(i, isThere ? 'same' : 'make');
    this.#above = [{ path: '' as BytePath, state: isThere ? 'there' : 'new' }];
  }

  #folder(i: number, found: Found, twin: BytePath | undefined): FolderState {
    if (found === 'folder' || found === 'empty') {
      this.#add(i, 'same', undefined, twin);
      return 'there';
    }
    return this.#make(i, found, twin);
  }

  #leaf(i: number, type: EntryType, found: Found, twin: BytePath | undefined): FolderState {
    const overwrite = this.#overwrite;
    const name = type === 'file' ? this.#tree.name(i) : undefined;
    if (found === 'same' || found === 'content' || found === 'linked') {
      const isKept =
        overwrite === 'never' || (overwrite === 'if-changed' && found === 'same' && this.#isName(name));
      const isSet = overwrite === 'if-changed' && found === 'content' && name === undefined;
      if (isKept || isSet) {
        this.#add(i, isKept ? 'same' : 'set', found === 'same' ? undefined : REASONS[found], twin);
        return 'there';
      }
    }
    return this.#make(i, found, twin);
  }

  /** Whether a file that is one of several names is so in the target, and stays so. */
  #isName(name: { readonly first: number; readonly isSame: boolean } | undefined): boolean {
    return name === undefined || (name.isSame && this.#doing[name.first] === 'same');
  }

  #make(i: number, found: Found, twin: BytePath | undefined): FolderState {
    if (found === 'none') this.#add(i, 'make', undefined, twin);
    else if (this.#overwrite === 'never') {
      this.#add(i, 'refuse', REASONS[found]);
      return 'refused';
    } else if (found === 'folder' && !this.#clear(this.#tree.entries.path(i))) {
      const hint = this.#deletes ? 'with something in it that is not to be deleted' : 'that is not empty';
      this.#add(i, 'refuse', `a folder is there ${hint}`);
      return 'refused';
    } else this.#add(i, 'replace', REASONS[found], twin);
    return 'new';
  }

  /** Whether all that is in the folder `path` may be deleted; then it will be. */
  #clear(path: BytePath): boolean {
    if (!this.#deletes) return false;
    const below = this.#tree.extras.filter((extra) => isBelow(extra.path, path) && extra.path !== path);
    if (below.length === 0 || below.some(({ isChosen }) => !isChosen)) return false;
    for (const extra of below) this.#inTheWay.add(extra.path);
    return true;
  }

  #extras(): void {
    if (!this.#deletes) return;
    /** Folders that have to stay, as something in them does. */
    const staying = new Set<BytePath>();
    for (const { path, type, isChosen } of this.#tree.extras.toReversed()) {
      const reason = 'the snapshot does not have it';
      if (isChosen && !staying.has(path)) {
        const isInTheWay = this.#inTheWay.has(path);
        this.#steps.push({ do: 'delete', path, type, i: undefined, reason, isInTheWay });
      } else staying.add(parentOf(path));
    }
  }

  #add(i: number, doing: Doing, reason?: string, twin?: BytePath): void {
    this.#doing[i] = doing;
    const { entries } = this.#tree;
    this.#steps.push({ do: doing, path: entries.path(i), type: entries.type(i), i, reason, twin });
  }
}

function isBelow(path: BytePath, folder: BytePath | undefined): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}
