// Checks that hold back what would do harm, until the user says that it is meant.
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { IS_LINUX, IS_ROOT, tool } from './command.ts';
import { listing, Place } from './place.ts';
import { noise } from './trees.ts';

/** A place that keeps one snapshot, has one, and 150 files in its source. */
async function openWithManyFiles(): Promise<Place> {
  const place = Place.open();
  place.writePlan('source,destination,name,keep', 'source,destination,data,1');
  place.writeMany('many', 150);
  place.write({ 'other.txt': 'other' });
  expect((await place.run()).status).toBe(0);
  return place;
}

describe('an empty source', () => {
  it('is refused when the last snapshot had files, as its disk may not be mounted', async () => {
    const place = await openWithManyFiles();
    const before = listing(place.destination);
    renameSync(place.source, place.path('elsewhere'));
    mkdirSync(place.source);
    const { status, stderr } = await place.command(['run']);
    expect(status).toBe(4);
    expect(stderr).toMatch(/is empty, but the last snapshot has 151 files/);
    expect(stderr).toContain('--accept-changes');
    expect(listing(place.destination)).toEqual(before);
    expect(place.runs().at(-1)).toMatchObject({ outcome: 'failed', guards: ['empty-source'] });
    expect((await place.run()).status).toBe(4);
    rmSync(place.source, { recursive: true });
    renameSync(place.path('elsewhere'), place.source);
    expect(await place.run()).toMatchObject({ status: 0, row: { outcome: 'unchanged' } });
  });

  it('is refused when there are only folders left in it', async () => {
    const place = await openWithManyFiles();
    rmSync(place.source, { recursive: true });
    mkdirSync(join(place.source, 'many'), { recursive: true });
    expect((await place.run()).status).toBe(4);
    expect(place.snapshots()).toHaveLength(1);
  });

  it('is accepted with --accept-changes', async () => {
    const place = await openWithManyFiles();
    rmSync(place.source, { recursive: true });
    mkdirSync(place.source);
    expect(await place.run(['--accept-changes'])).toMatchObject({
      status: 0,
      row: { outcome: 'written', files: 0 },
    });
    expect(place.info().change).toEqual({ added: 0, modified: 0, removed: 152 });
  });

  it('is fine as long as there was never a file', async () => {
    const place = Place.open();
    expect(await place.run()).toMatchObject({ status: 0, row: { outcome: 'written', files: 0 } });
    expect(await place.run()).toMatchObject({ status: 0, row: { outcome: 'unchanged' } });
  });
});

