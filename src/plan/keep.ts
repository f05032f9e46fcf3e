import { formatEvery, parseEvery } from './every.ts';
import { suggest } from './nearest.ts';
import { InvalidValue, quoted } from './problem.ts';

const RULES = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;

/** How many snapshots to keep, by rule. At least one rule; every number >= 1. */
export interface Retention {
  readonly last?: number;
  readonly hourly?: number;
  readonly daily?: number;
  readonly weekly?: number;
  readonly monthly?: number;
  readonly yearly?: number;
}

/** What a row keeps. */
export interface Keep extends Retention {
  /** Of a mirror: how long what was replaced or deleted stays, in milliseconds. */
  readonly within?: number;
}

/** An age: `30d`, `12h`, `4w`. */
const AGE = /^\d+[hdw]$/i;

/**
 * Reads a `keep` cell: `7`, which is short for `last=7`, or rules with spaces or commas between them
 * (`last=7 daily=14`). Rule names are case-insensitive; each may appear once. An age (`30d`) is for mirrors.
 *
 * @throws {@link InvalidValue} when `text` is anything else. A zero is refused: keeping nothing is a slip.
 */
export function parseKeep(text: string): Keep {
  const trimmed = text.trim();
  if (/^[-+\d.]+$/.test(trimmed)) return { last: parseCount(trimmed) };
  const words = trimmed.replaceAll(/\s*=\s*/g, '=').split(/[\s,]+/);
  const counts = new Map<string, number>();
  let within: number | undefined;
  for (const word of words.filter((part) => part !== '')) {
    if (AGE.test(word)) {
      if (within !== undefined) throw new InvalidValue('two ages', 'give one');
      within = parseEvery(word);
      continue;
    }
    const [name, count] = parseRule(word);
    if (counts.has(name)) throw new InvalidValue(`the rule ${quoted(name)} twice`, 'give it once');
    counts.set(name, count);
  }
  if (counts.size === 0 && within === undefined)
    throw new InvalidValue('no rule', 'write for example `7` or `last=7 daily=14`');
  return {
    ...Object.fromEntries(RULES.flatMap((rule) => (counts.has(rule) ? [[rule, counts.get(rule)]] : []))),
    ...(within !== undefined && { within }),
  };
}

/** Reads a `keep` cell of a row with several destinations: one for all, or one for each with `|` between. @throws {@link InvalidValue} */
export function parseKeeps(text: string): readonly Keep[] {
  return text.split('|').map(parseKeep);
}

function parseRule(word: string): [string, number] {
  const [name = '', ...counts] = word.toLowerCase().split('=');
  if (/^\d+$/.test(name))
    throw new InvalidValue(`no rule at ${quoted(word)}`, `write ${quoted(`last=${name}`)}`);
  if (!RULES.some((rule) => rule === name)) {
    throw new InvalidValue(`unknown rule ${quoted(name)}`, suggest(name, RULES));
  }
  if (counts.length === 0)
    throw new InvalidValue(`no number at ${quoted(word)}`, `write ${quoted(`${name}=7`)}`);
  return [name, parseCount(counts.join('='))];
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || !Number.isSafeInteger(count)) {
    throw new InvalidValue(`unusable number ${quoted(text)}`, 'use a whole number, 1 or more');
  }
  return count;
}

/** The shortest text that {@link parseKeep} reads as `keep`. */
export function formatKeep({ within, ...keep }: Keep): string {
  const given = RULES.filter((rule) => keep[rule] !== undefined);
  if (within === undefined && given.length === 1 && given[0] === 'last') return String(keep.last);
  const age = within === undefined ? [] : [formatEvery(within)];
  return [...age, ...given.map((rule) => `${rule}=${keep[rule]}`)].join(' ');
}
