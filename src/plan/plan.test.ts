import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path, { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasName, HAS_LINKS } from '../base/able.lab.ts';
import { rowLabel } from './row-label.ts';
import { SnapshotError } from '../base/errors.ts';
import { type Plan, type Row, loadPlan } from './plan.ts';
import { PlanError, type PlanProblem } from './problem.ts';
import { planText } from './template.ts';

const FIXTURES = fileURLToPath(new URL('../../fixtures/plans/', import.meta.url));
const ENV = { HOME: '/home/ada', USERPROFILE: 'C:\\Users\\ada' };

let folder: string;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'plan-')));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** On the drive of the plan, where there are drives. */
const absolute = (to: string): string => path.resolve(folder, to);
const at = (...parts: readonly string[]): string => path.join(folder, ...parts);

async function makeFolders(...names: readonly string[]): Promise<void> {
  for (const name of names) await mkdir(at(name), { recursive: true });
}

async function load(content: string | Uint8Array): Promise<Plan> {
  await writeFile(at('plan.csv'), content);
  return loadPlan(at('plan.csv'), ENV);
}

async function rowsOf(content: string): Promise<readonly Row[]> {
  return (await load(content)).rows;
}

async function problemsOf(plan: Promise<unknown>): Promise<readonly PlanProblem[]> {
  try {
    await plan;
    return [];
  } catch (error) {
    if (error instanceof PlanError) return error.problems;
    throw error;
  }
}

async function messagesOf(content: string | Uint8Array): Promise<string[]> {
  return (await problemsOf(load(content))).map(({ line, message }) => `${line}: ${message}`);
}

const fixture = (name: string): Promise<Plan> => loadPlan(path.join(FIXTURES, name), ENV);

