// What goes wrong, goes wrong for one row, with a reason, and harms nothing that was there.
import { chmodSync, existsSync, linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { IS_LINUX, IS_ROOT, IS_WINDOWS, tool } from './support/command.ts';
import { listing, Place } from './support/place.ts';
import { LivingSeries } from './support/living-series.ts';
import { asZip, restored } from './support/restored.ts';
import { lookAt, noise } from './support/trees.ts';

describe('a source that does not exist', () => {
  it('fails its row only, and makes no series', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    place.writePlan('source,destination,name', 'gone,destination,gone', 'source,destination,data');
    const { status, stdout, stderr } = await place.command(['run']);
    expect(status).toBe(1);
    expect(stderr).toContain(`Source "${place.path('gone')}" does not exist`);
    expect(stdout).toMatch(/^data: written/m);
    expect(existsSync(place.series('gone'))).toBe(false);
    expect(place.snapshots()).toHaveLength(1);
  });

  it('fails its row without harm to the snapshots that are there', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    await place.night();
    place.writePlan('source,destination,name', 'gone,destination,data');
    expect((await place.run()).status).toBe(1);
    expect(place.snapshots()).toHaveLength(1);
    expect(place.runs().at(-1)).toMatchObject({
      outcome: 'failed',
      error: expect.stringContaining('does not exist'),
    });
    place.checkSums();
  });

  it('is named when a glob matches nothing', async () => {
    const place = Place.open();
    place.writePlan('source,destination', 'nothing-*,destination');
    const { status, stderr } = await place.command(['run']);
    expect(status).toBe(1);
    expect(stderr).toContain('nothing-*');
  });
});

describe('a destination', () => {
  it.skipIf(IS_WINDOWS)('that cannot be written fails the row', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    mkdirSync(place.destination);
    chmodSync(place.destination, 0o500);
    onTestFinished(() => chmodSync(place.destination, 0o700));
    const { status, stderr } = await place.command(['run'], { isOrdinary: true });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^data: FAILED/);
    expect(stderr).toMatch(/Cannot .*destination.*: permission denied/);
    expect(stderr).not.toContain('    at ');
    expect(listing(place.destination)).toEqual([]);
  });

  it('that is a file fails the row', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    writeFileSync(place.destination, 'a file');
    const { status, stderr } = await place.command(['run']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/Cannot .*destination/);
    expect(stderr).not.toContain('    at ');
  });

  it.skipIf(!IS_LINUX || !IS_ROOT)(
    'that is full fails the row, keeps what was there, and works again when there is room',
    async () => {
      const place = Place.open();
      mkdirSync(place.destination);
      tool('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'tmpfs', place.destination]);
      onTestFinished(() => void tool('umount', [place.destination]), 10_000);
      place.write({ small: noise(500_000) });
      await place.night();

      // Without its guard, it runs into the wall.
      place.write({ large: noise(30_000_000) });
      const { status, stderr } = await place.command(['run', '--accept-changes']);
      expect(status).toBe(1);
      expect(stderr).toMatch(/no space left/i);
      expect(stderr).toMatch(/room|space/i);
      expect(place.snapshots()).toHaveLength(1);
      expect(listing(place.series()).filter((name) => /\.part|\.lock-[0-9a-f]/.test(name))).toEqual([]);
      place.checkSums();

      tool('mount', ['-o', 'remount,size=60m', place.destination]);
      expect(await place.run()).toMatchObject({ status: 0, row: { outcome: 'written' } });
      expect(place.snapshots()).toHaveLength(2);
      place.checkSums();
    },
  );
});