describe('more than half of the files gone or modified', () => {
  const ways: readonly [string, (place: Place) => void][] = [
    ['modified', (place) => place.writeMany('many', 120, 'encrypted')],
    ['renamed', (place) => renameSync(join(place.source, 'many'), join(place.source, 'many.locked'))],
    ['removed', (place) => rmSync(join(place.source, 'many'), { recursive: true })],
  ];

  it.each(ways)('%s: the snapshot is an extra one, and nothing is rotated out', async (_, change) => {
    const place = await openWithManyFiles();
    change(place);
    const { status, stderr } = await place.command(['run']);
    expect(status).toBe(4);
    expect(stderr).toMatch(/of 151 files are gone or modified/);
    expect(stderr).toContain('--accept-changes');
    expect(place.snapshots()).toHaveLength(2);
    expect(existsSync(join(place.series(), 'held.json'))).toBe(true);
    expect(place.runs().at(-1)).toMatchObject({ outcome: 'written', guards: ['mass-change'], removed: [] });
  });

  it('hold back rotation until --accept-changes, on unchanged and changed runs alike', async () => {
    const place = await openWithManyFiles();
    place.writeMany('many', 150, 'encrypted');
    await place.run();
    expect(await place.run()).toMatchObject({
      status: 4,
      row: { outcome: 'unchanged', guards: [{ guard: 'mass-change' }] },
    });
    place.write({ 'other.txt': 'changed' });
    expect(await place.run()).toMatchObject({ status: 4, row: { outcome: 'written', removed: [] } });
    expect(place.snapshots()).toHaveLength(3);

    expect(await place.run(['--accept-changes'])).toMatchObject({
      status: 0,
      row: { outcome: 'unchanged', guards: [] },
    });
    expect(existsSync(join(place.series(), 'held.json'))).toBe(false);
    place.write({ 'other.txt': 'changed again' });
    expect(await place.run()).toMatchObject({ status: 0, row: { outcome: 'written' } });
    expect(place.snapshots()).toHaveLength(1);
  });

  it('are taken as meant with --accept-changes from the start', async () => {
    const place = await openWithManyFiles();
    place.writeMany('many', 150, 'rewritten');
    expect(await place.run(['--accept-changes'])).toMatchObject({
      status: 0,
      row: { outcome: 'written', guards: [] },
    });
    expect(place.snapshots()).toHaveLength(1);
    expect(existsSync(join(place.series(), 'held.json'))).toBe(false);
  });

  it('are told by a dry run, which holds nothing back', async () => {
    const place = await openWithManyFiles();
    place.writeMany('many', 150, 'encrypted');
    const before = listing(place.destination);
    expect(await place.run(['--dry-run'])).toMatchObject({
      status: 4,
      row: { guards: [{ guard: 'mass-change' }], removed: [] },
    });
    expect(listing(place.destination)).toEqual(before);
  });

  it('are no matter when they are few, or many are new', async () => {
    const place = await openWithManyFiles();
    place.writeMany('many', 75, 'less than half');
    place.writeMany('new', 1000);
    expect((await place.run()).status).toBe(0);
  });
});

/** A place with one snapshot, whose destination holds 20 MB. */
async function openWithLittleRoom(): Promise<Place> {
  const place = Place.open();
  mkdirSync(place.destination);
  tool('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'tmpfs', place.destination]);
  onTestFinished(() => void tool('umount', [place.destination]));
  place.write({ small: noise(1_000_000) });
  expect((await place.run()).status).toBe(0);
  return place;
}

describe.skipIf(!IS_LINUX || !IS_ROOT)('a destination with less room than the run needs', () => {
  it('is refused before anything is written, and says how much is missing', async () => {
    const place = await openWithLittleRoom();
    place.write({ large: noise(30_000_000) });
    const before = listing(place.destination);
    const { status, stderr } = await place.command(['run']);
    expect(status).toBe(4);
    expect(stderr).toMatch(
      /destination" has \d+\.\d MB free, and about 3\d\.\d MB are needed; nothing was written/,
    );
    expect(stderr).toContain('--accept-changes');
    expect(stderr).not.toContain('    at ');
    expect(listing(place.destination)).toEqual(before);
    expect(place.runs().at(-1)).toMatchObject({ outcome: 'failed', guards: ['free-space'] });
    rmSync(join(place.source, 'large'));
    expect(await place.run()).toMatchObject({ status: 0, row: { outcome: 'unchanged' } });
  });

  it('is tried all the same with --accept-changes', async () => {
    const place = await openWithLittleRoom();
    // As noise was all there was, this is expected to take as much room as it has bytes.
    place.write({ large: 'the same again '.repeat(2_000_000) });
    expect((await place.run()).status).toBe(4);
    expect(await place.run(['--accept-changes'])).toMatchObject({ status: 0, row: { outcome: 'written' } });
    expect(place.snapshots()).toHaveLength(2);
    place.checkSums();
  });

  // Whether content is stored already is known only when it is read, and the guard comes before that.
  it('is enough for what is moved or copied, as nothing of it is written again', async () => {
    const place = await openWithLittleRoom();
    for (let i = 0; i < 30; i++) place.write({ [`copy ${i}`]: noise(1_000_000) });
    expect(await place.run()).toMatchObject({ status: 0, row: { outcome: 'written' } });
    expect(place.info().archives.filter(({ entries }) => entries > 0)).toHaveLength(1);
  });
});