describe('loadPlan()', () => {
  it('reads the plan of the older tool unchanged', async () => {
    expect(await fixture('older-tool.csv')).toEqual({
      file: path.join(FIXTURES, 'older-tool.csv'),
      rows: [
        {
          line: 2,
          source: path.join(FIXTURES, 'data', 'folder_to_backup'),
          destination: path.join(FIXTURES, 'data', 'backup'),
          name: 'folder_to_backup',
          active: true,
          keep: { last: 7 },
          format: 'tar.zst',
          strategy: 'full',
          exclude: [],
          'exclude-from': '',
          excludeLines: [],
          'exclude-if-present': [],
          'exclude-larger-than': undefined,
          'one-file-system': false,
          'may-fail': [],
          before: '',
          after: '',
          'hook-limit': 3_600_000,
          encrypt: [],
          every: 86_400_000,
          shutdown: false,
        },
      ],
    });
  });

  it('reads tabs, and header names in any case', async () => {
    const { rows } = await fixture('tabs.csv');
    expect(rows.map(({ name, keep, exclude }) => ({ name, keep, exclude }))).toEqual([
      { name: 'photos', keep: { last: 3, monthly: 12 }, exclude: ['*.tmp, *.bak', 'cache/'] },
      { name: 'a; b, c', keep: { last: 7 }, exclude: [] },
    ]);
  });

  it('reads quoted values with delimiters, quotes and line breaks inside', async () => {
    const { rows } = await fixture('quotes.csv');
    expect(rows.map(({ line, source, exclude }) => [line, path.basename(source), exclude])).toEqual([
      [2, 'letters, old', ['*.tmp', '\\#recycle', 'cache/']],
      [5, 'say "hi".txt', []],
    ]);
  });

  it('takes a cell that is blank, in quotes as well, for an empty one', async () => {
    const [row] = await rowsOf('source,destination,name,keep,format,active\ndata,/x,"  "," ","\t"," "\n');
    expect(row).toMatchObject({ name: 'data', keep: { last: 7 }, format: 'tar.zst', active: true });
  });

  it('skips comments and blank lines', async () => {
    const { rows } = await fixture('comments.csv');
    expect(rows.map(({ line, name }) => [line, name])).toEqual([
      [6, 'music #1'],
      [8, '#inbox'],
    ]);
  });

  it('names every problem of a plan at once, with line, column and value', async () => {
    const problems = await problemsOf(fixture('many-errors.csv'));
    expect(problems.map(({ line, column, value }) => [line, column, value])).toEqual([
      [2, 'destnation', 'destnation'],
      [2, 'activ', 'activ'],
      [2, 'source', 'src'],
      [3, 'source', undefined],
      [3, 'format', 'tar'],
      [4, 'keep', 'last=0'],
      [4, 'name', 'two\nlines'],
      [6, 'destination', undefined],
      [6, 'keep', 'dayly=7'],
      [7, undefined, 'surplus'],
      [7, 'source', '$SNAPSHOT_UNSET/x'],
      [8, undefined, undefined],
      [9, 'keep', 'daily=1 daily=2'],
      [9, 'format', '.zip'],
      [9, 'destination', 'data/backup'],
    ]);
    expect(problems[0]?.message).toBe('unknown column `destnation`: did you mean `destination`?');
    expect(problems[4]?.message).toBe('unknown value `tar` in column `format`: use `tar.zst` or `zip`');
    expect(problems.every(({ message }) => !message.includes('\n'))).toBe(true);
  });

  it('counts the problems in one line that names the file', async () => {
    await expect(fixture('utf-16.csv')).rejects.toMatchObject({
      code: 'E_PLAN',
      message: `Cannot use the plan "${path.join(FIXTURES, 'utf-16.csv')}": 1 problem`,
    });
  });

  it('points to the line that is not UTF-8', async () => {
    expect(await problemsOf(fixture('latin-1.csv'))).toMatchObject([{ line: 3, hint: expect.any(String) }]);
  });

  it('tells how to get a plan when there is none', async () => {
    await expect(loadPlan(at('none.csv'))).rejects.toMatchObject({
      code: 'E_PLAN',
      message: `Cannot read the plan "${at('none.csv')}": no such file or folder`,
      hint: expect.stringContaining('`snapshot init` writes one'),
    });
    await expect(loadPlan(folder)).rejects.toMatchObject({ code: 'E_PLAN' });
  });

  it.each([
    ['', '1: the plan is empty: it needs a header and a row'],
    ['# only a comment\n', '1: the plan is empty: it needs a header and a row'],
    ['\n\nsource,destination\n', '3: no rows: add one below the header'],
    [
      '/data,/backup\n',
      '1: no column names: the first line must name them, `source` and `destination` at least',
    ],
  ])('points to `snapshot init` when the plan is %j', async (content, message) => {
    const problems = await problemsOf(load(content));
    expect(problems.map((problem) => `${problem.line}: ${problem.message}`)).toEqual([message]);
    expect(problems[0]?.hint).toMatch(/`snapshot init --plan [^`]+`/);
  });

  it('finds nothing wrong with the template, which does nothing yet', async () => {
    const rows = await rowsOf(planText());
    expect(rows.map(({ name, active }) => [name, active])).toEqual([['documents', false]]);
    expect(await rowsOf(planText().replaceAll('\n', '\r\n'))).toEqual(rows);
  });

  it.each(['/data', 'a,b', '# no comment', 'C;D', 'ends with a space ', ' begins with one'])(
    'takes what was answered as the first row of the template: %s',
    async (name) => {
      const rows = await rowsOf(planText({ source: `/from/${name}`, destination: `/to/${name}` }));
      expect(rows).toMatchObject([{ active: true, source: join('/from', name) }]);
      expect(rows[0]?.destination).toBe(join('/to', name));
    },
  );

  it('explains every column in the template', () => {
    const header =
      planText()
        .split('\n')
        .find((line) => line.startsWith('active,')) ?? '';
    for (const column of header.split(',')) expect(planText()).toMatch(new RegExp(`^# ${column} `, 'm'));
    expect(header.split(',')).toHaveLength(12);
  });
});

describe('a destination on another machine', () => {
  it('stays an address, in which `${VAR}` alone is replaced', async () => {
    const text = 'source,destination,name\nx,s3://${USERPROFILE}/50%25/$HOME/,y\nx,rclone:remote:a b,z\n';
    await writeFile(at('plan.csv'), text);
    const { rows } = await loadPlan(at('plan.csv'), { ...ENV, USERPROFILE: 'bucket' });
    expect(rows.map(({ destination }) => destination)).toEqual([
      's3://bucket/50%25/$HOME',
      'rclone:remote:a b',
    ]);
  });

  it('is one series with the same address, however its slashes and letters are written', async () => {
    const text = 'source,destination,name\nx,sftp://nas/backup,y\nz,sftp://nas/backup/,Y\n';
    expect(await messagesOf(text)).toEqual([expect.stringContaining('lines 2 and 3 both have')]);
  });

  it('has series of its own, whatever those elsewhere are called', async () => {
    const text = 'source,destination,name\nx,sftp://one/b,y\nx,sftp://two/b,y\nx,sftp://two/b,z\nx,/b,y\n';
    expect(await messagesOf(text)).toEqual([]);
  });

  it('is refused with a password in it, which is not repeated, or a variable that is not set', async () => {
    const text = 'source,destination\nx,sftp://me:secret@nas/x\ny,s3://${NONE}/x\n';
    const messages = await messagesOf(text);
    expect(messages).toEqual([
      expect.stringContaining('holds a password'),
      expect.stringContaining('undefined variable `NONE`'),
    ]);
    expect(messages.join('')).not.toContain('secret');
  });

  it('is none where a source is', async () => {
    expect(await messagesOf('source,destination\nsftp://nas/x,y\n')).toEqual([
      expect.stringContaining('the address `sftp://nas/x`'),
    ]);
  });
});

