import { damaged, DamagedError } from '../../base/errors.ts';
import { type BytePath, comparePaths, display } from '../../tree/path.ts';
import { type IndexEntry, parseChange, parseLine } from './index-line.ts';
import type { LineReader } from './lines.ts';

const START = '{"path":"';

/**
 * Goes through the lines of an index or of its changes, in path order, and reads no more of each than its path:
 * most lines are looked at for that alone.
 *
 * What is wrong with the file is thrown as {@link SnapshotError} `E_DAMAGED` by the call that meets it.
 */
export class PathLines {
  /** That of the line at work. */
  path: BytePath = '' as BytePath;
  readonly #lines: LineReader;
  #isBegun = false;

  constructor(lines: LineReader) {
    this.#lines = lines;
  }

  /** The file, for messages. */
  get where(): string {
    return this.#lines.where;
  }

  /** Goes to the next line; false when there is none. */
  next(): boolean {
    const lines = this.#lines;
    if (this.#isBegun && lines.hasLine()) lines.at = lines.end() + 1;
    if (!lines.hasLine()) return false;
    const path = this.#readPath();
    if (this.#isBegun && comparePaths(this.path, path) >= 0) {
      throw damaged(lines.where, `\`${display(path)}\` is out of order`);
    }
    this.#isBegun = true;
    this.path = path;
    return true;
  }

  /** The line at work as it stands, one character per byte. */
  text(): string {
    return this.#lines.text.slice(this.#lines.at, this.#lines.end());
  }

  /** What the line says: an entry, or the path that has none. */
  parse(): IndexEntry | BytePath {
    return parseHere(this.#lines);
  }

  #readPath(): BytePath {
    const { text, at } = this.#lines;
    const start = at + START.length;
    if (text.slice(at, start) === START) {
      const path = text.slice(start, text.indexOf('"', start));
      // Anything that JSON escapes is left to the parser. So is a name that would lead somewhere else.
      if (!/\\|(?:^|\/)\.{0,2}(?:\/|$)/.test(path)) return path as BytePath;
    }
    const parsed = this.parse();
    return typeof parsed === 'string' ? parsed : parsed.entry.path;
  }
}

/** What the line at work says. @throws E_DAMAGED that names its place. */
export function parseHere(lines: LineReader): IndexEntry | BytePath {
  const line = lines.line();
  try {
    return parseChange(line, lines.where);
  } catch (error) {
    if (!(error instanceof DamagedError)) throw error;
    throw damaged(error.where, `${error.what}, in the line at ${lines.place}`, error.cause);
  }
}

/** Goes through the entries of a snapshot, in path order: those of its index, and in their place its changes. */
export class EntryLines {
  readonly #index: PathLines;
  readonly #changes: PathLines | undefined;
  #hasIndex: boolean;
  #hasChange: boolean;
  #current: PathLines | undefined;

  constructor(index: LineReader, changes: LineReader | undefined) {
    this.#index = new PathLines(index);
    this.#changes = changes === undefined ? undefined : new PathLines(changes);
    this.#hasIndex = this.#index.next();
    this.#hasChange = this.#changes?.next() ?? false;
  }

  /** That of the entry at work. */
  get path(): BytePath {
    return this.#current?.path ?? ('' as BytePath);
  }

  /** Goes to the next entry; false when there is none. */
  next(): boolean {
    for (;;) {
      if (this.#current === this.#index) this.#hasIndex = this.#index.next();
      else if (this.#current !== undefined) this.#hasChange = this.#current.next();
      this.#current = this.#next();
      if (this.#current === undefined || typeof this.#peek() !== 'string') return this.#current !== undefined;
    }
  }

  text(): string {
    return this.#current?.text() ?? '';
  }

  parse(): IndexEntry {
    const parsed = this.#current?.parse();
    if (parsed !== undefined && typeof parsed !== 'string') return parsed;
    throw damaged(this.#where, `\`${display(this.path)}\` is no entry`);
  }

  /** As {@link parse}, for an entry that may still be wanted when others are at work. */
  later(): () => IndexEntry {
    const [text, where] = [this.text(), this.#where];
    return () => parseLine(Buffer.from(text, 'latin1').toString('utf8'), where);
  }

  get #where(): string {
    return this.#current?.where ?? 'the index';
  }

  /** The file that has the next path; a line of the index that a change replaces is left behind. */
  #next(): PathLines | undefined {
    const changes = this.#changes;
    if (changes === undefined || !this.#hasChange) return this.#hasIndex ? this.#index : undefined;
    if (!this.#hasIndex) return changes;
    const order = comparePaths(changes.path, this.#index.path);
    if (order === 0) this.#hasIndex = this.#index.next();
    return order <= 0 ? changes : this.#index;
  }

  /** What a change says; lines of the index are entries always. */
  #peek(): IndexEntry | BytePath | undefined {
    return this.#current === this.#index ? undefined : this.#current?.parse();
  }
}
