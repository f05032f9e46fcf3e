// What differs between two snapshots: folded, counted, and line by line.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventsOf, hasTool, IS_CI } from './support/command.ts';
import { listing, Place } from './support/place.ts';

/** Two snapshots: folders came, went and were moved, and texts changed. */
async function openWithTwo(): Promise<Place> {
  const place = Place.open();
  place.write({
    'letters/a.txt': 'one\ntwo\nthree\n',
    'letters/no end': 'x\ny',
    'old/deep/b.txt': 'gone\n',
    'old/c.txt': 'gone too\n',
    'moving/d.txt': 'all of this goes along\n',
    'picture.png': randomBytes(1000),
  });
  await place.night();
  place.write({
    'letters/a.txt': 'one\n2\nthree\n',
    'letters/no end': 'x\nz',
    'fresh/deep/e.txt': 'new\n',
    'fresh/f.txt': 'Grüße\n',
    'picture.png': randomBytes(1000),
    'log.txt': Buffer.alloc(1_200_000, 'line\n'),
  });
  rmSync(join(place.source, 'old'), { recursive: true });
  mkdirSync(join(place.source, 'mixed'));
  renameSync(join(place.source, 'moving'), join(place.source, 'mixed', 'moved'));
  await place.night();
  return place;
}

describe('snapshot diff', () => {
  it('tells a folder that came or went as a whole in one line, unless --all is given', async () => {
    const place = await openWithTwo();
    const { stdout } = await place.command(['diff', 'data']);
    expect(stdout.split('\n').slice(1, -1)).toEqual([
      'added     fresh/  and 3 entries in it, 12 B',
      'modified  letters/a.txt  content, 14 B -> 12 B',
      'modified  letters/no end  content',
      'added     log.txt  1.2 MB',
      'added     mixed/',
      'moved     moving/ -> mixed/moved/  1 entry, 23 B',
      'removed   old/  and 3 entries in it, 14 B',
      'modified  picture.png  content',
      '6 added, 3 modified, 4 removed, 2 moved.',
    ]);
    const all = (await place.command(['diff', 'data', '--all'])).stdout;
    expect(all).toContain('added     fresh/deep/e.txt  4 B\n');
    expect(all).toContain('removed   old/deep/\n');
  });

  it('--stat counts by the folders at the top', async () => {
    const place = await openWithTwo();
    const { stdout } = await place.command(['diff', 'data', '--stat']);
    expect(stdout).toMatch(/^added +modified +removed +moved +size +folder$/m);
    const ended = await place.command(['diff', 'data', '--stat', '--json']);
    expect(eventsOf(ended).slice(0, -1)).toEqual([
      { event: 'folder', folder: 'fresh', added: 4, modified: 0, removed: 0, moved: 0, bytes: 12 },
      { event: 'folder', folder: 'letters', added: 0, modified: 2, removed: 0, moved: 0, bytes: -2 },
      { event: 'folder', folder: '.', added: 1, modified: 1, removed: 0, moved: 0, bytes: 1_200_000 },
      { event: 'folder', folder: 'mixed', added: 1, modified: 0, removed: 0, moved: 2, bytes: 23 },
      { event: 'folder', folder: 'moving', added: 0, modified: 0, removed: 0, moved: 0, bytes: -23 },
      { event: 'folder', folder: 'old', added: 0, modified: 0, removed: 4, moved: 0, bytes: -14 },
    ]);
  });

  it.skipIf(!hasTool('patch') && !IS_CI)('-p is what `patch` makes the later texts of', async () => {
    const place = await openWithTwo();
    const { status, stdout } = await place.command(['diff', 'data', '-p']);
    expect(status).toBe(0);
    expect(stdout).toContain('File picture.png is modified: not in text\n');
    expect(stdout).toContain('File log.txt is added: larger than 1 MB, and not told line by line\n');
    expect(stdout).toContain('mixed/moved: moved from moving\n');
    const restored = place.path('restored');
    await place.command(['restore', 'data', 'letters', 'old', '--at', 'latest~1', '--to', restored]);
    const patched = spawnSync('patch', ['-p1', '--batch'], {
      cwd: restored,
      input: stdout,
      encoding: 'utf8',
    });
    expect(patched.status, patched.stdout).toBe(0);
    for (const path of ['letters/a.txt', 'letters/no end', 'fresh/deep/e.txt', 'fresh/f.txt'])
      expect(readFileSync(join(restored, path))).toEqual(readFileSync(join(place.source, path)));
    expect(listing(restored).filter((path) => path.startsWith('old'))).toEqual([]);
  });

  it('-p takes the source as it is now, too', async () => {
    const place = await openWithTwo();
    place.write({ 'letters/a.txt': 'one\n2\nthree\nfour\n' });
    const { stdout } = await place.command(['diff', 'data', 'now', '-p']);
    expect(stdout).toBe(
      '--- a/letters/a.txt\n+++ b/letters/a.txt\n@@ -1,3 +1,4 @@\n one\n 2\n three\n+four\n',
    );
  });

  it.each(['--json', '--stat'])('-p does not go with %s', async (option) => {
    const { status, stderr } = await Place.open().command(['diff', 'data', '-p', option]);
    expect({ status, stderr: option === '--json' ? '' : stderr }).toEqual({
      status: 2,
      stderr: option === '--json' ? '' : 'error: --patch does not go with --stat\n',
    });
  });
});
