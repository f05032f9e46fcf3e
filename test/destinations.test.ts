// A row with several destinations, by the command line.
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventsOf } from './support/command.ts';
import { Place } from './support/place.ts';
import { noSftp, SftpServer } from './support/servers/sftp.ts';
import { lookAt, noise } from './support/trees.ts';

function seen(root: string): readonly string[] {
  return [...lookAt(root)].map(([path, { type, mode, sha256 }]) => [path, type, mode, sha256].join(' '));
}

function dated(folder: string): readonly string[] {
  return readdirSync(folder).filter(
    (name) => name.startsWith('20') && existsSync(join(folder, name, 'info.json')),
  );
}

/** Two folders for one row. */
function twoPlaces(keep = '5'): Place {
  const place = Place.open();
  place.writePlan('source,destination,name,keep', `source,one | two,data,${keep}`);
  place.write({ 'letters/anna.txt': 'Dear Anna', 'photo.bin': noise(300_000, 1) });
  return place;
}

/** The archive with the content of the first snapshot. */
function firstArchive(series: string): string {
  const [first = ''] = dated(series);
  const name =
    readdirSync(join(series, first)).find((file) => file.includes(first) && !file.includes('~')) ?? '';
  return join(series, first, name);
}

describe('a row with two folders', () => {
  it('is named at each by all that looks', async () => {
    const place = twoPlaces('1 | 3');
    const checked = await place.command(['check']);
    expect(checked.stdout).toContain(`data (${place.path('one')})`);
    expect(checked.stdout).toContain(`data (${place.path('two')})`);
    const { status, events, stdout } = await place.run();
    expect(status).toBe(0);
    expect(stdout.split('\n')[0]).toContain(`data (${place.path('one')})`);
    const ends = events.filter(({ event }) => event === 'row');
    expect(ends).toMatchObject([
      { row: `data (${place.path('one')})`, outcome: 'written', status: 0 },
      { row: `data (${place.path('two')})`, outcome: 'written', status: 0 },
    ]);
    place.write({ 'more.txt': 'more' });
    const shown = await place.command(['run', '--only', 'data']);
    expect(`${shown.status} ${shown.stderr}`).toBe('0 ');
    expect(shown.stdout).toMatch(/data \(.*one\)[^]*data \(.*two\)/);
    expect([dated(place.path('one/data')).length, dated(place.path('two/data')).length]).toEqual([1, 2]);

    for (const args of [
      ['list'],
      ['list', 'data'],
      ['verify'],
      ['verify', 'data', '--level', 'full'],
      ['status'],
      ['status', 'data'],
    ]) {
      const said = await place.command(args);
      expect(said.status, args.join(' ')).toBe(0);
      for (const folder of ['one', 'two']) expect(said.stdout, args.join(' ')).toContain(place.path(folder));
    }
    const pruned = await place.command(['prune', 'data', '--json']);
    expect(eventsOf(pruned).filter(({ event }) => event === 'prune')).toHaveLength(2);
    const pinned = await place.command(['pin', 'data', 'latest']);
    expect(pinned.status).toBe(2);
    expect(pinned.stderr).toContain(place.path('two', 'data'));
    // Of one alone there is no run.
    place.write({ 'third.txt': 'third' });
    await place.run(['--only', `data (${place.path('two')})`]);
    expect(dated(place.path('one/data'))).toEqual(dated(place.path('two/data')).slice(-1));
  });

  it('is restored from the first that is there, and what is damaged from the other', async () => {
    const place = twoPlaces();
    await place.run();
    const archive = firstArchive(place.path('one/data'));
    writeFileSync(archive, readFileSync(archive).fill(0, 100, 2000));
    const { status, stdout, stderr } = await place.command(['restore', 'data', '--to', 'back']);
    expect(status).toBe(0);
    expect(stdout + stderr).toMatch(/restored from ".*two\/data"/);
    expect(seen(place.path('back'))).toEqual(seen(place.source));
    // The index is gone, and then all of it.
    const [at = ''] = dated(place.path('one/data'));
    rmSync(place.path('one/data', at, 'index.jsonl.zst'));
    const other = await place.command(['restore', 'data', '--to', 'again']);
    expect(other.status).toBe(0);
    expect(other.stdout + other.stderr).toContain('trying another destination');
    rmSync(place.path('one'), { recursive: true });
    expect((await place.command(['restore', 'data', '--to', 'third'])).status).toBe(0);
    expect(seen(place.path('third'))).toEqual(seen(place.source));
    expect((await place.command(['cat', 'data', 'letters/anna.txt'])).stdout).toBe('Dear Anna');
    rmSync(place.path('two'), { recursive: true });
    const none = await place.command(['restore', 'data', '--to', 'fourth']);
    expect(none.status).toBe(1);
    expect(none.stderr).toMatch(/No destination of `data` can be read: ".*one\/data".*".*two\/data"/);
  });

  it('is restored from the one that has the newest snapshot, as far as the machine knows', async () => {
    const place = twoPlaces();
    await place.run();
    renameSync(place.path('one'), place.path('gone'));
    writeFileSync(place.path('one'), 'no folder');
    place.write({ 'new.txt': 'new' });
    expect((await place.run()).status).toBe(1);
    rmSync(place.path('one'));
    renameSync(place.path('gone'), place.path('one'));
    expect((await place.command(['restore', 'data', '--to', 'back'])).status).toBe(0);
    expect(existsSync(place.path('back', 'new.txt'))).toBe(true);
    const { events, status } = await place.run();
    expect(status).toBe(0);
    expect(events.some(({ message }) => String(message).startsWith('caught up: '))).toBe(true);
    expect(dated(place.path('one/data'))).toEqual(dated(place.path('two/data')));
  });

  it('goes on after a kill in the middle of a night, at each moment', async () => {
    const place = twoPlaces('2 | 3');
    for (let i = 0; i < 8; i++) {
      place.write({ [`night-${i}.bin`]: noise(150_000, i) });
      const running = place.start(['run', '--max-rate', '2MB/s']);
      const timer = setTimeout(() => running.child.kill('SIGKILL'), 350 + i * 60);
      await running.ended;
      clearTimeout(timer);
      const { status, stderr } = await place.command(['run']);
      expect(`${status} ${stderr}`).toBe('0 ');
      const [one, two] = ['one/data', 'two/data'].map((folder) => place.path(folder));
      const newest = dated(one ?? '').at(-1);
      expect(dated(two ?? '').at(-1)).toBe(newest);
      for (const folder of [one ?? '', two ?? ''])
        expect(
          readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
            /part$|UNFINISHED|\.shared|\.lock-\d/.test(name),
          ),
        ).toEqual([]);
    }
    expect((await place.command(['verify', '--level', 'full'])).status).toBe(0);
    expect((await place.command(['status'])).status).toBe(0);
    expect((await place.command(['restore', 'data', '--to', 'back'])).status).toBe(0);
    expect(seen(place.path('back'))).toEqual(seen(place.source));
  });

  it('is refused in the plan when both are one folder', async () => {
    const place = Place.open();
    place.writePlan('source,destination,name', 'source,one | ./one,data');
    const { status, stderr } = await place.command(['run']);
    expect(status).toBe(2);
    expect(stderr).toContain('is named twice');
  });
});

