import type { ArchiveFormat } from '../base/archive-format.ts';
import { parseEncrypt } from './recipients.ts';
import { DEFAULT_EVERY_MS, parseEvery } from './every.ts';
import { type Keep, parseKeeps } from './keep.ts';
import { parseName } from './name.ts';
import { suggest } from './nearest.ts';
import { parseMarkers } from './markers.ts';
import { InvalidValue, quoted } from './problem.ts';
import { parseSize } from './size.ts';

/** What one line of a plan says, each cell by itself: paths are still text. */
export interface Settings {
  readonly source: string;
  readonly destination: string;
  /** Empty: the last part of the source. */
  readonly name: string;
  readonly active: boolean;
  /** One for all destinations, or one for each. Empty: by its strategy. */
  readonly keep: readonly Keep[];
  readonly format: ArchiveFormat;
  readonly strategy: 'incremental' | 'full' | 'mirror' | 'sync';
  readonly exclude: readonly string[];
  /** A file with more of them. Empty: none. */
  readonly 'exclude-from': string;
  /** Names of files that mark a folder as one of which nothing else is kept. */
  readonly 'exclude-if-present': readonly string[];
  /** In bytes. */
  readonly 'exclude-larger-than': number | undefined;
  readonly 'one-file-system': boolean;
  /** Globs of what is no trouble when it cannot be read. */
  readonly 'may-fail': readonly string[];
  /** Whom it is encrypted for, as age writes them; or the path of a file of them. Empty: it is not encrypted. */
  readonly encrypt: readonly string[];
  /** How often it is to succeed, in milliseconds: later, and it is overdue. */
  readonly every: number;
  readonly shutdown: boolean;
  /** Command lines of the user's, before and after the row. Empty: none. */
  readonly before: string;
  readonly after: string;
  /** So long either may take, in milliseconds. */
  readonly 'hook-limit': number;
}

export type Column = keyof Settings;

interface ColumnRule<T> {
  /** Other header names that mean the same. */
  readonly aliases: readonly string[];
  /** What an empty or missing cell means. */
  readonly initial: T;
  readonly isRequired: boolean;
  /** Reads a cell that is not empty; throws `InvalidValue`. */
  readonly parse: (text: string) => T;
}

/** Every column of a plan. */
export const COLUMNS: { readonly [C in Column]: ColumnRule<Settings[C]> } = {
  source: { aliases: ['src'], initial: '', isRequired: true, parse: String },
  destination: { aliases: ['dst'], initial: '', isRequired: true, parse: String },
  name: { aliases: [], initial: '', isRequired: false, parse: parseName },
  active: { aliases: ['activate'], initial: true, isRequired: false, parse: parseSwitch },
  keep: { aliases: [], initial: [], isRequired: false, parse: parseKeeps },
  format: { aliases: [], initial: 'tar.zst', isRequired: false, parse: choice('tar.zst', 'zip') },
  strategy: {
    aliases: [],
    initial: 'incremental',
    isRequired: false,
    parse: choice('incremental', 'full', 'mirror', 'sync'),
  },
  exclude: { aliases: [], initial: [], isRequired: false, parse: parseGlobs },
  'exclude-from': { aliases: [], initial: '', isRequired: false, parse: (text) => text.trim() },
  'exclude-if-present': { aliases: [], initial: [], isRequired: false, parse: parseMarkers },
  'exclude-larger-than': { aliases: [], initial: undefined, isRequired: false, parse: parseSize },
  'one-file-system': { aliases: [], initial: false, isRequired: false, parse: parseSwitch },
  'may-fail': { aliases: [], initial: [], isRequired: false, parse: parseGlobs },
  encrypt: { aliases: [], initial: [], isRequired: false, parse: parseEncrypt },
  every: { aliases: ['interval'], initial: DEFAULT_EVERY_MS, isRequired: false, parse: parseEvery },
  shutdown: { aliases: [], initial: false, isRequired: false, parse: parseSwitch },
  before: { aliases: [], initial: '', isRequired: false, parse: (text) => text.trim() },
  after: { aliases: [], initial: '', isRequired: false, parse: (text) => text.trim() },
  'hook-limit': { aliases: [], initial: 3_600_000, isRequired: false, parse: parseLimit },
};

function choice<T extends string>(...allowed: readonly T[]): (text: string) => T {
  return (text) => {
    const word = text.trim().toLowerCase();
    const match = allowed.find((value) => value === word);
    if (match === undefined) throw new InvalidValue(`unknown value ${quoted(text)}`, suggest(word, allowed));
    return match;
  };
}

const YES = ['yes', 'true', '1', 'on'];
const NO = ['no', 'false', '0', 'off'];

function parseSwitch(text: string): boolean {
  const word = text.trim().toLowerCase();
  if (YES.includes(word)) return true;
  if (NO.includes(word)) return false;
  throw new InvalidValue(`unknown value ${quoted(text)}`, 'use `yes` or `no`');
}

const LIMIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** A day at most: what takes longer is no preparation. */
function parseLimit(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,5}) ?([smh])$/i.exec(text.trim()) ?? [];
  const ms = Number(count) * (LIMIT_MS[unit.toLowerCase()] ?? 0);
  if (ms >= 1000 && ms <= 24 * 3_600_000) return ms;
  throw new InvalidValue(
    `unknown time ${quoted(text)}`,
    'write for example `90s`, `10m` or `2h`, up to `24h`',
  );
}

/**
 * Reads an `exclude` or `may-fail` cell: globs in gitignore syntax, `|` or a line break between them. A leading `#` is part of
 * the name (gitignore has comments, a plan's cell has none), so it is returned as `\#`.
 */
function parseGlobs(text: string): readonly string[] {
  const globs = text.split(/[|\n]/).map((glob) => glob.trim());
  // Gitignore drops the one without a word and reads the other as `ab`; both are Windows paths in most cases.
  const broken = globs.find((glob) => /(?<!\\)(?:\\\\)*\\(?:[\p{L}\p{N}_]|$)/u.test(glob));
  if (broken !== undefined) {
    throw new InvalidValue(`backslash in the glob ${quoted(broken)}`, 'use `/` between folders');
  }
  return globs.filter((glob) => glob !== '').map((glob) => (glob.startsWith('#') ? `\\${glob}` : glob));
}
