// The file of `exclude-from`, from the plan to the rows.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { loadPlan, type Row } from './plan.ts';
import { PlanError } from './problem.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'snapshot-exclude-file-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

async function rowsOf(...lines: readonly string[]): Promise<readonly Row[]> {
  writeFileSync(
    join(folder, 'plan.csv'),
    ['source,destination,active,exclude,exclude-from', ...lines].join('\n'),
  );
  return (await loadPlan(join(folder, 'plan.csv'), { HOME: folder, USERPROFILE: folder })).rows;
}

async function problemsOf(...lines: readonly string[]): Promise<readonly string[]> {
  const error = await rowsOf(...lines).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(PlanError);
  return (error as PlanError).problems.map(({ line, column, message }) => `${line} ${column}: ${message}`);
}

describe('exclude-from', () => {
  it('is a path as all others, and its lines are patterns', async () => {
    writeFileSync(join(folder, 'ours.txt'), '\ufeff# of all machines\r\n*.tmp\r\n\r\n\\#odd\r\n');
    const [row] = await rowsOf('docs,/mnt/disk,yes,!keep.tmp,~/ours.txt');
    expect(row).toMatchObject({
      exclude: ['!keep.tmp'],
      'exclude-from': join(folder, 'ours.txt'),
      excludeLines: ['# of all machines', '*.tmp', '', '\\#odd', ''],
    });
  });

  it('reads what the PowerShell writes', async () => {
    writeFileSync(join(folder, 'ours.txt'), Buffer.from('\ufeff*.tmp\r\n', 'utf16le'));
    expect((await rowsOf('docs,/mnt/disk,yes,,ours.txt'))[0]?.excludeLines).toEqual(['*.tmp', '']);
  });

  it('has full paths, each for the source that it lies in', async () => {
    for (const name of ['one', 'two']) mkdirSync(join(folder, 'projects', name), { recursive: true });
    writeFileSync(join(folder, 'ours.txt'), `~/projects/one/build/\n`);
    const rows = await rowsOf('projects/*,/mnt/disk,yes,,ours.txt');
    expect(rows.map(({ name, excludeLines }) => [name, excludeLines])).toEqual([
      ['one', ['/build/', '']],
      ['two', ['']],
    ]);
  });

  it('is a problem of the plan where it is missing, is a folder or is no text', async () => {
    writeFileSync(join(folder, 'bytes'), Buffer.from([1, 0, 2]));
    const what = 'in column `exclude-from`: name a file with one pattern to a line, or leave the cell empty';
    expect(
      await problemsOf(
        'docs,/mnt/disk,yes,,none.txt',
        'music,/mnt/disk,yes,,.',
        'films,/mnt/disk,yes,,bytes',
        'old,/mnt/disk,yes,,$SNAPSHOT_UNSET',
      ),
    ).toEqual([
      `2 exclude-from: cannot read the patterns in \`${join(folder, 'none.txt')}\`: no such file or folder ${what}`,
      `3 exclude-from: cannot read the patterns in \`${folder}\`: is a folder ${what}`,
      `4 exclude-from: cannot read the patterns in \`${join(folder, 'bytes')}\`: it is not text in UTF-8 or UTF-16 ${what}`,
      expect.stringMatching(/^5 exclude-from: .*SNAPSHOT_UNSET/),
    ]);
  });

  it('is not read for a row that is switched off', async () => {
    expect((await rowsOf('docs,/mnt/disk,no,,none.txt'))[0]?.excludeLines).toEqual([]);
  });

  it('comes before `exclude`, of which the last word counts', async () => {
    mkdirSync(join(folder, 'docs'));
    writeFileSync(join(folder, 'ours.txt'), '/backup/\n');
    expect(await problemsOf('docs,docs/backup,yes,!/backup/,ours.txt')).toEqual([
      expect.stringContaining('is in the source'),
    ]);
    writeFileSync(join(folder, 'ours.txt'), '!/backup/\n');
    expect(await rowsOf('docs,docs/backup,yes,/backup/,ours.txt')).toHaveLength(1);
  });

  it('lets the destination lie in the source where it leaves that out', async () => {
    mkdirSync(join(folder, 'docs'));
    writeFileSync(join(folder, 'ours.txt'), '# not that\n/backup/\n');
    expect(await rowsOf('docs,docs/backup,yes,,ours.txt')).toHaveLength(1);
    writeFileSync(join(folder, 'ours.txt'), '#/backup/\n');
    expect(await problemsOf('docs,docs/backup,yes,,ours.txt')).toEqual([
      expect.stringContaining('is in the source'),
    ]);
  });
});
