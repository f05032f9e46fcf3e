import { Excludes } from '../tree/exclude.ts';
import type { BytePath } from '../tree/path.ts';

/**
 * What of a tree a user asks for, in the syntax of `.gitignore`: `docs` and all below it, `*.jpg` anywhere,
 * `/name` at the top only, `!name` takes back. No globs at all ask for everything.
 */
export class Choice {
  readonly #all: Excludes | undefined;
  /** Globs that nothing has matched so far. */
  readonly #open: Map<string, Excludes>;

  constructor(globs: readonly string[]) {
    const patterns = globs.map((glob) => glob.replace(/^(!?)(?:\.\/)+/, '$1'));
    this.#all = patterns.length === 0 ? undefined : Excludes.of(patterns);
    this.#open = new Map(
      patterns.flatMap((glob) => (glob.startsWith('!') ? [] : [[glob, Excludes.of([glob])]])),
    );
  }

  get isAll(): boolean {
    return this.#all === undefined;
  }

  has(path: BytePath, isFolder: boolean): boolean {
    if (this.#all === undefined) return true;
    for (const [glob, one] of this.#open) if (one.excludes(path, isFolder)) this.#open.delete(glob);
    return this.#all.excludes(path, isFolder);
  }

  /** Globs that match nothing of what was asked for. */
  unmatched(): readonly string[] {
    return [...this.#open.keys()];
  }
}
