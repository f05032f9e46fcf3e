// Reads a RESTORE.txt back. What `restore-text.ts` does not write is refused: it is run by `sh`, and disks that
// backups lie on can be written by others.
import { type Attribute, BARE, formatAttributes } from '../../base/attributes.ts';
import { damaged, type SnapshotError } from '../../base/errors.ts';
import { parseSeconds } from '../../format/member.ts';
import type { BytePath } from '../../tree/path.ts';
import type { Step } from './plan-script.ts';
import { DIALECTS } from './dialects.ts';
import { NAMES } from './script-lines.ts';
import { ATTRIBUTES, EMPTY_TREE, type Meta, TAR_OPTIONS, UTF8_LOCALE } from './write-script.ts';

/** What a RESTORE.txt does, one thing after the other. `tidy` only removes empty folders. */
export type RestoreStep =
  | Step
  /** Extract an archive, named as seen from the snapshot's folder. */
  | { readonly do: 'extract'; readonly file: string }
  | ({ readonly do: 'meta' } & Meta)
  | { readonly do: 'attributes'; readonly path: BytePath; readonly attributes: string };

const WORD = String.raw`'((?:[^']|'\\'')*)'`;
const DATED = String.raw`(@-?\d{1,19}|[+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})Z? ${WORD}`;
const HERE = '"$here"/';
const STEPS = {
  list: new RegExp(`(drop|tidy)((?: ${WORD}){1,${NAMES}})\n`, 'y'),
  aside: new RegExp(String.raw`aside (\d{1,9}) ${WORD}\n`, 'y'),
  place: new RegExp(String.raw`place (\d{1,9}) ${WORD} ${WORD}\n`, 'y'),
  copy: new RegExp(`copy ${WORD} ${WORD} ${WORD}\n`, 'y'),
  meta: new RegExp(String.raw`meta ([0-7]{4}) (\d{1,10}):(\d{1,10})((?: ${DATED}){1,${NAMES}})\n`, 'y'),
  attributes: new RegExp(`attributes ${WORD}((?: ${WORD} ${WORD})*)\n`, 'y'),
} as const;

/** A file of the folder, or of that of another snapshot. */
// oxlint-disable-next-line no-control-regex -- NUL is one of those that no name holds
const FILE = /^(?:\.\.\/\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}Z\/)?(?!\.{1,2}$)[^/\\\0]+$/;

function extraction([before, after]: readonly [string, string]): RegExp {
  return new RegExp(`${literal(before + HERE)}${WORD}${literal(after)}\n`, 'y');
}

