import { createRequire } from 'node:module';
import type { Ignore } from 'ignore';

const require = createRequire(import.meta.url);

/** A list of patterns in gitignore syntax, for the paths below one folder. */
interface Rules {
  /** Length of the folder's path plus its slash: what to cut off before matching. */
  readonly prefix: number;
  readonly matcher: Ignore;
}

/**
 * Which paths of a tree are left out: the row's own patterns and those of every `.snapshotignore` on the
 * way down. A deeper file can take back what a higher one excludes, as with git.
 */
export class Excludes {
  readonly #rules: readonly Rules[];

  private constructor(rules: readonly Rules[]) {
    this.#rules = rules;
  }

  /** The rules at the top of a tree. @param patterns - gitignore syntax, relative to the source. */
  static of(patterns: readonly string[]): Excludes {
    return new Excludes(patterns.length === 0 ? [] : [{ prefix: 0, matcher: matcherOf(patterns) }]);
  }

  /** The rules inside `folder` (text, empty at the top), whose `.snapshotignore` says `text`. */
  within(folder: string, text: string): Excludes {
    const prefix = folder === '' ? 0 : folder.length + 1;
    return new Excludes([...this.#rules, { prefix, matcher: matcherOf(text.replace(/^\uFEFF/, '')) }]);
  }

  /** @param path - Text, relative to the source. */
  excludes(path: string, isFolder: boolean): boolean {
    for (const { prefix, matcher } of this.#rules.toReversed()) {
      const { ignored, unignored } = matcher.test(path.slice(prefix) + (isFolder ? '/' : ''));
      if (ignored || unignored) return ignored;
    }
    return false;
  }
}

function matcherOf(patterns: string | readonly string[]): Ignore {
  // Loaded only when a pattern exists; most trees have none.
  const ignore = require('ignore') as typeof import('ignore');
  const ignorecase = process.platform === 'win32' || process.platform === 'darwin';
  return ignore({ ignorecase, allowRelativePaths: true }).add(patterns);
}
