import { damaged, DamagedError } from '../../base/errors.ts';
import { type BytePath, comparePaths, display } from '../../tree/path.ts';
import { type IndexEntry, parseChange } from './index-line.ts';
import type { LineReader } from './lines.ts';

const START = '{"path":"';

/**
 * Goes through the lines of an index or of its changes, in path order, and reads no more of each than is asked for:
 * most lines are looked at for their path alone, or not even for that.
 *
 * What is wrong with the file is thrown as {@link SnapshotError} `E_DAMAGED` by the call that meets it.
 */
export class PathLines {
  readonly lines: LineReader;
  #path: BytePath | undefined;
  #parsed: IndexEntry | BytePath | undefined;
  /** That of the line before. */
  #last: BytePath | undefined;

  constructor(lines: LineReader) {
    this.lines = lines;
  }

  /** That of the line at work; undefined past the end. */
  get path(): BytePath | undefined {
    if (this.#path !== undefined || !this.lines.hasLine()) return this.#path;
    const path = this.#readPath();
    if (this.#last !== undefined && comparePaths(this.#last, path) >= 0) {
      throw damaged(this.lines.where, `\`${display(path)}\` is out of order`);
    }
    this.#path = path;
    return path;
  }

  /** The line at work as it stands, one character per byte. */
  text(): string {
    return this.lines.text.slice(this.lines.at, this.lines.end());
  }

  /** What the line at work says: an entry, or the path that has none. */
  parse(): IndexEntry | BytePath {
    return (this.#parsed ??= this.#parse());
  }

  /** Goes one further. */
  skip(): void {
    const { path } = this;
    if (path !== undefined) this.pass(path, this.lines.at);
  }

  /** Every path from the one at work on. */
  *paths(): Generator<BytePath> {
    for (; this.path !== undefined; this.skip()) yield this.path;
  }

  /** Where the line at work goes on after `beginning`, in the frame; undefined when it begins otherwise. */
  after(beginning: string): number | undefined {
    const { lines } = this;
    if (!lines.hasLine()) return undefined;
    const rest = lines.at + beginning.length;
    // Faster than startsWith(), which is not compiled into machine code.
    return lines.text.slice(lines.at, rest) === beginning ? rest : undefined;
  }

  /** Goes one further, without reading the line at work, which is that of `path`. @param rest - A place in it. */
  pass(path: BytePath, rest: number): void {
    this.#last = path;
    this.#path = undefined;
    this.#parsed = undefined;
    this.lines.at = this.lines.end(rest) + 1;
  }

  #readPath(): BytePath {
    const { text, at } = this.lines;
    const start = at + START.length;
    if (text.slice(at, start) === START) {
      const path = text.slice(start, text.indexOf('"', start));
      // Anything that JSON escapes is left to the parser. So is a name that would lead somewhere else.
      if (!/\\|(?:^|\/)\.{0,2}(?:\/|$)/.test(path)) return path as BytePath;
    }
    const parsed = this.parse();
    return typeof parsed === 'string' ? parsed : parsed.entry.path;
  }

  /** @throws E_DAMAGED that names its place. */
  #parse(): IndexEntry | BytePath {
    const { lines } = this;
    const line = lines.line();
    try {
      return parseChange(line, lines.where);
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
      throw damaged(error.where, `${error.what}, in the line at ${lines.place}`, error.cause);
    }
  }
}
