import path from 'node:path';
import { addressKind } from '../base/address.ts';
import type { Settings } from './columns.ts';
import { destinationsOf } from './destinations.ts';
import { type ExcludeFile, NO_FILE, readExcludes } from './exclude-file.ts';
import { expandAddress, expandPath, type Surroundings } from './expand.ts';
import { findMatches, findPattern } from './glob.ts';
import { nameForPattern, nameRefusal } from './name.ts';
import { ownPatterns } from './own-patterns.ts';
import { InvalidValue, type PlanProblem, shown, problemAt, quoted } from './problem.ts';
import { isFile, readRecipients } from './recipients.ts';
import type { Row } from './row.ts';
import { defaultKeep, strategyProblems } from './strategy.ts';

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
  const attempt = async <T>(
    column: 'source' | 'destination',
    read: () => T | Promise<T>,
    none: T,
  ): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      problems.push(asProblem(error, line, column, settings[column]));
      return none;
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
  const source = await attempt('source', () => sourceOf(settings, around), '');
  const destinations = await attempt(
    'destination',
    async () => await destinationsOf(settings.destination, around),
    [],
  );
  const [destination = ''] = destinations;
  if (source === '' || destination === '') return { rows: [], problems, isPattern: false };
  problems.push(...strategyProblems(line, settings, source, destinations));
  const keep = settings.keep.length > 0 ? settings.keep : [defaultKeep(settings.strategy)];
  if (keep.length > 1 && keep.length !== destinations.length) {
    const message = `${keep.length} rules in \`keep\` for ${destinations.length === 1 ? 'one destination' : `${destinations.length} destinations`}: write one for each, or one for all`;
    problems.push(problemAt(line, message, { column: 'keep' }));
  }
  const { file, lines } = await excluded();
  const row: Row = {
    ...settings,
    keep: keep[0] ?? {},
    line,
    source,
    destination,
    encrypt: await recipients(),
    'exclude-from': file,
    excludeLines: lines,
  };
  // Without its file, `encrypt` would say nobody, and `exclude-from` nothing.
  if (problems.length > 0) return { rows: [], problems, isPattern: false };
  const made = await rowsOf(row, settings.source, destinations, around);
  return {
    rows: made.rows.flatMap((one) =>
      destinations.map((each, i) => ({ ...one, destination: each, keep: keep[i] ?? one.keep })),
    ),
    problems: made.problems,
    isPattern: made.isPattern,
  };
}

function sourceOf({ source, strategy }: Settings, around: Surroundings): string {
  // What is on a server is none of this machine's to back up; its other half may be here.
  if (strategy === 'sync' && addressKind(source) !== undefined) return expandAddress(source, around);
  return source === '' ? '' : expandPath(source, around);
}

/** The rows of a line at its first destination. @param written - The source, as it is written. */
async function rowsOf(
  row: Row,
  written: string,
  destinations: readonly string[],
  around: Surroundings,
): Promise<MadeRows> {
  const { line, source } = row;
  const pattern = addressKind(source) === undefined ? await findPattern(source) : undefined;
  if (pattern === undefined) {
    return nameRow(withOwnPatterns(row, [], around), written, 'set `name`');
  }
  let matches: readonly string[] = [];
  try {
    if (row.active) matches = await findMatches(pattern, destinations);
  } catch (error) {
    return { rows: [], problems: [asProblem(error, line, 'source', written)], isPattern: true };
  }
  if (matches.length === 0) {
    if (row.name !== '') return { rows: [row], problems: [], isPattern: true };
    const named = { ...row, name: nameForPattern(path.basename(source)), label: written };
    return { rows: [named], problems: [], isPattern: true };
  }
  if (matches.length > 1 && row.name !== '') {
    const message = `${quoted(row.name)} cannot name all ${matches.length} matches of ${quoted(written)}: leave \`name\` empty, so that each is named after itself`;
    return {
      rows: [],
      problems: [problemAt(line, message, { column: 'name', value: row.name })],
      isPattern: false,
    };
  }
  const advice = 'set `name`, in a row of its own';
  const made = matches.map((match) =>
    nameRow(withOwnPatterns({ ...row, source: match }, matches, around), written, advice),
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