describe('the columns of a plan', () => {
  it('must include source and destination', async () => {
    expect(await messagesOf('name,keep\na,7\n')).toEqual([
      '1: the column `source` is missing: every plan needs it',
      '1: the column `destination` is missing: every plan needs it',
    ]);
  });

  it('appear once, under any of their names', async () => {
    expect(await messagesOf('source,dst,DST,src\na,/b,/b,a\n')).toEqual([
      '1: the column `destination` appears twice (`DST` means the same): remove one',
      '1: the column `source` appears twice (`src` means the same): remove one',
    ]);
  });

  it('need names, except empty ones at the end', async () => {
    expect(await messagesOf('source,,destination,\na,x,/b,\n')).toEqual([
      '1: column 2 has no name: name it or remove it',
    ]);
    expect(await rowsOf('source,destination,,\na,/b,,\n')).toHaveLength(1);
  });

  it('are suggested when a name is unknown', async () => {
    expect(await messagesOf('source,destination,colour,dest\na,/b,x,y\n')).toEqual([
      '1: unknown column `colour`: use `source`, `destination`, `name`, `active`, `keep`, `format`, `strategy`, `exclude`, `exclude-from`, `exclude-if-present`, `exclude-larger-than`, `one-file-system`, `may-fail`, `encrypt`, `every`, `shutdown`, `before`, `after` or `hook-limit`',
      '1: unknown column `dest`: did you mean `destination`?',
    ]);
  });

  it('take their defaults when cells are missing at the end', async () => {
    const [short, empty] = await rowsOf('source,destination,keep,active\na,/b\nc,/b,,\n');
    expect(short).toMatchObject({ keep: { last: 7 }, active: true });
    expect(empty).toMatchObject({ keep: { last: 7 }, active: true });
  });

  it('do not take more cells than there are names', async () => {
    expect(await messagesOf('source,destination\na,/b,c\nd,/b,,\n')).toEqual([
      '2: 3 cells, but the header names 2 columns: remove `c`, or quote the value that has a delimiter in it',
    ]);
  });
});

describe('a cell with a problem', () => {
  it('does not bring up another problem that is none', async () => {
    const name = expect.stringContaining('column `name`');
    expect(await messagesOf('source,destination,name\na,/x,con\nb/a,/x,nul\n')).toEqual([name, name]);
    expect(await messagesOf('source,destination,exclude\ndata,data/backup,backup\\x\n')).toEqual([
      expect.stringContaining('in column `exclude`'),
    ]);
  });
});

describe('the name of a row', () => {
  it('is the last part of the source', async () => {
    const rows = await rowsOf('source,destination,name\n/a/b/,/x,\n~/.config,/x,\nc,/x,other\n');
    expect(rows.map(({ name }) => name)).toEqual(['b', '.config', 'other']);
  });

  it('must be given when the source is a root', async () => {
    expect(await messagesOf('source,destination,exclude\n/,/x,/x\n')).toEqual([
      `2: no name for the series: "${absolute('/')}" has no last part: set \`name\``,
    ]);
    expect(await rowsOf('source,destination,exclude,name\n/,/x,/x,root\n')).toHaveLength(1);
  });

  it('must be given when the last part of the source is not portable', async () => {
    expect(await messagesOf('source,destination\n/a/b:c,/x\n')).toEqual([
      String.raw`2: no name for the series: ${'`b:c`'}, the last part of "${absolute('/a/b:c')}", has one of / \ : * ? " < > | or a control character: set ${'`name`'}`,
    ]);
  });

  it('must be portable', async () => {
    expect(await messagesOf('source,destination,name\n/a,/x,con\n')).toEqual([
      '2: column `name`: `con` is a device name on Windows: choose another name',
    ]);
  });
});

