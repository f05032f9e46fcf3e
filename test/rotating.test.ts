// A disk that is not always connected: what each command says while it is away.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { exportSnapshot, restore, verify } from '../src/index.ts';
import { eventsOf, homeVariables, IS_LINUX, IS_ROOT, tool } from './support/command.ts';
import { Place } from './support/place.ts';

/** Makes everything that this machine remembers so many hours older. */
function ageMemory(place: Place, hours: number): void {
  const folder = place.path('home', 'snapshot', 'destinations');
  for (const name of readdirSync(folder)) {
    const text = readFileSync(join(folder, name), 'utf8').replaceAll(
      /"(\d{4}-\d\d-\d\dT[\d:.]+Z)"/g,
      (_, time: string) => JSON.stringify(new Date(Date.parse(time) - hours * 3_600_000).toISOString()),
    );
    writeFileSync(join(folder, name), text);
  }
}

/** A place whose destination was a disk of its own, which is away now. */
async function openWithoutDisk(): Promise<Place> {
  const place = Place.open();
  mkdirSync(place.destination);
  place.write({ file: 'content' });
  tool('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', place.destination]);
  let isMounted = true;
  onTestFinished(() => {
    if (isMounted) tool('umount', [place.destination]);
  });
  expect(await place.run()).toMatchObject({ status: 0, row: { outcome: 'written', waiting: null } });
  expect(readdirSync(place.destination)).toEqual(['data', 'snapshot-disk.json']);
  expect((await place.command(['verify'])).status).toBe(0);
  tool('umount', [place.destination]);
  isMounted = false;
  return place;
}

