import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CsvRecord, readCsv } from './csv.ts';

const records = (text: string): readonly CsvRecord[] => readCsv(Buffer.from(text)).records;
const cells = (text: string): (readonly string[])[] => records(text).map((record) => record.cells);
const problems = (text: string | Uint8Array): [number, string][] =>
  readCsv(Buffer.from(text)).problems.map(({ line, message }) => [line, message]);

describe('readCsv()', () => {
  it.each([
    ['comma', 'a,b\n1;2,3'],
    ['semicolon', 'a;b\n1;2,3'],
    ['tab', 'a\tb\n1;2\t3'],
    ['semicolon after quoted commas', '"a,,,";b\n1;2,3'],
    ['semicolon after a comment with commas', '# x,y,z\n\na;b\n1;2,3'],
  ])('takes the delimiter from the header: %s', (_, text) => {
    expect(records(text)).toHaveLength(2);
    expect(records(text).every((record) => record.cells.length === 2)).toBe(true);
  });

  it('takes the delimiter from a first line `sep=`, as Excel does, which counts as a line', () => {
    expect(records('\ufeffsep=;\r\na,b;c\r\n1;2\r\n')).toEqual([
      { line: 2, cells: ['a,b', 'c'] },
      { line: 3, cells: ['1', '2'] },
    ]);
    expect(cells('sep=\t\na\tb')).toEqual([['a', 'b']]);
    expect(cells('a;b\nsep=,;2')).toEqual([
      ['a', 'b'],
      ['sep=,', '2'],
    ]);
  });

  it('reads a byte order mark as no part of the first name', () => {
    expect(cells('\ufeffa,b')).toEqual([['a', 'b']]);
  });

  it('reads CRLF, LF and CR as line ends, mixed as well', () => {
    expect(records('a,b\r\n1,2\n3,4\r5,6\r\n')).toEqual([
      { line: 1, cells: ['a', 'b'] },
      { line: 2, cells: ['1', '2'] },
      { line: 3, cells: ['3', '4'] },
      { line: 4, cells: ['5', '6'] },
    ]);
  });

  it('counts lines through comments, blank lines and quoted line breaks', () => {
    const text = '# c\r\na,b\r\n\r\n# "x\r\n"1\r\n2",3\r\n4,"5\n\n6"\r\n,\r\n7,8';
    expect(records(text).map(({ line }) => line)).toEqual([2, 5, 7, 11]);
  });

  it('takes # for a comment only where a line begins', () => {
    expect(cells('a,b\n#x,1\n"#y",2\nz#,#3\n"\n# no comment",4')).toEqual([
      ['a', 'b'],
      ['#y', '2'],
      ['z#', '#3'],
      ['\n# no comment', '4'],
    ]);
  });

  it('trims around cells but not inside quotes', () => {
    expect(cells('a , b\n  1  ,  " 2 "  ')).toEqual([
      ['a', 'b'],
      ['1', ' 2 '],
    ]);
  });

  it('keeps empty cells between tabs', () => {
    expect(cells('a\tb\tc\n\t\t1\n2\t\t')).toEqual([
      ['a', 'b', 'c'],
      ['', '', '1'],
      ['2', '', ''],
    ]);
  });

  it.each<[string, string | Uint8Array, number, string]>([
    ['UTF-16, little end first', Buffer.from('\ufeffa,b', 'utf16le'), 1, 'UTF-16'],
    ['UTF-16, big end first', Buffer.from('\ufeffa,b', 'utf16le').swap16(), 1, 'UTF-16'],
    ['UTF-16 without a mark', Buffer.from('a,b', 'utf16le'), 1, 'NUL byte'],
    ['Latin-1', Buffer.from('a,b\r\n\r\n1,\xe4', 'latin1'), 3, 'not valid UTF-8'],
  ])('asks for UTF-8 when the file is %s', (_, bytes, line, message) => {
    expect(problems(bytes)).toEqual([[line, expect.stringContaining(message)]]);
    expect(problems(bytes)[0]?.[1]).toContain('save');
  });

  it('finds each stray quote on its own line and reads the rows between', () => {
    const text = 'a,b\n1,x"y\n2,"a"b\n# "\n3,4\n"5" ,6\n"x"#y,7\n8,9\n10,"11\n12,13\n';
    expect(problems(text)).toEqual([
      [2, expect.stringContaining('a quote inside a value')],
      [3, expect.stringContaining('text after a closing quote')],
      [7, expect.stringContaining('text after a closing quote')],
      [9, expect.stringContaining('never closed')],
    ]);
    expect(records(text)).toEqual([
      { line: 1, cells: ['a', 'b'] },
      { line: 5, cells: ['3', '4'] },
      { line: 6, cells: ['5', '6'] },
      { line: 8, cells: ['8', '9'] },
      { line: 10, cells: ['12', '13'] },
    ]);
  });

  it('gives up on a file of stray quotes before it takes long', () => {
    expect(problems('a,b\n'.concat('x"\n'.repeat(50_000)))).toHaveLength(21);
  });

  it('reads back any table, whatever the delimiter, line end and quoting', () => {
    const cell = fc.string({ unit: fc.constantFrom(...Array.from('ab ,;\t"\n#é')), maxLength: 6 });
    const row = fc.tuple(cell, cell, cell).filter((values) => values.some((value) => value !== ''));
    fc.assert(
      fc.property(
        fc.array(row),
        fc.constantFrom(',', ';', '\t'),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        (rows, delimiter, end, isQuotedAlways) => {
          const isPlain = (value: string): boolean => !isQuotedAlways && /^[abé]*$/.test(value);
          const write = (value: string): string =>
            isPlain(value) ? value : `"${value.replaceAll('"', '""')}"`;
          const table = [['x', 'y', 'z'], ...rows];
          const text = table.map((values) => values.map(write).join(delimiter)).join(end);
          expect(cells(text)).toEqual(table);
        },
      ),
    );
  });
});
