// Rows with strategy `mirror`.
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hasExfat, mountedExfat } from './support/exfat.ts';
import { run } from '../src/index.ts';
import { homeVariables, IS_LINUX, IS_ROOT, tool } from './support/command.ts';
import { LivingTree, randomOf } from './support/history.ts';
import { allContentsOf, contentsOf, differencesOf } from './support/mirrored.ts';
import { listing, Place } from './support/place.ts';
import { chosenSeed } from './support/seed.ts';

/** A place whose plan has one mirror, `destination/data`. */
function mirrored(keep = ''): Place & { readonly mirror: string } {
  const place = Place.open();
  place.writePlan('source,destination,name,strategy,keep', `source,destination,data,mirror,${keep}`);
  return Object.assign(place, { mirror: place.series() });
}

/** Brings the mirror up to date in this process. */
async function bringUp(place: Place): Promise<void> {
  Object.assign(process.env, homeVariables(place.path('home')));
  const { rows } = await run({ plan: place.plan, acceptChanges: true });
  expect(rows).toMatchObject([{ error: null, guards: [] }]);
}

describe('a mirror', () => {
  it('is what its source is, whatever happens there, and keeps what it had', async () => {
    const place = mirrored();
    const seed = chosenSeed();
    const tree = new LivingTree(place.source, seed);
    const settled = new Set<string>();
    for (let round = 0; round < 25; round++) {
      tree.change(1 + (round % 9));
      await bringUp(place);
      try {
        expect(differencesOf(place.source, place.mirror)).toEqual([]);
        for (const hash of contentsOf(place.source)) settled.add(hash);
        const kept = allContentsOf(place.mirror);
        expect([...settled].filter((hash) => !kept.has(hash))).toEqual([]);
      } catch (error) {
        throw new Error(`seed ${seed}, round ${round}: ${tree.log.slice(-10).join('; ')}`, { cause: error });
      }
    }
  });

  it('loses nothing when it is killed at any moment', async () => {
    const place = mirrored();
    const seed = chosenSeed();
    const random = randomOf(seed);
    const tree = new LivingTree(place.source, seed);
    tree.change(30);
    place.writeMany('many', 300);
    await place.run(['--accept-changes']);
    const settled = new Set(contentsOf(place.source));
    for (let round = 0; round < 5; round++) {
      tree.change(12);
      place.writeMany(`many${round}`, 100, String(round));
      const running = place.start(['run', '--accept-changes']);
      const timer = setTimeout(() => running.child.kill('SIGKILL'), 100 + random(400));
      await running.ended;
      clearTimeout(timer);
      // Half of the time the next run goes on from there; else more has changed.
      if (random(2) === 0) continue;
      const { status } = await place.run(['--accept-changes']);
      expect(status, `seed ${seed}`).toBe(0);
      expect(differencesOf(place.source, place.mirror)).toEqual([]);
      for (const hash of contentsOf(place.source)) settled.add(hash);
    }
    await place.run(['--accept-changes']);
    expect(differencesOf(place.source, place.mirror)).toEqual([]);
    const kept = allContentsOf(place.mirror);
    expect([...settled].filter((hash) => !kept.has(hash))).toEqual([]);
    expect(readdirSync(join(place.mirror, '.snapshot-data', 'parts'))).toEqual([]);
  });

  it('is nothing to do for rsync', async () => {
    const place = mirrored();
    tool('cp', ['-a', '/usr/share/doc/tar', '/usr/include/linux/netfilter', place.source]);
    mkdirSync(place.path('source/empty'));
    await bringUp(place);
    const args = ['-rlptcn', '--delete', '-i', '--exclude=/.snapshot-data'];
    expect(tool('rsync', [...args, `${place.source}/`, `${place.mirror}/`])).toBe('');
    expect(existsSync(join(place.mirror, 'empty'))).toBe(true);
  });
});

describe('deletions', () => {
  it('of what was there before the mirror are held, each time, until they are accepted', async () => {
    const place = mirrored();
    place.write({ own: 'own' });
    mkdirSync(place.mirror, { recursive: true });
    writeFileSync(join(place.mirror, 'foreign'), 'foreign');
    for (let i = 0; i < 2; i++) {
      const { status, row } = await place.run();
      expect(status).toBe(4);
      expect(row).toMatchObject({ guards: [{ guard: 'foreign-files' }] });
      expect(readFileSync(join(place.mirror, 'foreign'), 'utf8')).toBe('foreign');
      expect(readFileSync(join(place.mirror, 'own'), 'utf8')).toBe('own');
    }
    expect((await place.run(['--accept-changes'])).status).toBe(0);
    expect(readdirSync(place.mirror).toSorted()).toEqual(['.snapshot-data', 'own']);
  });

  it('are held when more than half is gone, also where something else takes the place of a folder', async () => {
    const place = mirrored();
    place.writeMany('big', 40);
    place.write({ small: 'small' });
    await place.run();
    renameSync(place.path('source/big'), place.path('big'));
    symlinkSync('../big', place.path('source/big'));
    const { status, row } = await place.run();
    expect(status).toBe(4);
    expect(row).toMatchObject({ guards: [{ guard: 'mass-change' }] });
    expect(readdirSync(join(place.mirror, 'big'))).toHaveLength(40);
    const accepted = await place.run(['--accept-changes']);
    expect(accepted).toMatchObject({ status: 0, row: { change: { added: 1, removed: 40 } } });
    expect(differencesOf(place.source, place.mirror)).toEqual([]);
  });
});

