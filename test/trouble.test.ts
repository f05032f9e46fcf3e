// What goes wrong, goes wrong for one row, with a reason, and harms nothing that was there.
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { IS_LINUX, IS_ROOT, IS_WINDOWS, tool } from './command.ts';
import { listing, Place } from './place.ts';
import { noise } from './trees.ts';

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
    await place.run();
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
      tool('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', place.destination]);
      onTestFinished(() => void tool('umount', [place.destination]), 10_000);
      place.write({ small: noise(500_000) });
      expect((await place.run()).status).toBe(0);

      place.write({ large: noise(8_000_000) });
      const { status, stderr } = await place.command(['run']);
      expect(status).toBe(1);
      expect(stderr).toMatch(/no space left|free/i);
      expect(stderr).toMatch(/room|space/i);
      expect(place.snapshots()).toHaveLength(1);
      expect(listing(place.series()).filter((name) => /\.part|lock/.test(name))).toEqual([]);
      place.checkSums();

      tool('mount', ['-o', 'remount,size=40m', place.destination]);
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

  it('keeps the last snapshot when the source itself is closed', async () => {
    const place = Place.open();
    place.write({ file: 'x' });
    await place.run();
    chmodSync(place.source, 0);
    onTestFinished(() => chmodSync(place.source, 0o700));
    const { status } = await place.command(['run'], { isOrdinary: true });
    expect([1, 3, 4]).toContain(status);
    expect(place.snapshots()).toHaveLength(1);
    place.checkSums();
  });
});

describe.skipIf(IS_WINDOWS)('what is no file, folder or link', () => {
  it('is named, with status 3', async () => {
    const place = Place.open();
    place.write({ 'good.txt': 'good' });
    tool('mkfifo', [join(place.source, 'fifo')]);
    const server = createServer();
    await new Promise<void>((done) => {
      server.listen(join(place.source, 'socket'), done);
    });
    onTestFinished(() => void server.close());
    const { status, events } = await place.run();
    expect(status).toBe(3);
    expect(events.filter(({ event }) => event === 'problem')).toEqual([
      expect.objectContaining({ kind: 'special', path: 'fifo' }),
      expect.objectContaining({ kind: 'special', path: 'socket' }),
    ]);
    expect(place.info().skipped.map(({ path }) => path)).toEqual(['fifo', 'socket']);
    expect(place.info().count.files).toBe(1);
    expect(await place.run()).toMatchObject({ status: 3, row: { outcome: 'unchanged', problems: 2 } });
  });
});