const why = noSftp('plain');

describe.skipIf(why !== undefined)(why ?? 'a row with a folder and a server', () => {
  let server: SftpServer;
  let shared: string;
  beforeAll(async () => {
    server = await SftpServer.start('plain');
    shared = server.share();
  });
  afterAll(async () => await server.stop());

  it('is served at the one while the other is away, caught up, and restored from either', async () => {
    const place = Place.open();
    const address = server.address('both');
    const there = { env: { SNAPSHOT_SSH: shared } };
    const away = { env: { SNAPSHOT_SSH: 'false' } };
    place.writePlan('source,destination,name,keep', `source,destination | ${address},data,2 | 4`);
    place.write({ 'a/anna.txt': 'Dear Anna', 'photo.bin': noise(300_000, 1) });
    expect((await place.run([], there)).status).toBe(0);
    for (const night of [1, 2]) {
      place.write({ [`${night}.txt`]: String(night) });
      const { status, events } = await place.run([], away);
      expect(status).toBe(1);
      expect(events.filter(({ event }) => event === 'row')).toMatchObject([
        { outcome: 'written', status: 0 },
        { outcome: 'failed', row: `data (${address})` },
      ]);
    }
    place.write({ '3.txt': '3' });
    const back = await place.run([], there);
    expect(back.status).toBe(0);
    expect(
      back.events.some(
        ({ row, message }) => row === `data (${address})` && String(message).startsWith('caught up: '),
      ),
    ).toBe(true);
    const far = join(server.folder, 'both', 'data');
    // What the server lacked was not let go before it had it.
    expect(dated(far).slice(-3)).toEqual(place.whole());
    expect((await place.command(['verify', '--level', 'full'], there)).status).toBe(0);

    // The disk is lost, and a new one in its place.
    rmSync(place.destination, { recursive: true });
    expect((await place.command(['restore', 'data', '--to', 'back'], there)).status).toBe(0);
    expect(seen(place.path('back'))).toEqual(seen(place.source));
    place.write({ '4.txt': '4' });
    const renewed = await place.run([], there);
    expect(renewed.status).toBe(0);
    expect(dated(far).slice(-2)).toEqual(place.whole().slice(-2));
    place.checkSums();
    expect((await place.command(['status'], there)).status).toBe(0);
  });
});
