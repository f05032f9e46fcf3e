import { damaged } from '../../base/errors.ts';

/** Shorter text costs nothing worth a look, and there are a million lines of it in an index. */
const SHORT = 64 * 1024;

/** Far deeper than anything this program writes. */
const MOST_DEPTH = 32;

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/;

const [BACKSLASH, QUOTE, BRACE, CLOSING_BRACE] = [0x5c, 0x22, 0x7b, 0x7d];
/** `[` and `{` differ in it only, and so do `]` and `}`. */
const BRACKET_BIT = 0x20;

/**
 * A JSON object that this program wrote once, and that anyone may have changed since.
 *
 * Every method gives a value of the kind it is named for, or throws `E_DAMAGED` that names the file and the
 * place in it. By hand rather than with zod, which takes 60 ms to load, a tenth of a nightly run that finds
 * nothing changed, and 2.6 microseconds a line of an index that may have a million.
 */
export class Fields {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #where: string;
  readonly #path: string;

  private constructor(value: unknown, where: string, path: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw damaged(where, `${path === '' ? 'it' : `\`${path}\``} is no object`);
    }
    this.#fields = value as Readonly<Record<string, unknown>>;
    this.#where = where;
    this.#path = path;
  }

  /** @param where - The file, for messages. */
  static parse(json: string, where: string): Fields {
    // JSON.parse() takes seconds, and much memory, for megabytes of brackets.
    if (json.length > SHORT && isDeep(json)) throw damaged(where, 'it is nested far too deep');
    let value: unknown;
    try {
      value = JSON.parse(json);
    } catch (cause) {
      throw damaged(where, 'it is not JSON', cause);
    }
    return new Fields(value, where, '');
  }

  /** Refuses the value of `key`. */
  wrong(key: string): never {
    throw damaged(this.#where, `\`${this.#name(key)}\` is missing or not what it should be`);
  }

  has(key: string): boolean {
    return this.#fields[key] !== undefined && this.#fields[key] !== null;
  }

  text(key: string, pattern?: RegExp): string {
    const value = this.#fields[key];
    return typeof value === 'string' && (pattern === undefined || pattern.test(value))
      ? value
      : this.wrong(key);
  }

  /** A moment in UTC, such as `2026-11-19T02:00:00.000Z`. One that no calendar has, as of a 13th month, is wrong. */
  time(key: string): string {
    const value = this.text(key, TIME);
    return Number.isNaN(Date.parse(value)) ? this.wrong(key) : value;
  }

  /** An integer from 0 on. */
  count(key: string): number {
    return asCount(this.#fields[key]) ?? this.wrong(key);
  }

  boolean(key: string): boolean {
    const value = this.#fields[key];
    return typeof value === 'boolean' ? value : this.wrong(key);
  }

  oneOf<T extends string>(key: string, values: readonly T[]): T {
    return values.find((value) => value === this.#fields[key]) ?? this.wrong(key);
  }

  object(key: string): Fields {
    return new Fields(this.#fields[key], this.#where, this.#name(key));
  }

  objects(key: string): readonly Fields[] {
    return this.#list(key).map((value, i) => new Fields(value, this.#where, `${this.#name(key)}.${i}`));
  }

  counts(key: string): readonly number[] {
    return this.#list(key).map((value) => asCount(value) ?? this.wrong(key));
  }

  strings(key: string): readonly string[] {
    return this.#list(key).map((value) => (typeof value === 'string' ? value : this.wrong(key)));
  }

  /** A number from 0 to 1. */
  share(key: string): number {
    const value = this.#fields[key];
    return typeof value === 'number' && value >= 0 && value <= 1 ? value : this.wrong(key);
  }

  /** All keys, when every value is text that `pattern` allows. */
  texts(pattern: RegExp): Readonly<Record<string, string>> {
    return Object.fromEntries(Object.keys(this.#fields).map((key) => [key, this.text(key, pattern)]));
  }

  #list(key: string): readonly unknown[] {
    const value = this.#fields[key];
    return Array.isArray(value) ? value : this.wrong(key);
  }

  #name(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`;
  }
}

function isDeep(json: string): boolean {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) isText = !isText;
    else if (isText) continue;
    else if ((code | BRACKET_BIT) === CLOSING_BRACE) depth--;
    else if ((code | BRACKET_BIT) === BRACE && ++depth > MOST_DEPTH) return true;
  }
  return false;
}

function asCount(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
