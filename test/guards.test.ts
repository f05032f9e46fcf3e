// Checks that hold back what would do harm, until the user says that it is meant.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { IS_LINUX, IS_ROOT, tool } from './support/command.ts';
import { listing, Place } from './support/place.ts';
import { noise } from './support/trees.ts';

/** A place that keeps one snapshot, has one, and 150 files in its source. */
async function openWithManyFiles(): Promise<Place> {
  const place = Place.open();
  place.writePlan('source,destination,name,keep', 'source,destination,data,1');
  place.writeMany('many', 150);
  place.write({ 'other.txt': 'other' });
  await place.night();
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
    expect((await place.command(['status'])).stdout).toContain(
      `\n  If that is what you want, run this once: \`snapshot run --plan ${place.plan} --only data --accept-changes\`.\n`,
    );
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

  it('is told by a dry run, which writes nothing, not even to the log of the series', async () => {
    const place = await openWithManyFiles();
    rmSync(place.source, { recursive: true });
    mkdirSync(place.source);
    const runs = place.runs().length;
    expect(await place.run(['--dry-run'])).toMatchObject({
      status: 4,
      row: { outcome: 'failed', guards: [{ guard: 'empty-source' }] },
    });
    expect(place.runs()).toHaveLength(runs);
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
    // What it holds back, and the way out, with the evidence.
    expect((await place.command(['status'])).stdout).toMatch(
      /^ {2}\d+ of 151 files are gone or modified.*`snapshot run --plan \S+ --only data --accept-changes`/m,
    );
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

  it.each([
    // files, changed, held
    [100, 100, false],
    [101, 101, true],
    [240, 120, false],
    [240, 121, true],
  ])('of %i files, %i: held back %s', async (files, changed, isHeld) => {
    const place = Place.open();
    place.writePlan('source,destination,name,keep', 'source,destination,data,1');
    place.writeMany('many', files);
    await place.night();
    place.writeMany('many', changed, 'other');
    expect((await place.run()).status).toBe(isHeld ? 4 : 0);
    expect(place.snapshots()).toHaveLength(isHeld ? 2 : 1);
  });

  it.each(['zip,incremental', 'zip,full', 'tar.zst,full'])(
    'hold back rotation whatever is written, and the way out is what the hint says: %s',
    async (how) => {
      const place = Place.open();
      // A second row with a guard of its own, which the way out of the first leaves alone.
      const rows = [`source,destination,my data,1,${how}`, `source,destination,other,1,${how}`];
      place.writePlan('source,destination,name,keep,format,strategy', ...rows);
      place.writeMany('many', 150);
      await place.night();
      place.writeMany('many', 150, 'other');
      const { status, stderr } = await place.command(['run']);
      expect(status).toBe(4);
      expect(stderr).toContain('--only "my data" --accept-changes`');
      expect(stderr).toContain('--only other --accept-changes`');
      expect((await place.run(['--only', 'my data', '--accept-changes'])).status).toBe(0);
      place.writeMany('many', 1, 'once more');
      expect((await place.run()).status).toBe(4);
      expect(place.snapshots('my data')).toHaveLength(1);
      expect(place.snapshots('other')).toHaveLength(3);
      expect(place.runs('other').at(-1)).toMatchObject({ guards: ['mass-change'], removed: [] });
      place.checkSums('my data');
      place.checkSums('other');
    },
  );

  it('stay held back when held.json is damaged, until --accept-changes', async () => {
    const place = await openWithManyFiles();
    place.writeMany('many', 150, 'other');
    await place.run();
    const held = join(place.series(), 'held.json');
    writeFileSync(held, '{"since": ');
    place.write({ 'other.txt': 'changed' });
    const { status, stderr } = await place.command(['run']);
    expect(status).toBe(4);
    expect(stderr).toContain('held.json" is damaged');
    expect(place.snapshots()).toHaveLength(3);
    expect((await place.run(['--accept-changes', '--dry-run'])).status).toBe(0);
    expect(readFileSync(held, 'utf8')).toBe('{"since": ');
    expect((await place.run(['--accept-changes'])).status).toBe(0);
    expect(existsSync(held)).toBe(false);
    place.write({ 'other.txt': 'changed again' });
    await place.night();
    expect(place.snapshots()).toHaveLength(1);
  });

  it('are no matter when they are few, or many are new', async () => {
    const place = await openWithManyFiles();
    place.writeMany('many', 75, 'less than half');
    place.writeMany('new', 1000);
    await place.night();
  });
});

/** A place with one snapshot, whose destination holds 20 MB. */
async function openWithLittleRoom(): Promise<Place> {
  const place = Place.open();
  mkdirSync(place.destination);
  tool('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'tmpfs', place.destination]);
  onTestFinished(() => void tool('umount', [place.destination]));
  place.write({ small: noise(1_000_000) });
  await place.night();
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
      /destination" has [\d.]+ [kM]?B free, and about 3[\d.]+ MB are needed; nothing was written/,
    );
    expect(stderr).toContain('--accept-changes');
    expect(stderr).not.toContain('    at ');
    expect(listing(place.destination)).toEqual(before);
    expect(place.runs().at(-1)).toMatchObject({ outcome: 'failed', guards: ['free-space'] });
    rmSync(join(place.source, 'large'));
    expect(await place.run()).toMatchObject({ status: 0, row: { outcome: 'unchanged' } });
  });

  it('is told by a dry run', async () => {
    const place = await openWithLittleRoom();
    place.write({ large: noise(30_000_000) });
    expect(await place.run(['--dry-run'])).toMatchObject({
      status: 4,
      row: { outcome: 'failed', guards: [{ guard: 'free-space' }] },
    });
    expect((await place.run(['--dry-run', '--accept-changes'])).status).toBe(0);
  });

  it('is refused with strategy full for what an incremental run would share', async () => {
    const place = await openWithLittleRoom();
    place.write({ more: noise(9_000_000) });
    await place.night();
    place.write({ small: 'changed' });
    place.writePlan('source,destination,name,strategy', 'source,destination,data,full');
    expect(await place.run()).toMatchObject({ status: 4, row: { guards: [{ guard: 'free-space' }] } });
    expect(place.snapshots()).toHaveLength(2);
    place.writePlan('source,destination,name', 'source,destination,data');
    expect(await place.run()).toMatchObject({ status: 0, row: { outcome: 'written' } });
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
