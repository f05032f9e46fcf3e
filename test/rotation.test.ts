// What rotation lets go, and what nothing ever removes.
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { IS_WINDOWS } from './support/command.ts';
import { Place } from './support/place.ts';

/** A place that keeps `keep` snapshots and has `count`, each with another content. */
async function openWithSnapshots(count: number, keep = '3'): Promise<Place> {
  const place = Place.open();
  place.writePlan('source,destination,name,keep', `source,destination,data,${keep}`);
  for (let i = 0; i < count; i++) await changedRun(place);
  return place;
}

let changes = 0;
async function changedRun(place: Place, args: readonly string[] = []): ReturnType<Place['run']> {
  place.write({ 'file.txt': `content ${changes++}` });
  return await place.run(args);
}

describe('rotation', () => {
  it('leaves the three newest of five with keep=3', async () => {
    const place = await openWithSnapshots(5);
    const written = place.runs().map(({ snapshot }) => snapshot);
    expect(new Set(written).size).toBe(5);
    expect(place.snapshots()).toEqual(written.slice(2));
    expect(place.runs().map(({ removed }) => removed)).toEqual([[], [], [], [written[0]], [written[1]]]);
    for (const name of place.snapshots()) expect(place.info(name).count.files).toBe(1);
  });

  it('says what it removed and why it kept the rest', async () => {
    const place = await openWithSnapshots(2, 'last=1 daily=1');
    const [only] = place.snapshots();
    const { row } = await changedRun(place);
    expect(row).toMatchObject({
      removed: [{ snapshot: only }],
      kept: [{ snapshot: place.snapshots()[0], reasons: ['last', 'daily'] }],
    });
  });

  it('does nothing when nothing changed', async () => {
    const place = await openWithSnapshots(3);
    place.writePlan('source,destination,name,keep', 'source,destination,data,1');
    expect((await place.run()).row).toMatchObject({ outcome: 'unchanged', removed: [] });
    expect(place.snapshots()).toHaveLength(3);
  });

  it('leaves alone what this program did not write', async () => {
    const place = await openWithSnapshots(1, '1');
    const foreign = [
      join(place.series(), 'notes.txt'),
      join(place.series(), '2020-01-01', 'mine.txt'),
      join(place.series(), '2020-01-01T00-00-00Z.bak', 'info.json'),
      join(place.destination, 'other', '2020-01-01T00-00-00Z', 'info.json'),
    ];
    for (const file of foreign) {
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, 'mine');
    }
    await changedRun(place);
    await changedRun(place);
    expect(place.snapshots()).toHaveLength(1);
    for (const file of foreign) expect(readFileSync(file, 'utf8'), file).toBe('mine');
  });

  it('keeps a foreign file in a snapshot that goes, and names it', async () => {
    const place = await openWithSnapshots(1, '1');
    const [first = ''] = place.snapshots();
    writeFileSync(place.file('my notes.txt'), 'mine');
    const { events, status } = await changedRun(place);
    expect(status).toBe(0);
    expect(readFileSync(place.file('my notes.txt', first), 'utf8')).toBe('mine');
    expect(existsSync(place.file('info.json', first))).toBe(false);
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'note', message: expect.stringContaining('my notes.txt') }),
    );
  });

  it.skipIf(IS_WINDOWS)('never follows a run that could not read a file', async () => {
    const place = await openWithSnapshots(1, '1');
    place.write({ secret: 'x' });
    chmodSync(join(place.source, 'secret'), 0);
    const blocked = await place.run([], { isOrdinary: true });
    expect(blocked).toMatchObject({ status: 3, row: { outcome: 'unchanged' } });
    place.write({ 'file.txt': 'changed' });
    const { status, row } = await place.run([], { isOrdinary: true });
    expect(status).toBe(3);
    expect(row).toMatchObject({ outcome: 'written', removed: [] });
    expect(place.snapshots()).toHaveLength(2);
    chmodSync(join(place.source, 'secret'), 0o600);
    expect((await changedRun(place)).row).toMatchObject({ status: 0 });
    expect(place.snapshots()).toHaveLength(1);
  });

  it('never follows a run whose row failed', async () => {
    const place = await openWithSnapshots(3);
    place.writePlan('source,destination,name,keep', 'gone,destination,data,1');
    expect((await place.run()).status).toBe(1);
    expect(place.snapshots()).toHaveLength(3);
  });
});