describe.runIf(IS_ROOT && IS_LINUX)('what was mounted in the source', () => {
  it('stays in the mirror while something else is in its place, until that is accepted', async () => {
    const place = mirrored();
    const mount = place.path('source/m');
    place.write({ stays: 'here' });
    mkdirSync(mount);
    tool('mount', ['-t', 'tmpfs', 'none', mount]);
    onTestFinished(() => void spawnSync('umount', ['-l', mount]));
    place.write({ 'm/p': 'p', 'm/q': 'q' });
    await place.run();
    tool('umount', ['-l', mount]);
    rmdirSync(mount);
    symlinkSync('/elsewhere', mount);
    place.write({ new: 'new' });
    for (let i = 0; i < 2; i++) {
      const { status, row } = await place.run();
      expect(status).toBe(4);
      expect(row).toMatchObject({ guards: [{ guard: 'away-part' }] });
      expect(readdirSync(join(place.mirror, 'm')).toSorted()).toEqual(['p', 'q']);
      expect(readFileSync(join(place.mirror, 'new'), 'utf8')).toBe('new');
    }
    expect((await place.run(['--accept-changes=m'])).status).toBe(0);
    expect(differencesOf(place.source, place.mirror)).toEqual([]);
  });
});

describe.runIf(hasExfat)('a mirror on a disk without modes and links', () => {
  it('has the content, says once what was refused, and finds nothing changed after that', async () => {
    const place = mirrored();
    place.write({ 'a/file': 'one', secret: 'two' });
    chmodSync(place.path('source/secret'), 0o600);
    mkdirSync(place.destination);
    onTestFinished(mountedExfat(place.path('image'), place.destination));
    const first = await place.run();
    expect(first).toMatchObject({ status: 0, row: { outcome: 'written', problems: 0 } });
    expect(first.stdout).toContain("the mirror's file system refused");
    expect(readFileSync(join(place.mirror, 'secret'), 'utf8')).toBe('two');
    const second = await place.run();
    expect(second).toMatchObject({ status: 0, row: { outcome: 'unchanged', problems: 0 } });
    place.write({ 'a/file': 'changed' });
    await place.run();
    expect(readFileSync(join(place.mirror, 'a/file'), 'utf8')).toBe('changed');
    expect(readdirSync(join(place.mirror, '.snapshot-data/versions/a'))).toHaveLength(1);
    for (const name of ['a', 'secret'])
      renameSync(place.path('source', name), place.path('source', name.toUpperCase()));
    expect(await place.run()).toMatchObject({ status: 0, row: { outcome: 'written', problems: 0 } });
    expect(readdirSync(place.mirror).filter((name) => !name.startsWith('.'))).toEqual(['A', 'SECRET']);
    expect(readFileSync(join(place.mirror, 'A/file'), 'utf8')).toBe('changed');
  });
});

describe('a folder of snapshots', () => {
  it('is never a mirror, nor around one, nor in one', async () => {
    const place = Place.open();
    place.write({ a: 'a' });
    await place.run();
    const before = listing(place.destination);
    const [snapshot = ''] = place.snapshots();
    const names: readonly (readonly [string, string])[] = [
      [place.destination, 'data'],
      [place.root, 'destination'],
      [place.series(), 'below'],
      [place.series(), snapshot],
      [join(place.series(), snapshot), 'deeper'],
    ];
    for (const [dest, name] of names) {
      const { status, stderr } = await place.command(['mirror', 'source', dest, '--name', name]);
      expect([name, status]).toEqual([name, 1]);
      expect(stderr).toMatch(/is a (?:series|snapshot)|holds a series|lies in a (?:series|snapshot)/);
    }
    expect(listing(place.destination)).toEqual(before);
  });
});

