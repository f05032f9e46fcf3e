// Another name for a row, in the text of its plan: one cell is written anew, all else stays byte for byte.
import { readCsv, type CsvRecord } from './csv.ts';
import { readHeader } from './table.ts';

/** Why the plan cannot be changed here, so that its owner has to. */
export type Hindrance = 'no column' | 'glob' | 'no place';

const DELIMITERS = [',', ';', '\t'];

/**
 * The plan `bytes` with `name` in the column `name` of the row in `line`. Nobody has to know where in the text a cell lies: every
 * place that may be it is tried, and the one counts after which the table reads as it should.
 *
 * @param bytes - A plan without problems.
 */
export function withName(bytes: Uint8Array, line: number, name: string): Uint8Array | Hindrance {
  const { records } = readCsv(bytes);
  const [first, ...rows] = records;
  const columns = first === undefined ? [] : readHeader(first).header.columns;
  const [column, at] = [columns.indexOf('name'), rows.findIndex((row) => row.line === line)];
  const row = rows[at];
  if (column === -1 || row === undefined) return 'no column';
  const cell = row.cells[column] ?? '';
  // It would be the name of all that it matches, also of what comes later.
  if (cell === '' && /[*?[{]/.test(row.cells[columns.indexOf('source')] ?? '')) return 'glob';
  const padded = [...row.cells, ...Array<string>(Math.max(0, column + 1 - row.cells.length)).fill('')];
  const wanted = records.map((one) => (one === row ? { line, cells: padded.with(column, name) } : one));
  const end = rows[at + 1]?.line ?? Infinity;
  const missing = padded.length - row.cells.length;
  for (const changed of candidates(bytes, { line, end, cell, missing }, name))
    if (isSame(readCsv(changed), wanted)) return changed;
  return 'no place';
}

interface Target {
  /** Where the record begins, and the next one. */
  readonly line: number;
  readonly end: number;
  readonly cell: string;
  /** So many cells are missing at the end of the record. */
  readonly missing: number;
}

function* candidates(bytes: Uint8Array, target: Target, name: string): Generator<Uint8Array> {
  // One character per byte.
  const text = Buffer.from(bytes).toString('latin1');
  const [from, to] = [offsetOf(text, target.line), offsetOf(text, target.end)];
  const cell = Buffer.from(target.cell).toString('latin1');
  const plain = Buffer.from(name).toString('latin1');
  const pads = target.missing === 0 ? [''] : DELIMITERS.map((one) => one.repeat(target.missing));
  for (let at = from; at <= to; at++) {
    if (cell === '' ? !mayBeEmpty(text, at) : !text.startsWith(cell, at)) continue;
    for (const value of [plain, `"${plain}"`])
      for (const pad of pads)
        yield Buffer.from(`${text.slice(0, at)}${pad}${value}${text.slice(at + cell.length)}`, 'latin1');
  }
}

/** Whether an empty cell may be at `at`: between delimiters or quotes, or at the end of a line. */
function mayBeEmpty(text: string, at: number): boolean {
  if (text.charAt(at) === '"') return text.charAt(at - 1) === '"';
  return /^(?:[,;\t\r\n]|$)/.test(text.charAt(at)) || DELIMITERS.includes(text.charAt(at - 1));
}

function offsetOf(text: string, line: number): number {
  let number = 1;
  for (const { index, 0: end } of text.matchAll(/\r\n?|\n/g))
    if (++number === line) return index + end.length;
  return line === 1 ? 0 : text.length;
}

function isSame({ records, problems }: ReturnType<typeof readCsv>, wanted: readonly CsvRecord[]): boolean {
  return problems.length === 0 && JSON.stringify(records) === JSON.stringify(wanted);
}