describe.skipIf(!IS_LINUX || !IS_ROOT)('a disk that is away', () => {
  it('is waited for with status 0, and named by every command; nothing is written in its place', async () => {
    const place = await openWithoutDisk();
    ageMemory(place, 24);
    const waiting =
      /waiting for its disk since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d; the last success was 24 hours ago/;
    expect((await place.command(['run', '--dry-run'])).stdout).toMatch(waiting);
    const ended = await place.command(['run']);
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    expect(ended.stdout).toMatch(waiting);
    expect((await place.command(['run', '--quiet'])).stdout).toBe('');
    // Asked of all rows it waits, as a run does; asked of this one, it could do nothing.
    expect(await place.command(['prune'])).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(waiting),
    });
    expect(await place.command(['prune', 'data'])).toMatchObject({ status: 1 });
    const check = await place.command(['check']);
    expect([check.status, check.stdout]).toEqual([0, expect.stringMatching(waiting)]);
    const list = await place.command(['list']);
    expect([list.status, list.stdout]).toEqual([0, expect.stringMatching(waiting)]);
    const status = await place.command(['status']);
    expect([status.status, status.stdout]).toEqual([0, expect.stringMatching(waiting)]);
    expect(status.stdout).toContain('Of 1 row: 1 waiting for a disk.');
    expect(readdirSync(place.destination)).toEqual([]);

    const { status: code, row, events } = await place.run();
    expect(code).toBe(0);
    expect(row).toMatchObject({ outcome: 'waiting', waiting: { message: expect.stringMatching(waiting) } });
    expect(events.at(-1)).toMatchObject({ event: 'end', status: 0, waiting: 1, failed: 0 });
    const listed = eventsOf(await place.command(['list', '--json']));
    expect(listed[0]).toMatchObject({ event: 'waiting', series: 'data' });
  });

  it('is no answer to what is asked of its snapshots: nothing is called missing, sound or unmatched', async () => {
    const place = await openWithoutDisk();
    const away = /waiting for its disk since .*; the last success was/;
    for (const args of [
      ['restore', 'data', '--to', 'out'],
      ['restore', place.series(), '--to', 'out'],
      ['files', 'data'],
      ['diff', 'data', 'now'],
      ['cat', 'data', 'file'],
      ['export', 'data', '--to', 'out.zip'],
      ['export', place.series(), '--to', 'out.zip'],
    ]) {
      const { status, stdout, stderr } = await place.command(args);
      expect([status, stdout, stderr]).toEqual([1, '', expect.stringMatching(away)]);
    }
    const found = await place.command(['find', 'file']);
    expect(found).toMatchObject({ status: 1, stdout: '', stderr: expect.stringMatching(away) });
    expect(found.stderr).toContain('No snapshot that could be looked into has anything that matches `file`.');
    const verified = await place.command(['verify', place.series()]);
    expect(verified).toMatchObject({ status: 1, stdout: expect.stringMatching(away) });
    expect(verified.stdout).toContain('Nothing was verified; see above.');
    expect((await place.command(['list', place.series()])).stdout).toMatch(away);
    expect(existsSync(place.path('out'))).toBe(false);

    const ask = { plan: place.plan, series: 'data' };
    const refused = expect.objectContaining({ code: 'E_STORE', message: expect.stringMatching(away) });
    Object.assign(process.env, homeVariables(place.path('home')));
    await expect(restore({ ...ask, to: place.path('out') })).rejects.toEqual(refused);
    await expect(exportSnapshot({ ...ask, to: place.path('out.zip') })).rejects.toEqual(refused);
    expect(await verify(ask)).toMatchObject({ isSound: false, series: [{ isAway: true }] });
  });

  it('ends nothing that is asked of others, nor does one that cannot be read', async () => {
    const place = await openWithoutDisk();
    mkdirSync(place.path('other'));
    writeFileSync(place.path('broken'), 'a file where a folder should be');
    const rows = ['source,destination,data', 'source,other,more'];
    place.writePlan('source,destination,name', ...rows);
    await place.night();
    expect(await place.command(['list'])).toMatchObject({ status: 0 });
    const verified = await place.command(['verify', '--level', 'full']);
    expect(verified).toMatchObject({ status: 0, stdout: expect.stringContaining('healthy  more') });
    expect(verified.stdout).toContain('What was looked at is as it should be. Not verified: data.');
    expect(await place.command(['find', 'file'])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('more: file'),
      stderr: expect.stringContaining('not looked into: data: waiting for its disk'),
    });
    ageMemory(place, 100);
    expect((await place.command(['list'])).status).toBe(1);
    expect((await place.command(['find', 'file'])).status).toBe(1);
    expect((await place.command(['verify'])).status).toBe(1);

    place.writePlan('source,destination,name', 'source,broken,bad', ...rows.slice(1));
    const why = expect.stringContaining('bad: Cannot list');
    expect(await place.command(['list'])).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('more'),
      stderr: why,
    });
    expect(await place.command(['find', 'file'])).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('more: file'),
      stderr: why,
    });
    const both = await place.command(['verify']);
    expect(both).toMatchObject({ status: 1, stdout: expect.stringContaining('in place  more') });
    expect(both.stdout).toMatch(/nothing {2}bad {2}Cannot list/);
    expect(eventsOf(await place.command(['find', 'file', '--json']))).toEqual([
      expect.objectContaining({
        event: 'failed',
        series: 'bad',
        error: expect.objectContaining({ code: 'E_STORE' }),
      }),
      expect.objectContaining({ event: 'path', series: 'more' }),
      // The plan has it no more, and its snapshots may have such a file.
      expect.objectContaining({ event: 'waiting', series: 'data' }),
      { event: 'end', status: 1, paths: 1 },
    ]);
  });

  it('that this machine does not know is asked for, and not called empty', async () => {
    const place = Place.open();
    place.write({ file: 'content' });
    for (const args of [['find', 'file'], ['verify'], ['list']]) {
      const { stdout, stderr } = await place.command(args);
      expect(stdout + stderr).toContain(`"${place.destination}" does not exist: is its disk connected?`);
    }
    const restored = await place.command(['restore', 'data', '--to', 'out']);
    expect(restored).toMatchObject({ status: 1, stderr: expect.stringContaining('is its disk connected?') });
  });

  it('is a failure when the row is overdue, until it is connected or another one is accepted', async () => {
    const place = await openWithoutDisk();
    await place.night();
    ageMemory(place, 100);
    const { status, stderr } = await place.command(['run']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/Cannot back up to ".*": waiting for its disk since .* 4 days ago/);
    expect(stderr).toContain('--accept-changes');
    expect((await place.command(['check'])).status).toBe(1);
    const told = await place.command(['status', '--json']);
    expect(told.status).toBe(1);
    expect(eventsOf(told)[0]).toMatchObject({
      state: 'failing',
      overdue: true,
      snapshots: 1,
      lastVerify: { result: 'passed' },
    });
    expect(readdirSync(place.destination)).toEqual([]);
    expect(await place.run(['--accept-changes'])).toMatchObject({ status: 0, row: { outcome: 'written' } });
    expect(await place.run()).toMatchObject({ status: 0, row: { outcome: 'unchanged' } });
    expect((await place.command(['status'])).status).toBe(0);
  });

  it('is no reason to fail when this machine remembers nothing', async () => {
    const place = await openWithoutDisk();
    mkdirSync(place.path('other-home'));
    expect(await place.run([], { home: place.path('other-home') })).toMatchObject({
      status: 0,
      row: { outcome: 'written' },
    });
  });

  it('is not called empty when it is named itself', async () => {
    const place = await openWithoutDisk();
    for (const isThere of [true, false]) {
      if (!isThere) renameSync(place.destination, place.path('elsewhere'));
      for (const command of [
        ['list', place.destination],
        ['find', 'file', '--series', place.destination],
        ['verify', place.destination],
        ['restore', place.destination, '--all', '--to', 'out'],
      ]) {
        const { stdout, stderr } = await place.command(command);
        expect(stdout + stderr, command.join(' ')).toContain('waiting for its disk since');
        expect(stdout + stderr, command.join(' ')).not.toMatch(/no snapshots|No snapshot has/);
      }
    }
  });
});
