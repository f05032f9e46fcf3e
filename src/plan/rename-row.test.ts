import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsv } from './csv.ts';
import { withName } from './rename-row.ts';

function renamed(text: string, line: number, name: string): string {
  const bytes = withName(Buffer.from(text), line, name);
  return typeof bytes === 'string' ? `! ${bytes}` : Buffer.from(bytes).toString('utf8');
}

describe('withName()', () => {
  it.each<[string, string, number, string, string]>([
    ['a plain cell', 'source,name\n/docs,docs\n/x,x', 2, 'papers', 'source,name\n/docs,papers\n/x,x'],
    [
      'the cell, not what looks like it',
      'source,destination,name\n/docs,/docs,docs\n',
      2,
      'a',
      'source,destination,name\n/docs,/docs,a\n',
    ],
    [
      'one of several rows',
      '#docs\n\nsource,name\n/a,docs\n# docs\n/b,docs\n',
      6,
      'b',
      '#docs\n\nsource,name\n/a,docs\n# docs\n/b,b\n',
    ],
    [
      'a BOM, CRLF, sep=, quotes and space around',
      '\ufeffsep=;\r\nname ; source\r\n  "docs"  ;"a;\r\ndocs"\r\n',
      3,
      'é',
      '\ufeffsep=;\r\nname ; source\r\n  "é"  ;"a;\r\ndocs"\r\n',
    ],
    ['a name with a delimiter', 'source,name\n/a,docs', 2, 'a, b', 'source,name\n/a,"a, b"'],
    ['a name that would be a comment', 'name,source\ndocs,/a', 2, '#a', 'name,source\n"#a",/a'],
    ['a name with a quoted delimiter', 'source,name\n/a,"a, b"', 2, 'docs', 'source,name\n/a,"docs"'],
    ['an empty cell', 'source,name,keep\n/docs,,7\n', 2, 'a', 'source,name,keep\n/docs,a,7\n'],
    ['an empty first cell', 'name,source\n,/docs\n', 2, 'a', 'name,source\na,/docs\n'],
    ['an empty last cell', 'source;name\r\n/docs;\r\n', 2, 'a', 'source;name\r\n/docs;a\r\n'],
    ['a quoted empty cell', 'source,name\n/docs,""\n', 2, 'a', 'source,name\n/docs,"a"\n'],
    ['cells that are missing', 'source\tkeep\tname\n/docs\n/x', 2, 'a', 'source\tkeep\tname\n/docs\t\ta\n/x'],
    ['the last row without a line end', 'source,name\n/docs', 2, 'a', 'source,name\n/docs,a'],
    ['old line ends', 'source,name\r/docs,docs\r', 2, 'a', 'source,name\r/docs,a\r'],
    ['a glob with one name', 'source,name\n/docs*,docs\n', 2, 'a', 'source,name\n/docs*,a\n'],
  ])('changes %s, and nothing else', (_, text, line, name, wanted) => {
    expect(renamed(text, line, name)).toBe(wanted);
  });

  it.each([
    ['no column', 'source,destination\n/docs,/x\n'],
    ['glob', 'source,name\n/docs/*,\n'],
    ['glob', 'source,name\n/docs/[ab],\n'],
    ['glob', 'source,name\n"/docs/{a,b}",\n'],
  ])('says %s for %j', (why, text) => {
    expect(renamed(text, 2, 'a')).toBe(`! ${why}`);
  });

  it('changes that cell alone, whatever there is', () => {
    const cell = fc.constantFrom('docs', 'a', '', '/docs', 'a b', 'a,b', 'do"cs', 'a\ndocs', '#docs', 'é');
    const name = fc.constantFrom('docs', 'a', 'new', 'a, b', 'a;b', '#x', 'é', ' '.repeat(3) + 'x');
    const row = fc.tuple(cell, fc.constantFrom('', 'docs', 'a, b', 'é'), cell);
    const delimiters = fc.constantFrom(',', ';', '\t');
    const ends = fc.constantFrom('\n', '\r\n');
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 4 }),
        fc.nat(),
        name,
        delimiters,
        ends,
        fc.boolean(),
        (rows, which, to, delimiter, end, hasBom) => {
          const quote = (text: string): string =>
            /[",;\t\n#]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""').replaceAll('\n', end)}"` : text;
          const lines = [
            ['exclude', 'name', 'source'],
            ...rows.map((one, i) => [...one.slice(0, 2), `s${i}`]),
          ];
          const text = lines.map((one) => one.map(quote).join(delimiter) + end).join('');
          const bytes = Buffer.from((hasBom ? '\ufeff' : '') + text);
          const { records } = readCsv(bytes);
          const record = records[1 + (which % rows.length)];
          if (record === undefined) throw new Error('no row');
          const changed = withName(bytes, record.line, to);
          if (typeof changed === 'string') throw new Error(changed);
          const wanted = records.map((one) =>
            one === record ? { ...one, cells: one.cells.with(1, to) } : one,
          );
          expect(readCsv(changed)).toEqual({ records: wanted, problems: [] });
        },
      ),
    );
  });
});
