import { Excludes } from '../tree/exclude.ts';
import type { BytePath } from '../tree/path.ts';

/**
 * What of a tree a user asks for. The globs are in the syntax of `.gitignore`: `docs` and all below it, `*.jpg`
 * anywhere, `/name` at the top only. `!glob` leaves out again, in a folder that was asked for too. Without any
 * that asks for something, it is everything.
 */
export class Choice {
  readonly #wanted: Excludes | undefined;
  readonly #unwanted: Excludes | undefined;
  /** Globs that nothing has matched so far. */
  readonly #open: Map<string, Excludes>;

  constructor(globs: readonly string[]) {
    const patterns = globs.map((glob) => glob.replace(/^(!?)(?:\.\/)+/, '$1'));
    const wanted = patterns.filter((glob) => !glob.startsWith('!'));
    const unwanted = patterns.filter((glob) => glob.startsWith('!')).map((glob) => glob.slice(1));
    this.#wanted = wanted.length === 0 ? undefined : Excludes.of(wanted);
    this.#unwanted = unwanted.length === 0 ? undefined : Excludes.of(unwanted);
    this.#open = new Map(wanted.map((glob) => [glob, Excludes.of([glob])]));
  }

  /** Whether nothing is left out. */
  get isAll(): boolean {
    return this.#wanted === undefined && this.#unwanted === undefined;
  }

  has(path: BytePath, isFolder: boolean): boolean {
    for (const [glob, one] of this.#open) if (one.excludes(path, isFolder)) this.#open.delete(glob);
    if (this.#wanted?.excludes(path, isFolder) === false) return false;
    return this.#unwanted?.excludes(path, isFolder) !== true;
  }

  /** Globs that match nothing of what was asked for. */
  unmatched(): readonly string[] {
    return [...this.#open.keys()];
  }
}
