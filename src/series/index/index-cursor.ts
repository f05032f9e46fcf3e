import { groupName, userName } from '../../host/users.ts';
import type { PreviousCursor } from '../../tree/previous-cursor.ts';
import type { Entry } from '../../tree/entry.ts';
import type { BytePath } from '../../tree/path.ts';
import { EntryLines } from './entry-lines.ts';
import { Holdings } from '../holdings.ts';
import { formatHardlink, formatScanned, type IndexEntry } from './index-line.ts';
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

/**
 * Goes through the entries of a snapshot, in path order: those of its index, and in their place what its
 * changes say. What the next snapshot needs to know of them ends up in {@link Holdings}.
 *
 * What is wrong with a file is thrown as {@link SnapshotError} `E_DAMAGED` by the call that meets it.
 */
export class IndexCursor implements PreviousCursor {
  readonly holdings: Holdings;
  readonly #lines: EntryLines;
  /** What {@link #take} reads into. */
  readonly #hash = Buffer.alloc(HASH_DIGITS / 2);
  readonly #numbers = [0, 0, 0, 0];
  /** Those met, which have the right form. */
  readonly #attributes = new Set<string>();

  /** @param files - How many there are about. */
  constructor(index: LineReader, changes: LineReader | undefined, files = 0) {
    this.holdings = new Holdings(files);
    this.#lines = new EntryLines(index, changes, (path) => this.holdings.gone.push(path));
  }

  peek(): IndexEntry | undefined {
    return this.#lines.path === undefined ? undefined : this.#lines.parse();
  }

  remove(): void {
    const item = this.peek();
    if (item === undefined) return;
    this.holdings.addLine(item);
    if (this.#lines.skip()) this.holdings.gone.push(item.entry.path);
  }

  match(i: number, now: Entry, keepsContent: boolean): void {
    const item = this.peek();
    if (item === undefined) return;
    if (keepsContent) this.holdings.keep(i, now, item);
    else this.holdings.addLine(item);
    this.#lines.skip();
  }

  skipSame(now: Entry, i: number): boolean {
    const file = this.#lines.fileOf(now.path);
    if (file === undefined) return false;
    const expected = formatScanned(now, { user: userName(now.uid), group: groupName(now.gid) });
    const rest = file.after(expected);
    if (rest === undefined) return false;
    const isTaken =
      now.type === 'file' ? this.#take(now, i, file.lines, rest) : this.#end(i, file.lines, rest);
    if (!isTaken) return false;
    if (this.#lines.pass(file, now.path, rest)) this.holdings.stands(i);
    return true;
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
