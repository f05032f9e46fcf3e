import { createRequire } from 'node:module';
import type ignoreFactory from 'ignore';
import type { Ignore } from 'ignore';
import { type BytePath, toText } from './path.ts';

const require = createRequire(import.meta.url);

/** Patterns in gitignore syntax, for what the folder `base` holds. */
export interface Rules {
  readonly base: BytePath;
  readonly patterns: readonly string[];
}

/**
 * Which paths of a tree are left out: the row's own patterns and those of every `.snapshotignore` on the
 * way down. A deeper file can take back what a higher one excludes, as with git.
 */
export class Excludes {
  /** What it is made of, the outermost first; this can be sent to another thread. */
  readonly rules: readonly Rules[];
  /** One matcher for all: a rule that takes back a folder has to be seen together with the one that excludes it. */
  readonly #matcher: Ignore | undefined;
  readonly #takesBack: boolean;

  private constructor(rules: readonly Rules[]) {
    this.rules = rules;
    // Stryker disable next-line ConditionalExpression: a matcher without a rule matches nothing, slowly
    this.#matcher = rules.length === 0 ? undefined : matcherOf(rules);
    // Stryker disable next-line StringLiteral: only how fast it is
    this.#takesBack = rules.some(({ patterns }) => patterns.some((pattern) => pattern.startsWith('!')));
  }

  /** The rules at the top of a tree. @param patterns - gitignore syntax, relative to the source. */
  static of(patterns: readonly string[]): Excludes {
    // Stryker disable next-line ConditionalExpression: as in the constructor
    return new Excludes(patterns.length === 0 ? [] : [{ base: '' as BytePath, patterns }]);
  }

  static from(rules: readonly Rules[]): Excludes {
    return new Excludes(rules);
  }

  /** The rules inside `folder`, whose `.snapshotignore` says `text`. */
  within(folder: BytePath, text: string): Excludes {
    const patterns = text.replace(/^\uFEFF/, '').split(/\r?\n/);
    return new Excludes([...this.rules, { base: folder, patterns }]);
  }

  /**
   * Whether `path` is left out, as far as its name alone says: undefined when it depends on whether it is a folder,
   * for which somebody has to look.
   */
  excludesAny(path: BytePath): boolean | undefined {
    const asFolder = this.excludes(path, true);
    // Only a pattern that takes back folders can leave out a file where it would not leave out a folder.
    // Stryker disable next-line ConditionalExpression: only how fast it is
    if (!asFolder && !this.#takesBack) return false;
    return this.excludes(path, false) === asFolder ? asFolder : undefined;
  }

  excludes(path: BytePath, isFolder: boolean): boolean {
    return this.#matcher !== undefined && this.#matcher.ignores(textOf(path) + (isFolder ? '/' : ''));
  }
}

/**
 * Patterns are text; a name that is not UTF-8 is matched as if its bytes were characters. What a keyboard composes and what some
 * systems take apart (`é` as one character or two) is one to whoever looks: both count in their composed form.
 */
function textOf(path: BytePath): string {
  const text =
    toText(path) ??
    path
      .split('/')
      .map((name) => toText(name as BytePath) ?? name)
      .join('/');
  return text.normalize();
}

function matcherOf(rules: readonly Rules[]): Ignore {
  // Loaded only when a pattern exists; most trees have none.
  const ignore = require('ignore') as typeof ignoreFactory;
  // Stryker disable next-line all: of other systems than the one that the tests run on
  const ignorecase = process.platform === 'win32' || process.platform === 'darwin';
  const matcher = ignore({ ignorecase, allowRelativePaths: true });
  for (const { base, patterns } of rules) {
    for (const pattern of patterns) {
      // What names nothing (`!` or `/` alone) would stand for everything below its folder.
      if (!/^(?:#|!?\/?\s*$)/.test(pattern)) matcher.add({ pattern: below(base, pattern.normalize()) });
    }
  }
  return matcher;
}

/** `pattern`, which is relative to the folder `base`, as one that is relative to the top. */
function below(base: BytePath, pattern: string): string {
  if (base === '') return pattern;
  const [sign, body] = pattern.startsWith('!') ? ['!', pattern.slice(1)] : ['', pattern];
  const folder = textOf(base).replace(/[\\*?[\]!# ]/g, String.raw`\$&`);
  // With a slash other than at its end, a pattern says where below its folder; without, it holds anywhere there.
  const isAnchored = body.trimEnd().slice(0, -1).includes('/');
  return `${sign}/${folder}/${isAnchored ? body.replace(/^\//, '') : `**/${body}`}`;
}
