import { Excludes } from './exclude.ts';
import { type BytePath, toText } from './path.ts';

/** The matcher remembers every path that it was asked about: it is made anew after so many. */
const MATCHER_LIFE = 20_000;

/** What a user types; or one path, and all that it holds, whatever its bytes are. */
export type Glob = string | { readonly path: BytePath };

/**
 * Paths of a tree that a user asks for, in the syntax of `.gitignore`: `*.jpg` anywhere, `/a` and `a/b` at the
 * top, `folder/` with all that it holds; `{a,b}` besides. `!` takes back, in any order.
 */
export class Globs {
  readonly #exact: readonly BytePath[];
  readonly #wanted: readonly string[];
  readonly #unwanted: readonly string[];
  /** Text of which every wanted path has at least one; empty when nothing can be said. */
  readonly #needles: readonly string[];
  #matchers: { wanted: Excludes; unwanted: Excludes };
  #uses = 0;

  /** @param globs - Without any, or with none but those that begin with `!`: all paths. */
  constructor(globs: readonly Glob[]) {
    this.#exact = globs.flatMap((glob) => (typeof glob === 'string' ? [] : [glob.path]));
    const all = globs.flatMap((glob) => (typeof glob === 'string' ? expandBraces(glob) : []));
    this.#wanted = all.filter((glob) => !glob.startsWith('!')).map(asPattern);
    this.#unwanted = all.filter((glob) => glob.startsWith('!')).map((glob) => asPattern(glob.slice(1)));
    const needles = this.#wanted.map(literalOf);
    // Stryker disable next-line all: only how fast it is
    this.#needles = needles.includes('') ? [] : needles;
    this.#matchers = this.#made();
  }

  matches(path: BytePath, isFolder: boolean): boolean {
    // Stryker disable all: only how fast it is, and how much it remembers
    if (!this.mayMatch(path)) return false;
    if (this.#uses++ >= MATCHER_LIFE) {
      this.#matchers = this.#made();
      this.#uses = 0;
    }
    // Stryker restore all
    const { wanted, unwanted } = this.#matchers;
    const isAll = this.#wanted.length === 0 && this.#exact.length === 0;
    const isWanted = isAll || this.#isExact(path) || wanted.excludes(path, isFolder);
    return isWanted && !unwanted.excludes(path, isFolder);
  }

  #isExact(path: string): boolean {
    return this.#exact.some((one) => path === one || path.startsWith(`${one}/`));
  }

  /** A quick look at the bytes; false is certain. */
  mayMatch(path: string): boolean {
    // Stryker disable next-line all: as above
    if (this.#needles.length === 0 || this.#isExact(path)) return true;
    return this.#needles.some((needle) => path.includes(needle));
  }

  #made(): { wanted: Excludes; unwanted: Excludes } {
    return { wanted: Excludes.of(this.#wanted), unwanted: Excludes.of(this.#unwanted) };
  }
}

/** A glob that matches `path` alone; what a shell or a terminal would choke on is a `?` in it. */
export function globFor(path: BytePath): string {
  return `/${path.split('/').map(nameGlob).join('/')}`;
}

function nameGlob(name: string): string {
  const text = toText(name as BytePath);
  const escaped = (text ?? name).replace(/[\\*?[\]{}]/g, String.raw`\$&`);
  // oxlint-disable-next-line no-control-regex -- names may hold them
  return escaped.replace(text === undefined ? /[^ -~]/g : /[\0-\x1f\x7f-\x9f]/g, '?');
}

/** `a{b,c}d` as `abd` and `acd`. Braces that have no comma between them, or a backslash before, are plain. */
function expandBraces(glob: string): readonly string[] {
  const found = /^((?:\\.|[^\\])*?)\{((?:\\.|[^\\{}])*,(?:\\.|[^\\{}])*)\}([^]*)/.exec(glob);
  const [, before = '', choices = '', after = ''] = found ?? [];
  if (found === null) return [glob];
  return choices.split(/(?<!\\),/).flatMap((choice) => expandBraces(before + choice + after));
}

/** What a user means as a path, as a pattern of the library: no comment, and with its spaces. */
function asPattern(glob: string): string {
  const plain = glob
    .normalize()
    .replace(/^\.\/+/, '/')
    .replace(/^(?=[#!])/, '\\');
  // The library would take white space at the end away, or make a space of it; what comes before its last character stays.
  return plain.replace(/\s$/, (space) => (space === ' ' ? String.raw`\ ` : '?'));
}

/** The longest piece of `pattern` that a path must hold as it is, in the form of a byte path; empty: none. */
function literalOf(pattern: string): string {
  // Where upper and lower case are one, nothing is certain; nor with bytes that are not ASCII.
  // Stryker disable next-line all: of other systems than the one that the tests run on
  if (process.platform === 'win32' || process.platform === 'darwin') return '';
  // Where a class of characters ends is a science of its own, as in `[]a]`: what follows one does not count.
  const [known = ''] = pattern.split('[');
  // Of ASCII, these three are also what other characters become in NFC: U+037E, U+1FEF and the sign of Kelvin.
  const pieces = known.split(/[*?/;`K]|\\[^]?|[^ -~]/);
  // Stryker disable next-line all: any of them will do; the longest is the rarest
  return pieces.reduce((longest, piece) => (piece.length > longest.length ? piece : longest), '');
}