/** A pattern for exactly `text`. */
function literal(text: string): string {
  return text.replace(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
}

/**
 * The steps of a RESTORE.txt.
 *
 * @param text - One character per byte.
 * @param where - The file, for messages.
 * @throws {@link SnapshotError} `E_DAMAGED` when it holds anything that this program does not write.
 */
export function parseRestore(text: string, where: string): readonly RestoreStep[] {
  return new Reader(text, where).steps();
}

class Reader {
  readonly #text: string;
  readonly #where: string;
  #at = 0;

  constructor(text: string, where: string) {
    this.#text = text;
    this.#where = where;
  }

  steps(): readonly RestoreStep[] {
    while (this.#text[this.#at] === '#') this.#at = this.#lineEnd();
    this.#skip('\n');
    const dialects = DIALECTS.filter(({ preamble }) => this.#text.startsWith(preamble, this.#at));
    const [latest] = dialects;
    if (latest === undefined) throw this.#strange();
    this.#skip(latest.preamble);
    if (this.#skip(`${EMPTY_TREE}\n`)) {
      if (this.#at < this.#text.length) throw this.#strange();
      return [];
    }
    this.#skip(`${UTF8_LOCALE}\n`);
    this.#skip(`${TAR_OPTIONS}\n`);
    const known = dialects.find(({ functions }) => this.#skip(`${functions}\n`));
    const hasFunctions = known !== undefined;
    const { tar, zip, metas, last, end } = known ?? latest;
    const archives = [extraction(tar), extraction(zip)];
    if (hasFunctions) this.#skip(`${ATTRIBUTES}\n`);
    const steps: RestoreStep[] = [];
    while (this.#at < this.#text.length) {
      if (hasFunctions && this.#skip(`${last}\n`)) break;
      if (end !== undefined && this.#text.startsWith(`${end}\n`, this.#at)) break;
      const next = this.#next(archives, metas);
      if (!hasFunctions && next.some((step) => step.do !== 'extract')) throw this.#strange();
      steps.push(...next);
    }
    if (end !== undefined && !this.#skip(`${end}\n`)) throw this.#strange();
    if (this.#at < this.#text.length) throw this.#strange();
    return steps;
  }

  #next(archives: readonly RegExp[], metas: number): readonly RestoreStep[] {
    const list = this.#match(STEPS.list);
    if (list !== undefined) {
      const [, what, words = ''] = list;
      const paths = [...words.matchAll(new RegExp(WORD, 'g'))].map(([, word = '']) => this.#path(word));
      return paths.map((path) => ({ do: what === 'drop' ? 'drop' : 'tidy', path }));
    }
    const aside = this.#match(STEPS.aside);
    if (aside !== undefined) return [{ do: 'aside', n: Number(aside[1]), path: this.#path(aside[2]) }];
    const place = this.#match(STEPS.place);
    if (place !== undefined)
      return [{ do: 'place', n: Number(place[1]), path: this.#pathIn(place[2], place[3]) }];
    const copy = this.#match(STEPS.copy);
    if (copy !== undefined)
      return [{ do: 'copy', from: this.#path(copy[1]), path: this.#pathIn(copy[2], copy[3]) }];
    const meta = this.#match(STEPS.meta);
    if (meta !== undefined) return this.#metas(meta, metas);
    const attributes = this.#match(STEPS.attributes);
    if (attributes !== undefined) return [this.#attributes(attributes)];
    const archive = archives.map((pattern) => this.#match(pattern)).find((match) => match !== undefined);
    const file = unquoted(archive?.[1] ?? '');
    if (!FILE.test(file)) throw this.#strange();
    return [{ do: 'extract', file: Buffer.from(file, 'latin1').toString('utf8') }];
  }

  #metas([, mode = '', uid, gid, dated = '']: readonly string[], most: number): readonly RestoreStep[] {
    const all = [...dated.matchAll(new RegExp(DATED, 'g'))];
    if (all.length > most) throw this.#strange();
    return all.map(([, seconds = '', fraction = '', path]) => {
      const mtimeNs = seconds.startsWith('@')
        ? parseSeconds(`${seconds.slice(1)}.${fraction}`)
        : nsOf(Date.parse(`${seconds}Z`), fraction);
      if (mtimeNs === undefined) throw this.#strange();
      return {
        do: 'meta',
        path: this.#path(path),
        mode: Number.parseInt(mode, 8),
        uid: Number(uid),
        gid: Number(gid),
        mtimeNs,
      };
    });
  }

  #attributes([, path, words = '']: readonly string[]): RestoreStep {
    const all = [...words.matchAll(new RegExp(` ${WORD} ${WORD}`, 'g'))];
    const attributes = all.map(([, name = '', value = '']): Attribute => {
      if (!/^(?:0s[A-Za-z0-9+/]+={0,2})?$/.test(value)) throw this.#strange();
      return [Buffer.from(unquoted(name), 'latin1').toString('utf8'), Buffer.from(value.slice(2), 'base64')];
    });
    return { do: 'attributes', path: this.#path(path), attributes: formatAttributes(attributes) || BARE };
  }

  /** A path of the tree: no name of it leads anywhere else. */
  #path(word = ''): BytePath {
    const path = unquoted(word);
    const names = path.split('/');
    if (path.includes('\0') || names.some((name) => name === '' || name === '.' || name === '..')) {
      throw this.#strange();
    }
    return path as BytePath;
  }

  /** The same, after its folder. */
  #pathIn(folder = '', word = ''): BytePath {
    const path = this.#path(word);
    if (unquoted(folder) !== path.slice(0, Math.max(0, path.lastIndexOf('/')))) throw this.#strange();
    return path;
  }

  #match(pattern: RegExp): readonly string[] | undefined {
    pattern.lastIndex = this.#at;
    const match = this.#exec(pattern);
    if (match !== null) this.#at = pattern.lastIndex;
    return match ?? undefined;
  }

  #exec(pattern: RegExp): RegExpExecArray | null {
    try {
      return pattern.exec(this.#text);
    } catch (error) {
      // V8 runs out of stack in a word of some megabytes, which no path is.
      if (error instanceof RangeError) throw this.#strange();
      throw error;
    }
  }

  #skip(expected: string): boolean {
    if (!this.#text.startsWith(expected, this.#at)) return false;
    this.#at += expected.length;
    return true;
  }

  #lineEnd(): number {
    const end = this.#text.indexOf('\n', this.#at);
    return end < 0 ? this.#text.length : end + 1;
  }

  #strange(): SnapshotError {
    const what = `what stands before or at byte ${this.#at} is not what this program writes`;
    return damaged(this.#where, what);
  }
}

function unquoted(word: string): string {
  return word.replaceAll(String.raw`'\''`, "'");
}

function nsOf(ms: number, fraction: string): bigint | undefined {
  return Number.isNaN(ms) ? undefined : BigInt(ms) * 1_000_000n + BigInt(fraction);
}
