import { createRequire } from 'node:module';
import type ignoreFactory from 'ignore';
import type { Ignore } from 'ignore';
import { type BytePath, toText } from './path.ts';

const require = createRequire(import.meta.url);

/** Patterns in gitignore syntax, for what the folder `base` holds. */
export interface Rules {
  readonly base: BytePath;
  readonly patterns: string | readonly string[];
}

/**
 * Which paths of a tree are left out: the row's own patterns and those of every `.snapshotignore` on the
 * way down. A deeper file can take back what a higher one excludes, as with git.
 */
export class Excludes {
  /** What it is made of, the outermost first; this can be sent to another thread. */
  readonly rules: readonly Rules[];
  /** The innermost first. */
  readonly #matchers: readonly { readonly prefix: number; readonly matcher: Ignore }[];

  private constructor(rules: readonly Rules[]) {
    this.rules = rules;
    this.#matchers = rules.toReversed().map(({ base, patterns }) => ({
      prefix: base === '' ? 0 : textOf(base).length + 1,
      matcher: matcherOf(patterns),
    }));
  }

  /** The rules at the top of a tree. @param patterns - gitignore syntax, relative to the source. */
  static of(patterns: readonly string[]): Excludes {
    return new Excludes(patterns.length === 0 ? [] : [{ base: '' as BytePath, patterns }]);
  }

  static from(rules: readonly Rules[]): Excludes {
    return new Excludes(rules);
  }

  /** The rules inside `folder`, whose `.snapshotignore` says `text`. */
  within(folder: BytePath, text: string): Excludes {
    return new Excludes([...this.rules, { base: folder, patterns: text.replace(/^\uFEFF/, '') }]);
  }

  excludes(path: BytePath, isFolder: boolean): boolean {
    if (this.#matchers.length === 0) return false;
    const text = textOf(path);
    for (const { prefix, matcher } of this.#matchers) {
      const { ignored, unignored } = matcher.test(text.slice(prefix) + (isFolder ? '/' : ''));
      if (ignored || unignored) return ignored;
    }
    return false;
  }
}

/** Patterns are text; a name that is not UTF-8 is matched as if its bytes were characters. */
function textOf(path: BytePath): string {
  return toText(path) ?? path;
}

function matcherOf(patterns: string | readonly string[]): Ignore {
  // Loaded only when a pattern exists; most trees have none.
  const ignore = require('ignore') as typeof ignoreFactory;
  const ignorecase = process.platform === 'win32' || process.platform === 'darwin';
  return ignore({ ignorecase, allowRelativePaths: true }).add(patterns);
}