describe('an unfinished folder', () => {
  it('is no snapshot, and the next run removes it', async () => {
    const place = await openWithSnapshots(1);
    const unfinished = join(place.series(), '2001-01-01T00-00-00Z');
    mkdirSync(unfinished);
    for (const name of [
      'data-2001-01-01T00-00-00Z.tar.zst',
      'data-2001-01-01T00-00-00Z-2.tar.zst.part',
      'index.jsonl.zst',
      'SHA256SUMS',
      'info.json.part',
    ]) {
      writeFileSync(join(unfinished, name), 'cut short');
    }
    expect((await place.command(['list', 'data'])).stdout).toMatch(/2001-01-01T00-00-00Z.*unfinished/);
    const { row, events } = await place.run();
    expect(row).toMatchObject({ outcome: 'unchanged', status: 0 });
    expect(existsSync(unfinished)).toBe(false);
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'note', message: expect.stringContaining('2001-01-01T00-00-00Z') }),
    );
  });

  it('stays, named, when a file in it is not ours', async () => {
    const place = await openWithSnapshots(1);
    const unfinished = join(place.series(), '2001-01-01T00-00-00Z');
    mkdirSync(join(unfinished, 'folder'), { recursive: true });
    writeFileSync(join(unfinished, 'index.jsonl.zst.part'), 'cut short');
    writeFileSync(join(unfinished, 'thesis.doc'), 'mine');
    writeFileSync(join(unfinished, 'folder', 'info.json'), 'mine too');
    for (let i = 0; i < 2; i++) {
      const { events, status } = await place.run();
      expect(status).toBe(0);
      expect(events).toContainEqual(
        expect.objectContaining({
          event: 'note',
          message: expect.stringMatching(/2001-01-01T00-00-00Z stays.*thesis\.doc/),
        }),
      );
    }
    expect(readFileSync(join(unfinished, 'thesis.doc'), 'utf8')).toBe('mine');
    expect(readFileSync(join(unfinished, 'folder', 'info.json'), 'utf8')).toBe('mine too');
    expect(existsSync(join(unfinished, 'index.jsonl.zst.part'))).toBe(false);
  });
});

describe('a damaged snapshot', () => {
  it.each([
    ['info.json is cut short', 'info.json', '{"version": 1, "tool'],
    ['info.json is empty', 'info.json', ''],
    ['info.json is of a version to come', 'info.json', '{"version": 3}'],
  ])('is neither compared with nor removed, and said: %s', async (_, file, content) => {
    const place = await openWithSnapshots(2, '1');
    const [damaged = ''] = place.snapshots();
    writeFileSync(place.file(file), content);
    const { events, status } = await place.run();
    expect(status).toBe(1);
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'note', message: expect.stringContaining(damaged) }),
    );
    expect(place.snapshots()).toHaveLength(2);
    expect(place.info().previous).toBeNull();
    await changedRun(place);
    await changedRun(place);
    expect(place.snapshots()).toHaveLength(2);
    expect(readFileSync(place.file(file, damaged), 'utf8')).toBe(content);
    const { status: listStatus, stderr } = await place.command(['list', 'data']);
    expect(listStatus).toBe(1);
    expect(stderr).toContain(damaged);
  });

  it('makes the run compare with the one before it when its index is damaged', async () => {
    const place = await openWithSnapshots(2);
    const [first = '', second = ''] = place.snapshots();
    const index = readFileSync(place.file('index.jsonl.zst'));
    index[20] = (index[20] ?? 0) ^ 1;
    writeFileSync(place.file('index.jsonl.zst'), index);
    const { events, row } = await place.run();
    expect(row).toMatchObject({ outcome: 'written' });
    expect(place.info().previous).toBe(first);
    expect(events).toContainEqual(
      expect.objectContaining({ event: 'note', message: expect.stringContaining(second) }),
    );
  });
});