describe.runIf(IS_ROOT && IS_LINUX)('a mirror of an ordinary user', () => {
  it('goes on beside a folder that was closed, and keeps what it has of it', async () => {
    const place = mirrored();
    place.write({ 'closed/file': 'kept', other: 'one' });
    await place.run([], { isOrdinary: true });
    chmodSync(place.path('source/closed'), 0);
    for (const content of ['two', 'three']) {
      place.write({ other: content });
      const { status, events } = await place.run([], { isOrdinary: true });
      expect(status).toBe(3);
      expect(events).toContainEqual(expect.objectContaining({ event: 'problem', path: 'closed' }));
      expect(readFileSync(join(place.mirror, 'other'), 'utf8')).toBe(content);
      expect(readFileSync(join(place.mirror, 'closed/file'), 'utf8')).toBe('kept');
    }
    chmodSync(place.path('source/closed'), 0o755);
    place.write({ 'closed/file': 'changed' });
    expect((await place.run([], { isOrdinary: true })).status).toBe(0);
    expect(differencesOf(place.source, place.mirror)).toEqual([]);
  });

  it.each(['000', '700', '744'])(
    'goes on beside what others have put into it, with mode %s',
    async (mode) => {
      const place = mirrored();
      place.write({ file: 'one' });
      await place.run([], { isOrdinary: true });
      const foreign = join(place.mirror, 'foreign');
      mkdirSync(foreign);
      writeFileSync(join(foreign, 'x'), 'of others');
      chmodSync(foreign, Number.parseInt(mode, 8));
      chownSync(foreign, 1234, 1234);
      place.write({ file: 'two' });
      expect((await place.run([], { isOrdinary: true })).status).toBe(0);
      expect(readFileSync(join(place.mirror, 'file'), 'utf8')).toBe('two');
      expect(readFileSync(join(foreign, 'x'), 'utf8')).toBe('of others');
    },
  );

  it('makes one version of each change in a folder that is read-only', async () => {
    const place = mirrored('last=2');
    place.write({ 'locked/x': 'v1' });
    for (const content of ['v1', 'v2', 'v3', 'v4']) {
      place.write({ 'locked/x': content });
      chmodSync(place.path('source/locked'), 0o555);
      const { status, stdout } = await place.run([], { isOrdinary: true });
      expect(status, stdout).toBe(0);
    }
    const folder = join(place.mirror, '.snapshot-data/versions/locked');
    const kept = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    expect(kept.toSorted()).toEqual(['v2', 'v3']);
    expect(differencesOf(place.source, place.mirror)).toEqual([]);
  });
});

describe('restore of a mirror', () => {
  it('gives back what it was at each moment, also without the lines about its versions', async () => {
    const place = mirrored();
    place.write({ 'a/b/file': 'one', stays: 'stays', moves: 'moved' });
    await place.run();
    const before = new Date().toISOString();
    rmSync(place.path('source/a'), { recursive: true });
    renameSync(place.path('source/moves'), place.path('source/gone'));
    place.write({ stays: 'changed' });
    await place.run();
    const restore = async (to: string): Promise<void> => {
      const ended = await place.command(['restore', 'data', '--at', before, '--to', place.path(to)]);
      expect(ended).toMatchObject({ status: 0 });
      expect(readFileSync(place.path(to, 'a/b/file'), 'utf8')).toBe('one');
      expect(readFileSync(place.path(to, 'stays'), 'utf8')).toBe('stays');
    };
    await restore('back');
    expect(readFileSync(place.path('back/moves'), 'utf8')).toBe('moved');
    rmSync(join(place.mirror, '.snapshot-data/versions.jsonl'));
    await restore('again');
    // What is told to get one back can be pasted, also where there is no plan.
    const told = await place.command(['versions', place.mirror, 'stays', '--plan', 'none.csv']);
    const [, words = ''] = /`snapshot (restore [^`]*) --to FOLDER`/.exec(told.stdout) ?? [];
    const pasted = await place.command([
      ...words.replaceAll("'", '').split(/ (?!\d\d:)/),
      '--to',
      place.path('one'),
    ]);
    expect(pasted).toMatchObject({ status: 0 });
    expect(readFileSync(place.path('one/stays'), 'utf8')).toBe('stays');
    const now = await place.command(['restore', 'data', '--to', place.path('now')]);
    expect(now.status).toBe(0);
    // The target itself stays as it was.
    expect(differencesOf(place.source, place.path('now'))).toEqual(['the folder itself']);
  });
});

describe('push', () => {
  it('copies a path with all that is in it, keeps what was there, and takes what is in a mirror there', async () => {
    const place = mirrored();
    place.write({ inside: 'one' });
    mkdirSync(place.path('other/sub'), { recursive: true });
    writeFileSync(place.path('other/sub/file'), 'first');
    const dest = place.path('dest');
    const host = { env: { SNAPSHOT_HOST: 'ada' } };
    expect((await place.command(['push', 'other', '--to', dest], host)).status).toBe(0);
    const pushed = join(dest, 'pushed/ada', place.path('other'));
    expect(differencesOf(place.path('other'), pushed)).toEqual([]);
    writeFileSync(place.path('other/sub/file'), 'second');
    expect((await place.command(['push', 'other/sub/file', '--to', dest], host)).status).toBe(0);
    expect(readFileSync(join(pushed, 'sub/file'), 'utf8')).toBe('second');
    const versions = join(dest, 'pushed/ada/.snapshot-data/versions', place.path('other/sub'));
    expect(readdirSync(versions).map((name) => readFileSync(join(versions, name), 'utf8'))).toEqual([
      'first',
    ]);
    // To its mirror; and what is in none, to where the only mirror is.
    expect((await place.command(['push', 'source/inside', 'other'], host)).status).toBe(0);
    expect(readFileSync(join(place.mirror, 'inside'), 'utf8')).toBe('one');
    expect(existsSync(join(place.destination, 'pushed/ada', place.path('other/sub/file')))).toBe(true);
    const wrong = await place.command(['push', 'nothing'], host);
    expect(wrong.status).toBe(1);
    expect(wrong.stderr).toContain('no such file or folder');
  });
});
