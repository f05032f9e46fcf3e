import { commandLine } from '../../base/command-line.ts';
import { seriesWord } from '../../series/guards.ts';
import { SnapshotError } from '../../base/errors.ts';
import { type Glob, globFor, Globs } from '../../tree/globs.ts';
import type { BytePath } from '../../tree/path.ts';

/** What of a tree a user asks for, and which of the globs have found something. */
export class Choice {
  /** Whether nothing is left out. */
  readonly isAll: boolean;
  readonly #globs: Globs;
  /** Globs that nothing has matched so far. */
  readonly #open: Map<string, Globs>;

  constructor(globs: readonly Glob[]) {
    this.isAll = globs.length === 0;
    this.#globs = new Globs(globs);
    const all = globs.map((glob) => [typeof glob === 'string' ? glob : globFor(glob.path), glob] as const);
    const wanted = all.filter(([text]) => !text.startsWith('!'));
    this.#open = new Map(wanted.map(([text, glob]) => [text, new Globs([glob])]));
  }

  has(path: BytePath, isFolder: boolean): boolean {
    for (const [glob, one] of this.#open) if (one.matches(path, isFolder)) this.#open.delete(glob);
    return this.#globs.matches(path, isFolder);
  }

  /** A quick look at the bytes; false is certain, also that no single glob matches. */
  mayHave(path: BytePath): boolean {
    return this.#globs.mayMatch(path);
  }

  /** Globs that match nothing of what was asked for. */
  unmatched(): readonly string[] {
    return [...this.#open.keys()];
  }

  /** @throws {@link SnapshotError} `E_USAGE` when there are any of {@link unmatched}. */
  refuseUnmatched(snapshot: string, series: string): void {
    const unmatched = this.unmatched().map((glob) => `\`${glob}\``);
    if (unmatched.length === 0) return;
    throw new SnapshotError('E_USAGE', `Nothing in ${snapshot} matches ${unmatched.join(', ')}`, {
      hint: `\`${commandLine(`files ${seriesWord(series)}`)}\` lists what there is.`,
    });
  }
}