describe.skipIf(IS_WINDOWS)('what cannot be read', () => {
  it('is named, with status 3, and the rest is in the snapshot', async () => {
    const place = Place.open();
    place.write({ 'good.txt': 'good', secret: 'x', 'closed/inner.txt': 'y' });
    chmodSync(join(place.source, 'secret'), 0);
    chmodSync(join(place.source, 'closed'), 0);
    onTestFinished(() => chmodSync(join(place.source, 'closed'), 0o700));
    const { status, stderr } = await place.command(['run'], { isOrdinary: true });
    expect(status).toBe(3);
    expect(stderr).toMatch(/secret: permission denied/);
    expect(stderr).toMatch(/closed: permission denied/);
    const { skipped, count } = place.info();
    expect(skipped.map(({ path }) => path)).toEqual(expect.arrayContaining(['closed', 'secret']));
    expect(skipped).toHaveLength(2);
    expect(count).toEqual({ files: 1, folders: 1, links: 0 });
    expect(place.runs()).toMatchObject([{ outcome: 'written', skipped: 2 }]);
    expect(await place.run([], { isOrdinary: true })).toMatchObject({
      status: 3,
      row: { outcome: 'unchanged', problems: 2 },
    });
  });

  it('is in a later snapshot when it can be read', async () => {
    const place = Place.open();
    place.write({ secret: 'x' });
    chmodSync(join(place.source, 'secret'), 0);
    await place.run([], { isOrdinary: true });
    chmodSync(join(place.source, 'secret'), 0o600);
    expect(await place.run([], { isOrdinary: true })).toMatchObject({
      status: 0,
      row: { change: { added: 1 } },
    });
    expect(place.info().skipped).toEqual([]);
  });

  it.each(['tar.zst', 'zip'] as const)('keeps its last good copy, marked as such: %s', async (format) => {
    const series = new LivingSeries(format);
    const { place } = series;
    place.write({ 'folder/secret': 'as it was', 'other secret': noise(5000), 'good.txt': 'good' });
    await series.night();
    const [first = ''] = place.snapshots();
    const before = lookAt(place.source);
    // Written anew, so that it has to be read; and then it cannot be.
    place.write({ 'folder/secret': 'what nobody may read', 'other secret': '', 'good.txt': 'changed' });
    chmodSync(join(place.source, 'folder', 'secret'), 0);
    chmodSync(join(place.source, 'other secret'), 0);
    for (const content of ['changed', 'changed again']) {
      place.write({ 'good.txt': content });
      const { status, row, events } = await place.run([], { isOrdinary: true });
      expect(status).toBe(3);
      expect(row).toMatchObject({ outcome: 'written', change: { added: 0, modified: 1, removed: 0 } });
      const named = events.filter(({ event }) => event === 'problem').map(({ path }) => String(path));
      expect(named.toSorted()).toEqual(['folder/secret', 'other secret']);
      expect(place.info().skipped.map(({ path }) => path)).toEqual(expect.arrayContaining(named));
      for (const path of ['folder/secret', 'other secret'])
        expect(place.index().find((line) => line.path === path)).toMatchObject({ kept: first });
      expect(place.index().filter(({ kept }) => kept !== undefined)).toHaveLength(2);
      const found = restored(place, place.snapshots().at(-1) ?? '');
      for (const path of ['folder/secret', 'other secret'])
        expect(asZip(found).get(path)).toEqual(asZip(before).get(path));
      expect(found.get('good.txt')).toMatchObject({ size: BigInt(content.length) });
    }
    chmodSync(join(place.source, 'folder', 'secret'), 0o600);
    chmodSync(join(place.source, 'other secret'), 0o600);
    await series.night();
    expect(place.index().filter(({ kept }) => kept !== undefined)).toEqual([]);
    const last = place.snapshots().at(-1) ?? '';
    expect(asZip(restored(place, last))).toEqual(asZip(lookAt(place.source)));
    place.checkSums();
  });

  it.each(['tar.zst', 'zip'] as const)('keeps what lies in a folder that is closed: %s', async (format) => {
    const series = new LivingSeries(format);
    const { place } = series;
    place.write({ 'closed/a': 'a', 'closed/inner/b': noise(5000), 'closed-not': 'c', open: 'd' });
    mkdirSync(join(place.source, 'closed', 'empty'));
    symlinkSync('inner/b', join(place.source, 'closed', 'link'));
    linkSync(join(place.source, 'closed', 'a'), join(place.source, 'z further name'));
    await series.night();
    const [first = ''] = place.snapshots();
    const before = asZip(lookAt(place.source));
    chmodSync(join(place.source, 'closed'), 0);
    onTestFinished(() => chmodSync(join(place.source, 'closed'), 0o755));
    for (const content of ['1', '2']) {
      place.write({ open: content });
      const { status, row } = await place.run([], { isOrdinary: true });
      expect(status).toBe(3);
      expect(row).toMatchObject({ change: { added: 0, removed: 0 }, newBytes: expect.any(Number) as number });
      const kept = place.index().filter((line) => line.kept === first);
      expect(kept.map(({ path }) => path)).toEqual(['closed/a', 'closed/inner/b']);
      // So that they are looked into as soon as that is possible, however long ago they changed.
      expect(kept.map(({ ctime, inode }) => [ctime, inode])).toEqual(kept.map(() => ['0.000000000', '0']));
      const found = asZip(restored(place, place.snapshots().at(-1) ?? ''));
      for (const path of [...before.keys()].filter((name) => name !== 'open' && name !== 'closed'))
        expect([path, found.get(path)]).toEqual([path, before.get(path)]);
    }
    chmodSync(join(place.source, 'closed'), 0o755);
    await series.night();
    expect(place.index().filter(({ kept }) => kept !== undefined)).toEqual([]);
    const last = place.snapshots().at(-1) ?? '';
    expect(asZip(restored(place, last))).toEqual(asZip(lookAt(place.source)));
  });

  it.each<[string, (first: string) => void]>([
    ['replaced', (first) => (rmSync(first), writeFileSync(first, 'another file'))],
    ['gone', (first) => rmSync(first)],
    ['a folder now', (first) => (rmSync(first), mkdirSync(first))],
  ])('keeps its own content where the first name of the file is %s', async (_, change) => {
    const place = Place.open();
    place.write({ 'a first': noise(3000), open: 'x', 'closed/other': 'y' });
    for (const name of ['closed/b', 'c']) linkSync(join(place.source, 'a first'), join(place.source, name));
    await place.night();
    const before = lookAt(place.source);
    change(join(place.source, 'a first'));
    for (const name of ['c', 'closed']) chmodSync(join(place.source, name), 0);
    onTestFinished(() => chmodSync(join(place.source, 'closed'), 0o755));
    for (const content of ['1', '2']) {
      place.write({ open: content });
      expect(await place.run([], { isOrdinary: true })).toMatchObject({ status: 3 });
      const found = restored(place, place.snapshots().at(-1) ?? '');
      for (const name of ['closed/b', 'c'])
        expect(found.get(name)).toEqual({ ...before.get(name), sameAs: undefined });
    }
    expect((await place.command(['verify', '--level', 'full'])).status).toBe(0);
  });

  it('stays another name of a file that is as it was', async () => {
    const place = Place.open();
    place.write({ 'a first': noise(3000), open: 'x', 'closed/other': 'y' });
    linkSync(join(place.source, 'a first'), join(place.source, 'closed', 'b'));
    await place.night();
    const before = lookAt(place.source);
    chmodSync(join(place.source, 'closed'), 0);
    onTestFinished(() => chmodSync(join(place.source, 'closed'), 0o755));
    for (const content of ['1', '2']) {
      place.write({ open: content });
      expect(await place.run([], { isOrdinary: true })).toMatchObject({ status: 3 });
      const found = restored(place, place.snapshots().at(-1) ?? '');
      expect(found.get('closed/b')).toEqual(before.get('closed/b'));
    }
  });

  it('keeps the last snapshot when the source itself is closed', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    await place.night();
    chmodSync(place.source, 0);
    onTestFinished(() => chmodSync(place.source, 0o700));
    const { status } = await place.command(['run'], { isOrdinary: true });
    expect([1, 3, 4]).toContain(status);
    expect(place.snapshots()).toHaveLength(1);
    place.checkSums();
  });
});

describe.skipIf(IS_WINDOWS)('what is no file, folder or link', () => {
  it('is passed over with a note, and in info.json: no trouble', async () => {
    const place = Place.open();
    place.write({ 'good.txt': 'good' });
    tool('mkfifo', [join(place.source, 'fifo')]);
    const server = createServer();
    await new Promise<void>((done) => {
      server.listen(join(place.source, 'socket'), done);
    });
    onTestFinished(() => void server.close());
    const { status, events } = await place.run();
    expect(status).toBe(0);
    expect(events.filter(({ event }) => event === 'problem')).toEqual([]);
    const message = 'passed over: fifo is a FIFO, and 1 more like it';
    expect(events).toContainEqual({ event: 'note', row: 'data', message });
    expect(place.info().skipped.map(({ path }) => path)).toEqual(['fifo', 'socket']);
    expect(place.info().count.files).toBe(1);
    expect(await place.run()).toMatchObject({ status: 0, row: { outcome: 'unchanged', problems: 0 } });
    expect(await place.command(['diff', 'data', 'now'])).toMatchObject({ status: 0, stderr: '' });
  });
});
