import { COLUMNS, type Column, type Settings } from './columns.ts';
import type { CsvRecord } from './csv.ts';
import { nearest, oneOf } from './nearest.ts';
import { initHint, InvalidValue, type PlanProblem, problemAt, quoted } from './problem.ts';

/** What a header says: which column each cell belongs to; undefined for one that is not known. */
export interface Header {
  readonly line: number;
  readonly columns: readonly (Column | undefined)[];
}

const ALL = Object.keys(COLUMNS).filter(isColumn);
const BY_NAME = new Map(
  ALL.flatMap((column) => [column, ...COLUMNS[column].aliases].map((name) => [name, column])),
);

function isColumn(name: string): name is Column {
  return Object.hasOwn(COLUMNS, name);
}

/** Reads the line that names the columns. Names are case-insensitive; empty ones at the end are dropped. */
export function readHeader({ line, cells }: CsvRecord): { header: Header; problems: readonly PlanProblem[] } {
  const names = cells.slice(0, cells.findLastIndex((cell) => cell !== '') + 1);
  const columns = names.map((name) => BY_NAME.get(name.trim().toLowerCase()));
  const header = { line, columns };
  const meant = names.map((name) => nearest(name, [...BY_NAME.keys()]));
  if (columns.every((column) => column === undefined) && meant.every((name) => name === undefined)) {
    const message = `no column names: the first line must name them, ${quoted('source')} and ${quoted('destination')} at least`;
    return {
      header,
      problems: [problemAt(line, message, { hint: initHint() })],
    };
  }
  const missing = ALL.filter((column) => COLUMNS[column].isRequired && !columns.includes(column));
  return {
    header,
    problems: [
      ...names.flatMap((name, index) => nameProblems(line, name, index, columns)),
      ...missing
        // A misspelled name is one problem, not two.
        .filter(
          (column) =>
            !meant.some((name, index) => columns[index] === undefined && BY_NAME.get(name ?? '') === column),
        )
        .map((column) =>
          problemAt(line, `the column ${quoted(column)} is missing: every plan needs it`, { column }),
        ),
    ],
  };
}

function nameProblems(line: number, name: string, index: number, columns: Header['columns']): PlanProblem[] {
  const column = columns[index];
  const details = { column: name, value: name };
  if (name === '') return [problemAt(line, `column ${index + 1} has no name: name it or remove it`)];
  if (column === undefined) {
    const match = nearest(name, [...BY_NAME.keys()]);
    const right =
      match === undefined ? `use ${oneOf(ALL)}` : `did you mean ${quoted(BY_NAME.get(match) ?? match)}?`;
    return [problemAt(line, `unknown column ${quoted(name)}: ${right}`, details)];
  }
  if (columns.indexOf(column) < index) {
    const also = name.trim().toLowerCase() === column ? '' : ` (${quoted(name)} means the same)`;
    return [
      problemAt(line, `the column ${quoted(column)} appears twice${also}: remove one`, {
        column,
        value: name,
      }),
    ];
  }
  return [];
}

/**
 * Reads one line below the header, each cell by itself.
 *
 * Missing cells at the end take their column's default, as empty ones do; a missing source or destination is a
 * problem. Cells beyond the header are a problem unless they are empty. A cell with a problem takes the default,
 * so that the rest of the line can still be checked.
 */
export function readSettings(
  { line, cells }: CsvRecord,
  { columns }: Header,
): { settings: Settings; problems: readonly PlanProblem[] } {
  const problems: PlanProblem[] = [];
  const surplus = cells.slice(columns.length).find((cell) => cell !== '');
  if (surplus !== undefined) {
    const message = `${cells.length} cells, but the header names ${columns.length} columns: remove ${quoted(surplus)}, or quote the value that has a delimiter in it`;
    problems.push(problemAt(line, message, { value: surplus }));
  }
  const read = <C extends Column>(column: C): Settings[C] => {
    const { initial, isRequired, parse } = COLUMNS[column];
    const index = columns.indexOf(column);
    const value = cells[index]?.trim() === '' ? undefined : cells[index];
    try {
      if (value !== undefined) return parse(value);
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      problems.push(problemAt(line, error.inColumn(column), { column, value: cells[index] ?? '' }));
    }
    // A column that the header lacks is the header's problem, not one of every row.
    if (value === undefined && isRequired && index !== -1) {
      problems.push(problemAt(line, `no value in column ${quoted(column)}: every row needs one`, { column }));
    }
    return initial;
  };
  const settings = {
    source: read('source'),
    destination: read('destination'),
    name: read('name'),
    active: read('active'),
    keep: read('keep'),
    format: read('format'),
    strategy: read('strategy'),
    exclude: read('exclude'),
    'exclude-from': read('exclude-from'),
    'exclude-if-present': read('exclude-if-present'),
    'exclude-larger-than': read('exclude-larger-than'),
    'one-file-system': read('one-file-system'),
    'may-fail': read('may-fail'),
    encrypt: read('encrypt'),
    every: read('every'),
    shutdown: read('shutdown'),
    before: read('before'),
    after: read('after'),
    'hook-limit': read('hook-limit'),
  };
  return { settings, problems };
}
