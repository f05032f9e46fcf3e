import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hasName } from '../base/able.lab.ts';
import { parsePlan, type Row } from './plan.ts';
import { PlanError } from './problem.ts';
import { together } from './together.ts';

const FILE = join(tmpdir(), 'snapshot-no-plan', 'plan.csv');

/** On the drive of the plan, where there are drives. */
const absolute = (path: string): string => resolve(FILE, path);

async function rowsOf(text: string, file = FILE): Promise<readonly Row[]> {
  return (
    await parsePlan(Buffer.from(text), file, {
      HOME: '/home/ada',
      USERPROFILE: absolute('/home/ada'),
      NAS: 'nas.lan',
    })
  ).rows;
}

async function messagesOf(text: string): Promise<readonly string[]> {
  try {
    await rowsOf(text);
  } catch (error) {
    if (error instanceof PlanError) return error.problems.map(({ message }) => message);
    throw error;
  }
  return [];
}

describe('a cell with several destinations', () => {
  it('makes a row for each, with its own keep or that of all', async () => {
    const rows = await rowsOf(
      'source,destination,name,keep\n' +
        '/docs,/mnt/a | ~/b |  sftp://${NAS}/~/backup ,docs,7 | last=30 daily=3 | 2\n' +
        '/pics,/mnt/a | /mnt/c,pics,last=4\n',
    );
    expect(rows.map(({ name, destination, keep }) => [name, destination, keep])).toEqual([
      ['docs', absolute('/mnt/a'), { last: 7 }],
      ['docs', absolute('/home/ada/b'), { last: 30, daily: 3 }],
      ['docs', 'sftp://nas.lan/~/backup', { last: 2 }],
      ['pics', absolute('/mnt/a'), { last: 4 }],
      ['pics', absolute('/mnt/c'), { last: 4 }],
    ]);
    expect(together(rows).map((group) => group.length)).toEqual([3, 2]);
  });

  it.skipIf(!hasName('a|b'))(
    'is one folder when there is one of that very name, or there is no space at the bar',
    async () => {
      const root = mkdtempSync(join(tmpdir(), 'snapshot-bar-'));
      onTestFinished(() => rmSync(root, { recursive: true }));
      mkdirSync(join(root, 'a | b'));
      const one = await rowsOf('source,destination\n/docs,a | b\n', join(root, 'plan.csv'));
      expect(one.map(({ destination }) => destination)).toEqual([join(root, 'a | b')]);
      const other = await rowsOf('source,destination\n/docs,/a|b\n');
      expect(other.map(({ destination }) => destination)).toEqual(['/a|b']);
    },
  );

  it.each([
    ['/a | ', 'nothing before or behind a bar'],
    ['| /a', 'nothing before or behind a bar'],
    ['/a | | /b', 'nothing before or behind a bar'],
    ['/a | /b/../a', 'is named twice'],
    ['/a | /docs/inside', 'is in the source'],
    ['/a | sftp://user:secret@nas/x', 'holds a password'],
    ['/a | $NOT_SET/x', 'NOT_SET'],
  ])('is refused: %s', async (cell, message) => {
    const messages = await messagesOf(`source,destination\n/docs,${cell}\n`);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain(message);
  });

  it.each(['1 | 2 | 3', '1 | x', '1 |'])('refuses a keep that does not fit: %s', async (keep) => {
    expect(await messagesOf(`source,destination,keep\n/docs,/a | /b,${keep}\n`)).toHaveLength(1);
  });

  it('says how many rules there are for how many destinations', async () => {
    expect(await messagesOf('source,destination,keep\n/docs,/a,1 | 2\n')).toEqual([
      '2 rules in `keep` for one destination: write one for each, or one for all',
    ]);
  });
});
