// What takes the space of a series, held against what is on disk.
import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventsOf, type JsonEvent } from './support/command.ts';
import { Place } from './support/place.ts';

/** An index or an archive of folders more or less. */
const SMALL = 1000;

/** Bytes of archives and indexes below `folder`, each inode once. */
function usedBytes(folder: string): number {
  const sizes = new Map<bigint, number>();
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.zst')) continue;
    const { ino, size } = lstatSync(join(folder, name), { bigint: true });
    sizes.set(ino, Number(size));
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

async function statsOf(place: Place, args: readonly string[] = []): Promise<readonly JsonEvent[]> {
  const ended = await place.command(['stats', 'data', ...args, '--json']);
  expect(ended).toMatchObject({ status: 0, stderr: '' });
  return eventsOf(ended);
}

/** What is said of folders: path, files and bytes. */
function folders(events: readonly JsonEvent[]): unknown[][] {
  return events
    .filter(({ event }) => event === 'folder')
    .map(({ path, files, bytes }) => [path, files, bytes]);
}

async function openWithThree(): Promise<Place> {
  const place = Place.open();
  place.write({ 'a/large': randomBytes(300_000), 'a/b/c/deep': randomBytes(50_000), small: 'x' });
  await place.night();
  place.write({ 'b/second': randomBytes(200_000) });
  await place.night();
  place.write({ 'b/second': randomBytes(100_000), 'copy of large': randomBytes(0) });
  await place.night();
  return place;
}

describe('snapshot stats', () => {
  it('says what the removal of one snapshot frees, and what all take', async () => {
    const place = await openWithThree();
    const events = await statsOf(place);
    const [, second] = events.filter(({ event }) => event === 'snapshot');
    const series = join(place.destination, 'data');
    const before = usedBytes(series);
    expect(Math.abs(Number(events.at(-1)?.['bytes']) - before)).toBeLessThan(SMALL);
    expect((await place.command(['forget', 'data', String(second?.['snapshot']), '--yes'])).status).toBe(0);
    expect(Math.abs(before - usedBytes(series) - Number(second?.['ownBytes']))).toBeLessThan(SMALL);
    expect(Number(second?.['ownBytes'])).toBeGreaterThan(200_000);
  });

  it('tells folders down to --depth, the largest first, of the snapshot that is asked for', async () => {
    const place = await openWithThree();
    expect(folders(await statsOf(place))).toEqual([
      ['', 5, 450_001],
      ['a', 2, 350_000],
      ['b', 1, 100_000],
    ]);
    expect(folders(await statsOf(place, ['--depth', '2'])).map(([path]) => path)).toEqual([
      '',
      'a',
      'b',
      'a/b',
    ]);
    expect(folders(await statsOf(place, ['--at', place.snapshots()[0] ?? '']))).toEqual([
      ['', 3, 350_001],
      ['a', 2, 350_000],
    ]);
  });

  it('estimates what folders take on disk: random bytes as much as they are, copies nothing', async () => {
    const place = Place.open();
    const bytes = randomBytes(5_000_000);
    place.write({ 'a/one': bytes, 'c/text': Buffer.alloc(5_000_000, 'text ') });
    await place.night();
    place.write({ 'b/two': bytes });
    await place.night();
    const disk = new Map(
      (await statsOf(place)).map(({ path, diskBytes }) => [String(path), Number(diskBytes)]),
    );
    expect(disk.get('a')).toBeGreaterThan(4_900_000);
    expect(disk.get('b')).toBe(0);
    expect(disk.get('c')).toBeLessThan(100_000);
  });

  it('is a page for people, with `du` as another name', async () => {
    const place = await openWithThree();
    const { status, stdout } = await place.command(['du', 'data']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^data {2}.* 3 snapshots, 6\d\d kB on disk$/m);
    expect(stdout).toMatch(/^ *350 kB +78% +~3\d\d kB +2 {2}a\/$/m);
    expect(stdout).toMatch(/local time +size +new on disk +all so far +frees alone/);
    expect(stdout).toContain('~ is estimated');
  });

  it('refuses a depth that is none', async () => {
    const place = await openWithThree();
    const { status, stderr } = await place.command(['stats', 'data', '--depth', '-1']);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: 'error: --depth takes a number of levels: 0 or more\n',
    });
  });
});
