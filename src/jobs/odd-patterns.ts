// Patterns of `exclude` that can match nothing: who wrote them meant something else, and believes that it is left out.
import type { Row } from '../plan/plan.ts';
import { Excludes, type Rules } from '../tree/exclude.ts';
import { display, fromText, join } from '../tree/path.ts';
import { IGNORE_FILE } from '../tree/walk.ts';

/** What a pattern looks like that is none, and what was meant. */
const ODD: readonly (readonly [looks: RegExp, say: (pattern: string, isCell: boolean) => string])[] = [
  [/^\/*$/, () => 'it names nothing'],
  [
    /(?:^|\/)\.{1,2}(?:\/|$)/,
    (pattern) => {
      const plain = pattern.replace(/^(?:\.\/+)+/, '/').replaceAll(/\/\.(?=\/|$)/g, '');
      const isOut = /(?:^|\/)\.\.(?:\/|$)/.test(plain);
      return isOut ? 'no path in the source has `..` in it' : `write \`${plain}\``;
    },
  ],
  [/^~(?:\/|$)/, () => 'it is no path below the source'],
  [/\/\//, (pattern) => `write \`${pattern.replaceAll(/\/{2,}/g, '/')}\``],
  [
    /^\$(?:\{\w+\}|(?:HOME|PWD|TMPDIR|USER|USERPROFILE)\b)|^%\w+%/,
    () => 'variables are not replaced here: write the path from the source on',
  ],
  [/^[a-z]:\//i, () => 'it is no path below the source'],
  [/^(["']).*\1$/, (pattern) => `write it without quotes: \`${pattern.slice(1, -1)}\``],
  [
    /;|(?<=\*\.\w+)[,\s]+(?=\*\.)/,
    (pattern, isCell) =>
      isCell
        ? `write \`|\` between patterns: \`${separated(pattern)}\``
        : 'write each pattern on a line of its own',
  ],
  [
    /\{[^{}]*,[^{}]*\}/,
    (_, isCell) =>
      `braces mean nothing here: write one pattern for each, ${isCell ? 'with `|` between' : 'on a line of its own'}`,
  ],
];

/** Whether a class of characters is begun, and never ended: such a pattern matches nothing at all. */
function isUnclosed(pattern: string): boolean {
  return pattern
    .replaceAll(/\\./g, '')
    .replaceAll(/\[[!^]?\]?[^\]]+\]/g, '')
    .includes('[');
}

function separated(pattern: string): string {
  return pattern.split(/\s*;\s*|(?<=\*\.\w+)[,\s]+(?=\*\.)/).join('|');
}

/**
 * What there is to say of each of `patterns` that can match nothing. Pure.
 *
 * @param file - The `.snapshotignore` that they are from; default: they are from the column of a row.
 */
export function oddPatterns(patterns: readonly string[], file?: string): readonly string[] {
  const excludes = Excludes.of(patterns);
  return patterns.flatMap((pattern) => {
    const isBack = pattern.startsWith('!');
    const body = isBack ? pattern.slice(1) : pattern;
    const why =
      ODD.find(([looks]) => looks.test(body))?.[1](body, file === undefined) ??
      (isUnclosed(body) ? 'a `[` in it has no `]`: to mean the character, write `[[]`' : undefined) ??
      (isBack ? lostIn(body, excludes) : undefined);
    return why === undefined
      ? []
      : [`the pattern \`${pattern}\` of ${file ?? '`exclude`'} can match nothing: ${why}`];
  });
}

/** Why a path cannot be taken back: a folder that it is in is left out. */
function lostIn(body: string, excludes: Excludes): string | undefined {
  const parts = body.split('/').filter((part) => part !== '');
  if (parts.length < 2 || /[*?[\]\\]/.test(body)) return undefined;
  const folders = parts.slice(0, -1).map((_, i) => parts.slice(0, i + 1).join('/'));
  const out = folders.find((folder) => excludes.excludes(fromText(folder), true));
  return (
    out &&
    `the folder \`${out}\` is left out, and nothing in it can be taken back; \`/${out}/*\` leaves out what it holds`
  );
}

/** The same of all that a row excludes. */
export function oddExcludes({ exclude, excludeLines, 'exclude-from': file }: Row): readonly string[] {
  return [...oddPatterns(exclude), ...oddPatterns(excludeLines.filter(isPattern), `"${file}"`)];
}

/** The same of each `.snapshotignore` of a tree. @param rules - With lines that are empty, or comments. */
export function oddRules(rules: readonly Rules[]): readonly string[] {
  return rules.flatMap(({ base, patterns }) =>
    oddPatterns(patterns.filter(isPattern), `"${display(join(base, IGNORE_FILE))}"`),
  );
}

/** Whether a line of a file is no comment, and not empty. */
function isPattern(line: string): boolean {
  return /^[^#]/.test(line) && line.trim() !== '';
}
