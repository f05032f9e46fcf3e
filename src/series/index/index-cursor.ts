import { damaged, type SnapshotError } from '../../base/errors.ts';
import { groupName, userName } from '../../host/users.ts';
import type { PreviousCursor } from '../../tree/previous-cursor.ts';
import type { Entry } from '../../tree/entry.ts';
import { type BytePath, comparePaths, display } from '../../tree/path.ts';
import { parseHere } from './entry-lines.ts';
import { Holdings } from '../holdings.ts';
import { formatHardlink, formatPath, formatScanned, type IndexEntry } from './index-line.ts';
import type { LineReader } from './lines.ts';

const HASH_DIGITS = 64;
const HASH_KEY = Buffer.from(',"hash":"');
const AT_KEY = Buffer.from('","at":[');
const MEMBER_KEY = Buffer.from(',"member":"');
const STALE_KEY = Buffer.from(',"stale":true');
const XATTRS_KEY = Buffer.from(',"xattrs":{');
/** The form of attributes whose names hold nothing that JSON has to escape. */
const XATTRS = /^\{"[^"\\\0]+":"[A-Za-z0-9+/]*={0,2}"(?:,"[^"\\\0]+":"[A-Za-z0-9+/]*={0,2}")*\}$/;
const COMMA = 0x2c;
const CLOSING = 0x7d;
const LINE_END = 0x0a;

/** One file of lines in path order: the index, or what differs from it. */
class Layer {
  readonly lines: LineReader;
  #parsed: IndexEntry | BytePath | undefined;
  #last: BytePath | undefined;

  constructor(lines: LineReader) {
    this.lines = lines;
  }

  /** The line at work: an entry, or a path that has none; undefined past the end. */
  peek(): IndexEntry | BytePath | undefined {
    if (this.#parsed !== undefined || !this.lines.hasLine()) return this.#parsed;
    const parsed = parseHere(this.lines);
    const path = pathOf(parsed);
    if (this.#last !== undefined && comparePaths(this.#last, path) >= 0) {
      throw damaged(this.lines.where, `\`${display(path)}\` is out of order`);
    }
    this.#last = path;
    this.#parsed = parsed;
    return parsed;
  }

  skip(): void {
    this.#parsed = undefined;
    if (this.lines.hasLine()) this.lines.at = this.lines.end() + 1;
  }

  /** Where the line at work goes on after `beginning`, in the frame; undefined when it begins otherwise. */
  after(beginning: string): number | undefined {
    const { lines } = this;
    if (!lines.hasLine()) return undefined;
    const rest = lines.at + beginning.length;
    // Faster than startsWith(), which is not compiled into machine code.
    return lines.text.slice(lines.at, rest) === beginning ? rest : undefined;
  }

  /** Goes one further, without parsing the line of `path`. @param rest - A place in the line. */
  pass(path: BytePath, rest: number): void {
    this.#parsed = undefined;
    this.#last = path;
    this.lines.at = this.lines.end(rest) + 1;
  }
}

/**
 * Goes through the entries of a snapshot, in path order: those of its index, and in their place what its
 * changes say. What the next snapshot needs to know of them ends up in {@link Holdings}.
 *
 * What is wrong with a file is thrown as {@link SnapshotError} `E_DAMAGED` by the call that meets it.
 */
export class IndexCursor implements PreviousCursor {
  readonly holdings: Holdings;
  readonly #index: Layer;
  readonly #changes: Layer | undefined;
  /** What {@link #take} reads into. */
  readonly #hash = Buffer.alloc(HASH_DIGITS / 2);
  readonly #numbers = [0, 0, 0, 0];
  /** Those met, which have the right form. */
  readonly #attributes = new Set<string>();

  /** @param files - How many there are about. */
  constructor(index: LineReader, changes: LineReader | undefined, files = 0) {
    this.holdings = new Holdings(files);
    this.#index = new Layer(index);
    this.#changes = changes === undefined ? undefined : new Layer(changes);
  }

  peek(): IndexEntry | undefined {
    return this.#head()?.item;
  }