describe('a source that is a glob', () => {
  it('makes one row per file and folder, hidden ones too, in byte order', async () => {
    await makeFolders('src/b', 'src/a', 'src/.h', 'src/Z', 'src/é');
    await writeFile(at('src/c.txt'), '');
    const rows = await rowsOf('source,destination\nsrc/*,/x\n');
    expect(rows.map(({ name }) => name)).toEqual(['.h', 'Z', 'a', 'b', 'c.txt', 'é']);
    expect(rows[2]).toMatchObject({ line: 2, source: at('src/a') });
  });

  it.skipIf(!hasName('x*'))('gives way to what exists as written', async () => {
    await makeFolders('[ab]', 'a', 'x*', 'xy');
    const rows = await rowsOf('source,destination,name\n[ab],/x,\nx*,/x,stars\n');
    expect(rows.map(({ source }) => source)).toEqual([at('[ab]'), at('x*')]);
    expect(await messagesOf('source,destination\nx*,/x\n')).toEqual([expect.stringContaining('set `name`')]);
  });

  it('leaves the brackets in the path of the plan alone', async () => {
    await makeFolders('[2024]/a', '2/b');
    await writeFile(at('[2024]/plan.csv'), 'source,destination\n*,/x\n');
    const { rows } = await loadPlan(at('[2024]/plan.csv'));
    expect(rows.map(({ source }) => source)).toEqual([at('[2024]/a'), at('[2024]/plan.csv')]);
  });

  it('stays one row when nothing matches, so that only this row fails', async () => {
    const rows = await rowsOf('source,destination\nno/*,/x\nnil/*.txt,/x\nnone/*,/x\n');
    expect(rows.map(({ source, name }) => [source, name])).toEqual([
      [at('no/*'), '_'],
      [at('nil/*.txt'), '_.txt'],
      [at('none/*'), '_'],
    ]);
    expect(rows.map((row) => rowLabel(row, rows))).toEqual(['no/*', 'nil/*.txt', 'none/*']);
  });

  it('matches none of the destinations, however many there are', async () => {
    await makeFolders('src/a', 'src/one', 'src/two/series');
    const rows = await rowsOf('source,destination\nsrc/*,src/one | src/two\n');
    expect(new Set(rows.map(({ source }) => source))).toEqual(new Set([at('src/a')]));
  });

  it('is not looked up in a row that is not active', async () => {
    await makeFolders('src/a', 'src/b');
    const rows = await rowsOf('source,destination,active,name\nsrc/*,/x,no,\nsrc/*,/x,no,all\n');
    expect(rows.map(({ source, name }) => [source, name])).toEqual([
      [at('src/*'), '_'],
      [at('src/*'), 'all'],
    ]);
  });

  it('cannot have one name for several matches', async () => {
    await makeFolders('src/a', 'src/b', 'one/a');
    expect(await messagesOf('source,destination,name\nsrc/*,/x,all\n')).toEqual([
      '2: `all` cannot name all 2 matches of `src/*`: leave `name` empty, so that each is named after itself',
    ]);
    expect(await rowsOf('source,destination,name\none/*,/x,all\n')).toMatchObject([{ name: 'all' }]);
  });

  it('cannot match two of the same name', async () => {
    await makeFolders('a/Documents', 'b/documents');
    expect(await messagesOf('source,destination\n[ab]/*,/x\n')).toEqual([
      `2: "${at('a/Documents')}" and "${at('b/documents')}", matches of one glob, both have the series \`documents\` in "${absolute('/x')}": give each a row and a \`name\` of its own`,
    ]);
  });

  it('does not match the destination, which may not exist before the first run', async () => {
    await makeFolders('data/a', 'data/backup/a/2026');
    const rows = await rowsOf('source,destination\ndata/*,data/backup\n');
    expect(rows.map(({ name }) => name)).toEqual(['a']);
  });

  it('matches below a destination that it names itself', async () => {
    await makeFolders('disk/old/a', 'disk/old/b');
    const rows = await rowsOf('source,destination\ndisk/old/*,disk\n');
    expect(rows.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it.skipIf(!HAS_LINKS)('does not lose its way in links that lead in circles', async () => {
    await makeFolders('src/a');
    await symlink('..', at('src/a/up'));
    await symlink('.', at('src/a/here'));
    const rows = await rowsOf('source,destination\nsrc/**/here,/x\n');
    expect(rows.map(({ source }) => source)).toEqual([at('src/a/here')]);
  });

  it('may begin with an exclamation mark', async () => {
    await makeFolders('!a1', 'b1');
    expect(await rowsOf('source,destination\n!a*,/x\n')).toMatchObject([{ source: at('!a1') }]);
  });

  it('is refused when it stands for more than can be listed', async () => {
    expect(await messagesOf('source,destination\n{1..99999999},/x\n')).toEqual([
      '2: unusable glob `{1..99999999}` in column `source`: write a shorter or simpler one',
    ]);
  });

  it.skipIf(process.getuid?.() === 0)('passes folders that cannot be read', async () => {
    await makeFolders('src/a/x', 'src/b/y');
    await mkdir(at('src/shut'), { mode: 0 });
    expect(await rowsOf('source,destination\nsrc/*/*,/x\n')).toMatchObject([
      { source: at('src/a/x') },
      { source: at('src/b/y') },
    ]);
  });
});

describe('a destination in its source', () => {
  it.each([
    ['inside', 'data,data/backup'],
    ['equal', 'data,data'],
    ['in a folder that begins with dots', 'data,data/..disk'],
    ['below an exclude of another name', 'data,data/backup,/Backup/'],
    ['re-included', 'data,data/backup,backup/*|!backup/data'],
  ])('is refused: %s', async (_, row) => {
    expect(await messagesOf(`source,destination,exclude\n${row}\n`)).toEqual([
      expect.stringMatching(
        /^2: the destination ".*" is in the source ".*": choose another, or name it in `exclude`$/,
      ),
    ]);
  });

  it.each(['backup', '/backup/', 'backup/**', '/b*', 'deep/|backup', '/backup/disk/data/'])(
    'is accepted when "%s" excludes it',
    async (exclude) => {
      expect(await rowsOf(`source,destination,exclude\ndata,data/backup/disk,${exclude}\n`)).toHaveLength(1);
    },
  );

  it.skipIf(!HAS_LINKS)(
    'is found behind links, in part of a path that does not exist yet as well',
    async () => {
      await makeFolders('data', 'elsewhere');
      await symlink('data', at('alias'));
      await symlink('../data', at('elsewhere/back'));
      const row = expect.stringContaining('is in the source');
      expect(await messagesOf('source,destination\nalias,data/new/backup\n')).toEqual([row]);
      expect(await messagesOf('source,destination\ndata,elsewhere/back/new\n')).toEqual([row]);
      expect(await rowsOf('source,destination,exclude\ndata,elsewhere/back/new,/new/\n')).toHaveLength(1);
    },
  );

  it('is told from a neighbor that begins alike', async () => {
    expect(await rowsOf('source,destination\ndata,data-backup\n..data,../..data2\n')).toHaveLength(2);
  });
});

describe('the two sides of a sync', () => {
  it.each([
    ['are one', 'a,./a/'],
    ['lie in each other, the second in the first', 'a,a/b'],
    ['lie in each other, the first in the second', 'a/b,a'],
    ['are one address', 'sftp://nas/x,sftp://nas/x'],
  ])('are refused where they %s', async (_, sides) => {
    expect(await messagesOf(`source,destination,strategy\n${sides},sync\n`)).toContainEqual(
      expect.stringMatching(/^2: one side of the sync, ".*", is the other, or lies in it, or holds it/),
    );
  });

  it('may be neighbours, and several rows may have one in common', async () => {
    const rows = 'a,ab,sync\nc/a,ab,sync\na,sftp://nas/a,sync\nb/a,sftp://nas/a,sync\na,sftp://nas/b,sync\n';
    expect(await messagesOf(`source,destination,strategy\n${rows}`)).toEqual([]);
  });
});

describe('a source in its own series', () => {
  it('is refused', async () => {
    const refused = expect.stringContaining('is in its own series');
    expect(await messagesOf('source,destination\n/b/docs,/b\n')).toEqual([refused]);
    expect(await messagesOf('source,destination,name\n/b/docs/2026/x,/b,docs\n')).toEqual([refused]);
    expect(await rowsOf('source,destination,name\n/b/docs/2026,/b,other\n')).toHaveLength(1);
  });

  it.skipIf(!HAS_LINKS)('is found behind a link', async () => {
    await makeFolders('b/docs/x');
    await symlink('b', at('alias'));
    expect(await messagesOf('source,destination,name\nb/docs/x,alias,docs\n')).toEqual([
      expect.stringContaining('is in its own series'),
    ]);
  });
});

describe('two rows with one series', () => {
  it('are refused, both lines named', async () => {
    expect(await messagesOf('source,destination,name\na,/x,\n\nb/a,/x/,\nc,/x,A\n')).toEqual([
      `4: lines 2 and 4 both have the series \`a\` in "${absolute('/x')}": give one of them another \`name\``,
      `5: lines 2 and 5 both have the series \`A\` in "${absolute('/x')}": give one of them another \`name\``,
    ]);
  });

  it.skipIf(!HAS_LINKS)('are found behind links', async () => {
    await makeFolders('disk');
    await symlink('disk', at('alias'));
    expect(await messagesOf('source,destination\na,disk/new\nb/a,alias/new\n')).toHaveLength(1);
  });

  it('are found when an accent is written in two ways', async () => {
    expect(await messagesOf('source,destination\na/caf\u00e9,/x\nb/cafe\u0301,/x\n')).toHaveLength(1);
  });

  it('are accepted when one is not active, or the destinations differ', async () => {
    expect(await rowsOf('source,destination,active\na,/x,yes\nb/a,/x,no\na,/y,yes\n')).toHaveLength(3);
  });
});

function quote(value: string): string {
  return `"${value.replaceAll('"', '""')}"`;
}

function signs(alphabet: string): fc.Arbitrary<string> {
  return fc.string({ unit: fc.constantFrom(...Array.from(alphabet)), maxLength: 200 });
}

describe('any plan', () => {
  it('reads back as it was written, whatever the delimiter and quoting', async () => {
    const word = fc.stringMatching(/^[a-z][a-z ,;#"é]{0,8}[a-z]$/);
    const rows = fc.uniqueArray(
      fc.record({
        source: word,
        name: fc.stringMatching(/^n[a-z0-9 ,;#]{0,8}[a-z]$/),
        active: fc.boolean(),
        last: fc.integer({ min: 1, max: 9999 }),
        format: fc.constantFrom('tar.zst', 'zip'),
        strategy: fc.constantFrom('incremental', 'full'),
        exclude: fc.array(word, { maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 5, selector: ({ name }) => name },
    );
    const property = fc.asyncProperty(rows, fc.constantFrom(',', ';', '\t'), async (given, delimiter) => {
      const lines = given.map(({ source, name, active, last, format, strategy, exclude }) =>
        [source, '/x', name, active ? 'yes' : 'no', `last=${last}`, format, strategy, exclude.join('|')]
          .map(quote)
          .join(delimiter),
      );
      const header = 'source,destination,name,active,keep,format,strategy,exclude'.replaceAll(',', delimiter);
      expect(await rowsOf([header, ...lines].join('\n'))).toEqual(
        given.map(({ source, last, ...same }, index) => ({
          ...same,
          line: index + 2,
          source: at(source),
          destination: absolute('/x'),
          keep: { last },
          'exclude-from': '',
          excludeLines: [],
          'exclude-if-present': [],
          'exclude-larger-than': undefined,
          'one-file-system': false,
          'may-fail': [],
          before: '',
          after: '',
          'hook-limit': 3_600_000,
          encrypt: [],
          every: 86_400_000,
          shutdown: false,
        })),
      );
    });
    await fc.assert(property, { numRuns: 60 });
  });

  it('fails with an error for the user or not at all, whatever its bytes', async () => {
    const header = 'source,destination,name,active,keep,format,exclude\n';
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ unit: 'binary', maxLength: 200 }),
      signs(',;\t"\n\r#|=~$%{}[]!()\\/*.a1 '),
      // No slash: a glob that begins at the root is right, and takes as long as the disk is large.
      signs(',,,"\n#|=~$%{}[]!()\\*.ab17 ').map((text) => header + text),
    );
    const property = fc.asyncProperty(bytes, async (content) => {
      try {
        await load(content);
      } catch (error) {
        expect(error).toBeInstanceOf(SnapshotError);
        expect(error).toMatchObject({ code: 'E_PLAN', message: expect.not.stringContaining('\n') });
      }
    });
    await fc.assert(property, { numRuns: 500 });
  });
});
