import { damaged } from '../../base/errors.ts';
import { type BytePath, comparePaths, display } from '../../tree/path.ts';
import { type IndexEntry, parseLine } from './index-line.ts';
import type { LineReader } from './lines.ts';
import { PathLines } from './path-lines.ts';

/**
 * Goes through the entries of a snapshot, in path order: those of its index, and in their place its changes.
 *
 * What is wrong with a file is thrown as {@link SnapshotError} `E_DAMAGED` by the call that meets it.
 */
export class EntryLines {
  readonly #index: PathLines;
  readonly #changes: PathLines | undefined;
  readonly #onGone: ((path: BytePath) => void) | undefined;
  /** The file that has the entry at work, once that was looked for. */
  #head: PathLines | undefined;

  /** @param onGone - Told each path that the index has and the changes take away, as it is come by. */
  constructor(index: LineReader, changes: LineReader | undefined, onGone?: (path: BytePath) => void) {
    this.#index = new PathLines(index);
    this.#changes = changes === undefined ? undefined : new PathLines(changes);
    this.#onGone = onGone;
  }

  /** That of the entry at work; undefined past the last one. */
  get path(): BytePath | undefined {
    return this.#find()?.path;
  }

  /** The line of the entry at work as it stands, one character per byte; of none past the last one. */
  text(): string {
    return this.#find()?.text() ?? '';
  }

  /** The entry at work. */
  parse(): IndexEntry {
    const head = this.#find();
    const parsed = head?.parse();
    if (parsed !== undefined && typeof parsed !== 'string') return parsed;
    throw damaged(head?.lines.where ?? 'the index', `\`${display(parsed ?? ('' as BytePath))}\` is no entry`);
  }

  /** As {@link parse}, for an entry that may still be wanted when others are at work. */
  later(): () => IndexEntry {
    const text = this.text();
    const where = this.#find()?.lines.where ?? 'the index';
    return () => parseLine(Buffer.from(text, 'latin1').toString('utf8'), where);
  }

  /** Goes one further. @returns Whether the index has a line of that path, whoever said what it is. */
  skip(): boolean {
    const head = this.#find();
    const path = head?.path;
    if (head === undefined || path === undefined) return false;
    head.skip();
    this.#head = undefined;
    return head === this.#index || this.#skipIndex(path);
  }

  /** Every entry from the one at work on. */
  *entries(): Generator<IndexEntry> {
    for (; this.path !== undefined; this.skip()) yield this.parse();
  }

  /** The file whose next line can be that of the entry of `path`: found without reading the line, where that is possible. */
  fileOf(path: BytePath): PathLines | undefined {
    const next = this.#changes?.path;
    if (next === undefined) return this.#index;
    const order = comparePaths(next, path);
    if (order > 0) return this.#index;
    if (order < 0) return undefined;
    const before = this.#index.path;
    return before === undefined || comparePaths(before, path) >= 0 ? this.#changes : undefined;
  }

  /**
   * Goes one further: the entry at work is that of `path`, by the next line of `file`, which {@link fileOf} found.
   *
   * @param rest - A place in the line.
   * @returns Whether the line is one of the index.
   */
  pass(file: PathLines, path: BytePath, rest: number): boolean {
    file.pass(path, rest);
    this.#head = undefined;
    if (file === this.#index) return true;
    this.#skipIndex(path);
    return false;
  }

  /** The file that has the next entry. Lines that another one replaces are left behind. */
  #find(): PathLines | undefined {
    while (this.#head === undefined) {
      const [change, line] = [this.#changes?.path, this.#index.path];
      if (change === undefined || (line !== undefined && comparePaths(change, line) > 0)) {
        if (line === undefined) return undefined;
        this.#head = this.#index;
      } else if (typeof this.#changes?.parse() === 'string') {
        this.#changes.skip();
        if (this.#skipIndex(change)) this.#onGone?.(change);
      } else this.#head = this.#changes;
    }
    return this.#head;
  }

  /** Leaves the line of `path` in the index behind, if there is one: the changes have another. */
  #skipIndex(path: BytePath): boolean {
    const isThere = this.#index.path === path;
    if (isThere) this.#index.skip();
    return isThere;
  }
}