  remove(): void {
    const head = this.#head();
    if (head === undefined) return;
    this.holdings.addLine(head.item);
    if (this.#skip(head)) this.holdings.gone.push(head.item.entry.path);
  }

  match(i: number, now: Entry, keepsContent: boolean): void {
    const head = this.#head();
    if (head === undefined) return;
    if (keepsContent) this.holdings.keep(i, now, head.item);
    else this.holdings.addLine(head.item);
    this.#skip(head);
  }

  skipSame(now: Entry, i: number): boolean {
    const layer = this.#layerOf(now.path);
    if (layer === undefined) return false;
    const expected = formatScanned(now, { user: userName(now.uid), group: groupName(now.gid) });
    const rest = layer.after(expected);
    if (rest === undefined) return false;
    const isTaken =
      now.type === 'file' ? this.#take(now, i, layer.lines, rest) : this.#end(i, layer.lines, rest);
    if (!isTaken) return false;
    layer.pass(now.path, rest);
    if (layer === this.#index) this.holdings.stands(i);
    else this.#skipIndex(now.path);
    return true;
  }

  /** Every entry, one after the other. */
  *entries(): Generator<IndexEntry> {
    for (let head = this.#head(); head !== undefined; head = this.#head()) {
      this.#skip(head);
      yield head.item;
    }
  }

  /** Takes over the content of a file whose line goes on at `rest`; false when the line is an unusual one. */
  #take(now: Entry, i: number, lines: LineReader, rest: number): boolean {
    const { frame } = lines;
    const at = rest + HASH_KEY.length + HASH_DIGITS;
    const between =
      now.hardlink === undefined ? AT_KEY : Buffer.from(`",${formatHardlink(now.hardlink)},"at":[`, 'latin1');
    const isUsual =
      isAt(frame, rest, HASH_KEY) &&
      isAt(frame, at, between) &&
      readHash(frame, rest + HASH_KEY.length, this.#hash);
    if (!isUsual) return false;
    const numbers = this.#numbers;
    const last = readNumbers(frame, at + between.length, numbers);
    if (last === undefined) return false;
    const member = memberAfter(lines, last + 1);
    let end = last + 1 + (member === undefined ? 0 : MEMBER_KEY.length + member.length + 1);
    const isStale = frame[end] === COMMA && isAt(frame, end, STALE_KEY);
    if (isStale) end += STALE_KEY.length;
    if (!this.#end(i, lines, end)) return false;
    const [archive = 0, offset = 0, length = 0, skip = 0] = numbers;
    const slot = this.holdings.contents.addAt(this.#hash, now.size, archive, offset, length, skip);
    this.holdings.has(i, slot);
    if (member !== undefined) this.holdings.names.set(slot, member);
    if (isStale) this.holdings.marks.set(i, { stale: true, kept: undefined, changed: false });
    return true;
  }

  /** Takes over the attributes of entry `i`, when nothing else stands in the line from `at` on; false when there is more. */
  #end(i: number, { frame, text }: LineReader, at: number): boolean {
    if (frame[at] === CLOSING) return frame[at + 1] === LINE_END;
    if (!isAt(frame, at, XATTRS_KEY)) return false;
    const end = text.indexOf('\n', at);
    const attributes = text.slice(at + XATTRS_KEY.length - 1, end - 1);
    // Most are like others. What has another form, as when there are none, is left to the parser.
    if (!this.#attributes.has(attributes) && !XATTRS.test(attributes)) return false;
    if (text[end - 1] !== '}') return false;
    this.#attributes.add(attributes);
    this.holdings.attributes.set(i, attributes);
    return true;
  }

  /** The layer that has the next line, when that can be the line of `path`. */
  #layerOf(path: BytePath): Layer | undefined {
    const changes = this.#changes;
    const next = changes?.peek();
    if (changes === undefined || next === undefined) return this.#index;
    const order = comparePaths(pathOf(next), path);
    if (order > 0) return this.#index;
    if (order < 0 || typeof next === 'string') return undefined;
    const before = this.#index.peek();
    return before === undefined || comparePaths(pathOf(before), path) >= 0 ? changes : undefined;
  }

  /** The next entry and the layer that has it; lines that another one replaces are left behind. */
  #head(): { item: IndexEntry; layer: Layer } | undefined {
    for (;;) {
      const change = this.#changes?.peek();
      const line = this.#index.peek();
      const order =
        change === undefined || line === undefined ? 0 : comparePaths(pathOf(change), pathOf(line));
      if (this.#changes !== undefined && change !== undefined && (line === undefined || order <= 0)) {
        if (typeof change !== 'string') return { item: change, layer: this.#changes };
        this.#changes.skip();
        if (this.#skipIndex(change)) this.holdings.gone.push(change);
      } else if (line === undefined) return undefined;
      else if (typeof line === 'string') throw this.#noEntry(line);
      else return { item: line, layer: this.#index };
    }
  }

  /** @returns Whether the index has a line for this path. */
  #skip({ item, layer }: { item: IndexEntry; layer: Layer }): boolean {
    layer.skip();
    return layer === this.#index || this.#skipIndex(item.entry.path);
  }

  /** Leaves the line of `path` in the index behind, if there is one: the changes have another. */
  #skipIndex(path: BytePath): boolean {
    const rest = this.#index.after(formatPath(path));
    if (rest !== undefined) this.#index.pass(path, rest);
    return rest !== undefined;
  }

  #noEntry(path: BytePath): SnapshotError {
    return damaged(this.#index.lines.where, `\`${display(path)}\` is no entry`);
  }
}

function pathOf(line: IndexEntry | BytePath): BytePath {
  return typeof line === 'string' ? line : line.entry.path;
}

/** The name in the key `member`, if that comes at `at` and holds nothing that JSON has to escape. */
function memberAfter({ frame, text }: LineReader, at: number): BytePath | undefined {
  if (frame[at] !== COMMA || !isAt(frame, at, MEMBER_KEY)) return undefined;
  const start = at + MEMBER_KEY.length;
  const member = text.slice(start, text.indexOf('"', start));
  return member.includes('\\') ? undefined : (member as BytePath);
}

function isAt(frame: Buffer, at: number, expected: Buffer): boolean {
  for (let i = 0; i < expected.length; i++) if (frame[at + i] !== expected[i]) return false;
  return true;
}

/** Reads 64 hexadecimal digits; false when there are others. */
function readHash(from: Buffer, at: number, into: Buffer): boolean {
  for (let i = 0; i < HASH_DIGITS / 2; i++) {
    const high = digit(from[at + 2 * i] ?? 0);
    const low = digit(from[at + 2 * i + 1] ?? 0);
    if ((high | low) < 0) return false;
    into[i] = (high << 4) | low;
  }
  return true;
}

function digit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  return code >= 0x61 && code <= 0x66 ? code - 0x57 : -1;
}

/** Reads integers with commas between them; returns where the bracket after the last one is. */
function readNumbers(from: Buffer, at: number, into: number[]): number | undefined {
  let position = at;
  for (let n = 0; n < into.length; n++) {
    let value = 0;
    let code = from[position] ?? 0;
    if (code < 0x30 || code > 0x39) return undefined;
    for (; code >= 0x30 && code <= 0x39; code = from[++position] ?? 0) value = value * 10 + (code - 0x30);
    if (code !== (n === into.length - 1 ? 0x5d : 0x2c) || !Number.isSafeInteger(value)) return undefined;
    into[n] = value;
    position++;
  }
  return position - 1;
}
