import path from 'node:path';
import { addressKind } from '../base/address.ts';
import type { Settings } from './columns.ts';
import { expandAddress, expandPath, type Surroundings } from './expand.ts';
import { type ExcludeFile, NO_FILE, readExcludes } from './exclude-file.ts';
import { findMatches, findPattern } from './glob.ts';
import { nameForPattern, nameRefusal } from './name.ts';
import { ownPatterns } from './own-patterns.ts';
import { InvalidValue, type PlanProblem, shown, problemAt, quoted } from './problem.ts';
import { isFile, readRecipients } from './recipients.ts';
import type { Row } from './row.ts';

export interface MadeRows {
  readonly rows: readonly Row[];
  readonly problems: readonly PlanProblem[];
  /** Whether `rows` is a glob that stands for its matches: it is inactive, or nothing matches. */
  readonly isPattern: boolean;
}

/**
 * Makes the rows of one line: paths absolute, globs expanded, each row named.
 *
 * A glob becomes one row per match. One that matches nothing stays as it is, to fail as its row and no other;
 * so does an inactive one, which is not looked up.
 */
export async function makeRows(line: number, settings: Settings, around: Surroundings): Promise<MadeRows> {
  const problems: PlanProblem[] = [];
  const expand = (column: 'source' | 'destination'): string => {
    try {
      if (settings[column] === '') return '';
      const isFar = column === 'destination' && addressKind(settings[column]) !== undefined;
      return isFar ? expandAddress(settings[column], around) : expandPath(settings[column], around);
    } catch (error) {
      problems.push(asProblem(error, line, column, settings[column]));
      return '';
    }
  };
  const recipients = async (): Promise<readonly string[]> => {
    const { encrypt } = settings;
    if (!isFile(encrypt)) return encrypt;
    try {
      return await readRecipients(expandPath(encrypt[0] ?? '', around));
    } catch (error) {
      problems.push(asProblem(error, line, 'encrypt', encrypt[0] ?? ''));
      return [];
    }
  };
  const excluded = async (): Promise<ExcludeFile> => {
    const cell = settings['exclude-from'];
    try {
      if (cell === '') return NO_FILE;
      const file = expandPath(cell, around);
      // As with globs, nothing is looked up for what is switched off.
      return { file, lines: settings.active ? await readExcludes(file) : [] };
    } catch (error) {
      problems.push(asProblem(error, line, 'exclude-from', cell));
      return NO_FILE;
    }
  };
  const source = expand('source');
  const destination = expand('destination');
  if (source === '' || destination === '') return { rows: [], problems, isPattern: false };

  const { file, lines } = await excluded();
  const row: Row = {
    ...settings,
    line,
    source,
    destination,
    encrypt: await recipients(),
    'exclude-from': file,
    excludeLines: lines,
  };
  // Without its file, `encrypt` would say nobody, and `exclude-from` nothing.
  if (problems.length > 0) return { rows: [], problems, isPattern: false };
  const pattern = await findPattern(source);
  if (pattern === undefined) {
    return nameRow(withOwnPatterns(row, [], around), settings.source, 'set `name`');
  }
  let matches: readonly string[] = [];
  try {
    if (row.active) matches = await findMatches(pattern, destination);
  } catch (error) {
    return { rows: [], problems: [asProblem(error, line, 'source', settings.source)], isPattern: true };
  }
  if (matches.length === 0) {
    if (row.name !== '') return { rows: [row], problems, isPattern: true };
    const named = { ...row, name: nameForPattern(path.basename(source)), label: settings.source };
    return { rows: [named], problems, isPattern: true };
  }
  if (matches.length > 1 && row.name !== '') {
    const message = `${quoted(row.name)} cannot name all ${matches.length} matches of ${quoted(settings.source)}: leave \`name\` empty, so that each is named after itself`;
    return {
      rows: [],
      problems: [problemAt(line, message, { column: 'name', value: row.name })],
      isPattern: false,
    };
  }
  const advice = 'set `name`, in a row of its own';
  const made = matches.map((match) =>
    nameRow(withOwnPatterns({ ...row, source: match }, matches, around), settings.source, advice),
  );
  return {
    rows: made.flatMap(({ rows }) => rows),
    problems: made.flatMap((part) => part.problems),
    isPattern: false,
  };
}

function withOwnPatterns(row: Row, siblings: readonly string[], around: Surroundings): Row {
  const own = (patterns: readonly string[]): readonly string[] =>
    ownPatterns(patterns, row.source, siblings, around);
  return { ...row, exclude: own(row.exclude), excludeLines: own(row.excludeLines) };
}

/** Names `row` after its source unless it has a name; `value` and `advice` are for the problem. */
function nameRow(row: Row, value: string, advice: string): MadeRows {
  if (row.name !== '') return { rows: [row], problems: [], isPattern: false };
  const name = path.basename(row.source);
  const refusal = nameRefusal(name);
  if (refusal === undefined) return { rows: [{ ...row, name }], problems: [], isPattern: false };
  const source = `"${shown(row.source)}"`;
  const reason =
    name === '' ? `${source} has no last part` : `${quoted(name)}, the last part of ${source}, ${refusal}`;
  const message = `no name for the series: ${reason}: ${advice}`;
  return { rows: [], problems: [problemAt(row.line, message, { column: 'name', value })], isPattern: false };
}

function asProblem(error: unknown, line: number, column: string, value: string): PlanProblem {
  if (!(error instanceof InvalidValue)) throw error;
  return problemAt(line, error.inColumn(column), { column, value });
}
