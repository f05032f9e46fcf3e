// Text that compresses as real source code does: a file uses few names many times, and the same phrases
// and shapes come back in every file.

import type { Language } from './corpus-words.ts';
import { C, JAVASCRIPT, JSON_TEXT, LOG, MARKDOWN, PYTHON, WORDS } from './corpus-words.ts';
import { Random } from './random.ts';

/** Fills the whole of `target`; the next call goes on where this one ended. */
export type ContentSource = (target: Buffer) => void;

export type TextKind = 'c' | 'python' | 'javascript' | 'json' | 'markdown' | 'log';

const NAMES_PER_SECTION = 18;
const PARTS_PER_SECTION = 9;
const PHRASES_PER_SECTION = 60;

/** A line cut at its slots: `start`, then for each slot its letter and the text up to the next one. */
interface Template {
  readonly start: string;
  readonly pieces: readonly (readonly [slot: string, text: string])[];
}

function compile(line: string): Template {
  const [start = '', ...rest] = `${line}\n`.split('%');
  return { start, pieces: rest.map((piece) => [piece.charAt(0), piece.slice(1)]) };
}

interface Grammar {
  readonly join: (words: readonly string[]) => string;
  readonly opening: readonly Template[];
  readonly lines: readonly Template[];
  readonly closing: readonly Template[];
}

const list = <T>(length: number, make: () => T): T[] => Array.from({ length }, make);
const capitalize = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
const pascalCase = (words: readonly string[]): string => words.map(capitalize).join('');
const snakeCase = (words: readonly string[]): string => words.join('_');
const camelCase = (words: readonly string[]): string =>
  words.map((word, index) => (index === 0 ? word : capitalize(word))).join('');

function grammarOf(language: Language): Grammar {
  return {
    join: language.namesJoinedBy === 'case' ? camelCase : snakeCase,
    opening: language.opening.map(compile),
    lines: language.lines.map(compile),
    closing: language.closing.map(compile),
  };
}

const GRAMMARS: Readonly<Record<TextKind, Grammar>> = {
  c: grammarOf(C),
  python: grammarOf(PYTHON),
  javascript: grammarOf(JAVASCRIPT),
  json: grammarOf(JSON_TEXT),
  markdown: grammarOf(MARKDOWN),
  log: grammarOf(LOG),
};

/** The names one section uses again and again. */
class Vocabulary {
  readonly #random: Random;
  readonly #words: readonly string[];
  readonly #names: readonly string[];
  readonly #types: readonly string[];
  readonly #constants: readonly string[];
  readonly #phrases: readonly string[];

  constructor(random: Random, join: (words: readonly string[]) => string) {
    this.#random = random;
    const words = (least: number, most: number): string[] =>
      list(random.between(least, most), () => random.pickFrontHeavy(WORDS));
    this.#words = list(NAMES_PER_SECTION, () => random.pick(WORDS));
    this.#names = list(NAMES_PER_SECTION, () => join(words(2, 3)));
    this.#types = list(6, () => pascalCase(words(1, 2)));
    this.#constants = list(8, () => snakeCase(words(2, 3)).toUpperCase());
    this.#phrases = list(PHRASES_PER_SECTION, () => words(3, 6).join(' '));
  }

  fill(slot: string): string {
    const random = this.#random;
    switch (slot) {
      case 'w':
        return random.pickFrontHeavy(this.#words);
      case 'p':
        return random.pick(this.#phrases);
      case 'i':
        return random.pickFrontHeavy(this.#names);
      case 't':
        return random.pickFrontHeavy(this.#types);
      case 'm':
        return random.pickFrontHeavy(this.#constants);
      case 'n':
        return String(random.below(random.below(4) === 0 ? 4096 : 64));
      case 'x':
        return random.next().toString(16).padStart(8, '0');
      default:
        // A percent sign that begins no slot.
        return `%${slot}`;
    }
  }
}

function section(random: Random, grammar: Grammar): string {
  const vocabulary = new Vocabulary(random, grammar.join);
  let text = '';
  const write = (template: Template): void => {
    text += template.start;
    for (const [slot, after] of template.pieces) text += vocabulary.fill(slot) + after;
  };
  for (let part = 0; part < PARTS_PER_SECTION; part++) {
    write(random.pick(grammar.opening));
    for (let lines = random.between(3, 14); lines > 0; lines--) write(random.pick(grammar.lines));
    write(random.pick(grammar.closing));
  }
  return text;
}

/** Endless text of one kind. Every filled target ends with a newline. */
export function textSource(random: Random, kind: TextKind): ContentSource {
  const grammar = GRAMMARS[kind];
  return (target) => {
    let length = 0;
    while (length < target.length) length += target.write(section(random, grammar), length, 'latin1');
    if (length > 0) target[length - 1] = 0x0a;
  };
}

const LICENSE_COUNT = 5;

/** One of a few license texts: like in real trees, many files of the corpus have equal content. */
export function licenseSource(random: Random): ContentSource {
  return textSource(new Random('license', random.below(LICENSE_COUNT)), 'markdown');
}
