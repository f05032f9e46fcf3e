// One file of a snapshot, under the name that somebody gives it.
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { IS_LINUX, IS_ROOT } from './support/command.ts';
import { Place } from './support/place.ts';

async function openWithFile(): Promise<Place> {
  const place = Place.open();
  place.write({ 'letters/a [1].txt': 'dear', other: 'x' });
  await place.night();
  return place;
}

describe('restore --to-file', () => {
  it('restores one file with its time, and leaves nothing beside it', async () => {
    const place = await openWithFile();
    const ended = await place.command(['restore', 'data', 'letters/a [1].txt', '--to-file', 'old.txt']);
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    expect(ended.stdout).toMatch(/^Restored 1 file, 4 B from \S+ to \S+old\.txt in/m);
    const file = place.path('old.txt');
    expect(readFileSync(file, 'utf8')).toBe('dear');
    expect(statSync(file).mtimeMs).toBe(statSync(join(place.source, 'letters/a [1].txt')).mtimeMs);
    expect(readdirSync(place.root).filter((name) => name.includes('restore'))).toEqual([]);
  });

  it('replaces what is there only when it is told to', async () => {
    const place = await openWithFile();
    const args = ['restore', 'data', 'letters/a [1].txt', '--to-file', 'old.txt'];
    writeFileSync(place.path('old.txt'), 'mine');
    const refused = await place.command(args);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(/old\.txt" exists already\n {2}It was left as it is/);
    expect(readFileSync(place.path('old.txt'), 'utf8')).toBe('mine');
    expect((await place.command([...args, '--overwrite', 'always'])).status).toBe(0);
    expect(readFileSync(place.path('old.txt'), 'utf8')).toBe('dear');
  });

  it.each([
    [['letters', '--to-file', 'x'], '"letters" is no file'],
    [['letters', 'other', '--to-file', 'x'], '--to-file takes one file'],
    [['--to-file', 'x'], '--to-file takes one file'],
    [['other', '--to-file', 'x', '--to', 'y'], '--to-file takes one file, and no --to'],
    [['other', '--to-file', 'x', '--dry-run'], '--to-file does not go with --dry-run'],
    [['other', '--to-file', 'nowhere/x'], 'no such file or folder'],
    [['nothing', '--to-file', 'x'], 'nothing'],
  ])('refuses %j, and writes nothing', async (args, why) => {
    const place = await openWithFile();
    const before = readdirSync(place.root);
    const { status, stderr } = await place.command(['restore', 'data', ...args]);
    expect(status).toBe(2);
    expect(stderr).toContain(why);
    expect(readdirSync(place.root)).toEqual(before);
  });

  it.skipIf(!IS_LINUX)('serves an ordinary user also where folders above the file are closed', async () => {
    const place = Place.open();
    place.write({ 'shut/closed/a.txt': 'dear' });
    chmodSync(join(place.source, 'shut', 'closed'), 0o555);
    // Nobody but root could back that up.
    chmodSync(join(place.source, 'shut'), IS_ROOT ? 0 : 0o500);
    await place.night();
    const before = readdirSync(place.root);
    for (const more of [[], ['--overwrite', 'always']]) {
      const args = ['restore', 'data', 'shut/closed/a.txt', '--to-file', 'old.txt', ...more];
      expect(await place.command(args, { isOrdinary: true })).toMatchObject({ status: 0, stderr: '' });
      expect(readFileSync(place.path('old.txt'), 'utf8')).toBe('dear');
      expect(statSync(place.path('old.txt')).nlink).toBe(1);
    }
    expect(readdirSync(place.root).filter((name) => !before.includes(name))).toEqual(['old.txt']);
    for (const folder of ['shut', 'shut/closed']) chmodSync(join(place.source, folder), 0o700);
  });

  it('is refused where backups are', async () => {
    const place = await openWithFile();
    const file = join(place.destination, 'data', 'old.txt');
    const { status } = await place.command(['restore', 'data', 'other', '--to-file', file]);
    expect(status).toBe(2);
    expect(readdirSync(join(place.destination, 'data'))).not.toContain('old.txt');
  });
});
