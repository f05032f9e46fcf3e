import { isUtf8 } from 'node:buffer';
import { CsvError, parse } from 'csv-parse/sync';
import { type PlanProblem, problemAt } from './problem.ts';

/** One line of a table, or several when a quoted value spans them. */
export interface CsvRecord {
  /** Where it begins in the file, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

export interface CsvTable {
  /** The header first, then the rows; comments and blank lines are left out. */
  readonly records: readonly CsvRecord[];
  readonly problems: readonly PlanProblem[];
}

/**
 * Reads a plan's bytes as CSV.
 *
 * UTF-8 with or without BOM, lines ending in LF or CRLF. The delimiter is `,`, `;` or a tab: whichever the
 * header has most of. A line that begins with `#` is a comment, except inside quotes; to begin a value with
 * `#`, quote it. Space around a cell is dropped unless it is inside the quotes. A line with nothing but
 * delimiters is blank: spreadsheets pad with them. A first line `sep=;` is for Excel, and says what the delimiter is.
 */
export function readCsv(bytes: Uint8Array): CsvTable {
  const problem = encodingProblem(bytes);
  if (problem !== undefined) return { records: [], problems: [problem] };
  // csv-parse counts CRLF inside quotes as two lines.
  const text = new TextDecoder().decode(bytes).replaceAll(/\r\n?/g, '\n');
  const lines = text.split('\n');
  const said = /^sep=([,;\t])$/i.exec(lines[0] ?? '')?.[1];
  if (said !== undefined) lines[0] = '';
  return readLines(lines, said ?? detectDelimiter(lines.find(hasContent) ?? ''));
}

function encodingProblem(bytes: Uint8Array): PlanProblem | undefined {
  const hint = 'Save it as "CSV UTF-8".';
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return problemAt(1, 'the file is UTF-16: save it as UTF-8', { hint });
  }
  const lines = splitLines(bytes);
  const zero = lines.findIndex((line) => line.includes(0));
  if (zero !== -1)
    return problemAt(zero + 1, 'a NUL byte, which no text has: save the file as UTF-8', { hint });
  const broken = lines.findIndex((line) => !isUtf8(line));
  if (broken !== -1) return problemAt(broken + 1, 'not valid UTF-8: save the file as UTF-8', { hint });
  return undefined;
}

// No byte of a longer UTF-8 sequence equals LF or CR, so each line can be looked at by itself.
function splitLines(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let at = 0; at < bytes.length; at++) {
    const isEnd = bytes[at] === 0x0a || (bytes[at] === 0x0d && bytes[at + 1] !== 0x0a);
    if (!isEnd) continue;
    lines.push(bytes.subarray(start, at));
    start = at + 1;
  }
  return [...lines, bytes.subarray(start)];
}

function hasContent(line: string): boolean {
  return line.trim() !== '' && !line.startsWith('#');
}

/** The one of `,`, `;` and tab that `header` has most of outside quotes; a comma when it has none. */
function detectDelimiter(header: string): string {
  const bare = header.replaceAll(/"[^"]*"/g, '');
  const count = (delimiter: string): number => bare.split(delimiter).length - 1;
  return [',', ';', '\t'].toSorted((a, b) => count(b) - count(a))[0] ?? ',';
}

// Each mistake in the quoting costs one more pass over the rest of the file.
const MOST_QUOTING_PROBLEMS = 20;

/**
 * Parses all lines. After a mistake in the quoting of a record, parsing begins anew on the line after the
 * record's first, so that one stray quote does not hide the problems of all rows below it.
 */
function readLines(lines: readonly string[], delimiter: string): CsvTable {
  const records: CsvRecord[] = [];
  const problems: PlanProblem[] = [];
  let skipped = 0;
  for (;;) {
    const part = readUntilMistake(lines.slice(skipped), delimiter);
    for (const { line, cells } of part.records) records.push({ line: line + skipped, cells });
    if (part.mistake === undefined) return { records, problems };
    const line = part.mistake.line + skipped;
    if (problems.length === MOST_QUOTING_PROBLEMS) {
      return {
        records,
        problems: [...problems, problemAt(line, 'too many stray quotes: the rest is not checked')],
      };
    }
    problems.push(problemAt(line, part.mistake.message));
    skipped = line;
  }
}

interface Part {
  readonly records: readonly CsvRecord[];
  readonly mistake: { readonly line: number; readonly message: string } | undefined;
}

function readUntilMistake(lines: readonly string[], delimiter: string): Part {
  const records: CsvRecord[] = [];
  let lastLine = 0;
  try {
    parse(lines.join('\n'), {
      delimiter,
      record_delimiter: '\n',
      comment: '#',
      comment_no_infix: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      on_record: (cells: string[], { lines: line }) => {
        lastLine = line;
        const isBlank = cells.every((cell) => cell === '');
        if (!isBlank) records.push({ line: line - countBreaks(cells), cells });
        return null;
      },
    });
    return { records, mistake: undefined };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = lines.findIndex((text, index) => index >= lastLine && hasContent(text)) + 1;
    return { records, mistake: { line, message: QUOTING[error.code] ?? error.message } };
  }
}

function countBreaks(cells: readonly string[]): number {
  return cells.reduce((sum, cell) => sum + cell.split('\n').length - 1, 0);
}

const AFTER_QUOTE =
  'text after a closing quote: put the whole value in quotes and double the quotes inside it';

const QUOTING: Readonly<Record<string, string>> = {
  INVALID_OPENING_QUOTE:
    'a quote inside a value: put the whole value in quotes and double the quotes inside it',
  CSV_INVALID_CLOSING_QUOTE: AFTER_QUOTE,
  CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE: AFTER_QUOTE,
  CSV_QUOTE_NOT_CLOSED: 'a quote is opened but never closed: add the closing quote',
};
