// What a run has backed up comes back by `snapshot restore`: all of it, some of it, over what is there, from
// damaged archives and for ordinary users.
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Ended, eventsOf, IS_LINUX, IS_ROOT, IS_WINDOWS, type JsonEvent } from './support/command.ts';
import { LivingTree } from './support/history.ts';
import { listing, Place } from './support/place.ts';
import { lookAt, makeTortureTree, noise, type Seen } from './support/trees.ts';
import { writeZeros } from './support/write-zeros.ts';

/** Node sets times to the microsecond. */
const ROUNDING_NS = 1000n;

/** `found`, with each time that is near enough as `expected` has it. */
function rounded(found: Map<string, Seen>, expected: Map<string, Seen>): Map<string, Seen> {
  return new Map(
    [...found].map(([path, entry]) => {
      const wanted = expected.get(path)?.mtimeNs ?? 0n;
      const off = entry.mtimeNs > wanted ? entry.mtimeNs - wanted : wanted - entry.mtimeNs;
      return [path, off < ROUNDING_NS ? { ...entry, mtimeNs: wanted } : entry];
    }),
  );
}

function expectSame(target: string, expected: Map<string, Seen>, message?: string): void {
  expect(rounded(lookAt(target), expected), message).toEqual(expected);
}

function endOf(ended: Ended): JsonEvent {
  return eventsOf(ended).at(-1) ?? { event: 'none' };
}

async function backedUp(place: Place): Promise<string> {
  const { status, stderr, row } = await place.run(['--accept-changes']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return String(row?.['snapshot']);
}

/** Names of what is left of files under way. */
function parts(root: string): readonly string[] {
  return listing(root).filter((name) => name.endsWith('.part'));
}

const FORMATS = ['tar.zst', 'zip'] as const;

function openWith(format: (typeof FORMATS)[number]): Place {
  const place = Place.open();
  place.writePlan('source,destination,name,format,keep', `source,destination,data,${format},100`);
  return place;
}

describe.skipIf(IS_WINDOWS)('a restore of everything', () => {
  it.each(FORMATS)('gives a tree with everything in it back, format %s', async (format) => {
    const place = openWith(format);
    makeTortureTree(place.source);
    const source = lookAt(place.source);
    await backedUp(place);
    const { status, stderr } = await place.command(['restore', 'data', '--to', 'new/restored']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expectSame(place.path('new', 'restored'), source);
    // Once more: there is nothing left to do.
    const again = endOf(await place.command(['restore', 'data', '--to', 'new/restored', '--json']));
    const same = [...source.values()].filter(({ type }) => type === 'file').length;
    expect(again).toMatchObject({ status: 0, files: 0, folders: 0, links: 0, same, otherwise: 0 });
    expectSame(place.path('new', 'restored'), source);
  });

  it.each(FORMATS)('gives every moment of a random history back, format %s', async (format) => {
    const place = openWith(format);
    const tree = new LivingTree(place.source, 7);
    const moments = new Map<string, Map<string, Seen>>();
    for (let night = 0; night < 6; night++) {
      tree.change(night === 0 ? 25 : 6);
      if (tree.isEmpty()) place.write({ a: 'not empty' });
      const { row } = await place.run(['--accept-changes']);
      if (row?.['outcome'] === 'written') moments.set(String(row['snapshot']), lookAt(place.source));
    }
    // One after the other into one folder: from each moment to the next.
    for (const [at, seen] of moments) {
      const over = ['--overwrite', 'if-changed', '--delete'];
      const args = ['restore', 'data', '--at', at, '--to', 'restored', ...over];
      const { status, stderr } = await place.command(args);
      expect({ status, stderr }, `${at}: ${tree.log.join(', ')}`).toEqual({ status: 0, stderr: '' });
      expectSame(place.path('restored'), seen, `${at}: ${tree.log.join(', ')}`);
    }
    expect(moments.size).toBeGreaterThan(2);
  });

  it('needs no plan, and leaves the series as it is', async () => {
    const place = Place.open();
    place.write({ 'a/b': 'x' });
    await backedUp(place);
    const before = listing(place.destination);
    rmSync(place.plan);
    const { status } = await place.command(['restore', place.series(), '--to', 'restored']);
    expect(status).toBe(0);
    expect(readFileSync(place.path('restored', 'a', 'b'), 'utf8')).toBe('x');
    expect(listing(place.destination)).toEqual(before);
  });

  it('writes a source that is one file', async () => {
    const place = Place.open();
    place.write({ 'only.txt': 'x' });
    place.writePlan('source,destination,name', 'source/only.txt,destination,data');
    await backedUp(place);
    expect((await place.command(['restore', 'data', '--to', 'restored'])).status).toBe(0);
    expect(listing(place.path('restored'))).toEqual(['only.txt']);
  });

  it.skipIf(!IS_LINUX)('serves an ordinary user, also in folders that are read-only', async () => {
    const place = Place.open();
    place.write({ 'closed/inner/file': 'y', 'open/file': 'z', 'shut/inner/file': 'x' });
    // Nobody but root could back that up.
    if (IS_ROOT) chmodSync(join(place.source, 'shut'), 0o600);
    chmodSync(join(place.source, 'closed', 'inner'), 0o500);
    chmodSync(join(place.source, 'closed'), 0o555);
    chmodSync(join(place.source, 'open', 'file'), 0o400);
    const source = lookAt(place.source);
    await backedUp(place);
    const run = async (): Promise<Ended> =>
      await place.command(['restore', 'data', '--to', 'restored'], { isOrdinary: true });
    const { status, stderr } = await run();
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expectSame(place.path('restored'), source);
    // What is missing is put into folders that have become read-only.
    chmodSync(place.path('restored', 'closed', 'inner'), 0o700);
    rmSync(place.path('restored', 'closed', 'inner', 'file'));
    chmodSync(place.path('restored', 'closed', 'inner'), 0o500);
    chmodSync(place.path('restored', 'shut'), 0o700);
    expect((await run()).status).toBe(0);
    expectSame(place.path('restored'), source);
    for (const root of [place.source, place.path('restored')])
      for (const folder of ['closed', 'closed/inner']) chmodSync(join(root, folder), 0o700);
  });

  it.skipIf(!IS_ROOT)('gives the owners back', async () => {
    const place = Place.open();
    place.write({ 'theirs/file': 'x' });
    const { chownSync, lchownSync } = await import('node:fs');
    symlinkSync('x', join(place.source, 'link'));
    for (const path of ['theirs/file', 'theirs']) chownSync(join(place.source, path), 4321, 8765);
    lchownSync(join(place.source, 'link'), 4321, 8765);
    chmodSync(join(place.source, 'theirs', 'file'), 0o4755);
    await backedUp(place);
    expect((await place.command(['restore', 'data', '--to', 'restored'])).status).toBe(0);
    for (const path of ['theirs/file', 'theirs', 'link']) {
      const { uid, gid } = lstatSync(place.path('restored', path));
      expect({ path, uid, gid }).toEqual({ path, uid: 4321, gid: 8765 });
    }
    expect(statSync(place.path('restored', 'theirs', 'file')).mode & 0o7777).toBe(0o4755);
  });
});

describe.skipIf(IS_WINDOWS)('a restore of some of it', () => {
  it('takes what the globs match, and the folders above', async () => {
    const place = Place.open();
    place.write({
      'docs/a.txt': 'a',
      'docs/deep/b.txt': 'b',
      'docs/deep/c.jpg': 'c',
      'photos/d.jpg': 'd',
      'e.txt': 'e',
    });
    chmodSync(join(place.source, 'docs'), 0o710);
    await backedUp(place);
    const restored = async (...globs: readonly string[]): Promise<readonly string[]> => {
      rmSync(place.path('restored'), { recursive: true, force: true });
      const { status } = await place.command(['restore', 'data', ...globs, '--to', 'restored']);
      expect(status).toBe(0);
      return listing(place.path('restored'));
    };
    expect(await restored('docs/deep')).toEqual(['docs', 'docs/deep', 'docs/deep/b.txt', 'docs/deep/c.jpg']);
    expect(statSync(place.path('restored', 'docs')).mode & 0o777).toBe(0o710);
    // A folder that is there and was not asked for stays as it is.
    chmodSync(place.path('restored', 'docs'), 0o700);
    const one = await place.command(['restore', 'data', 'docs/a.txt', '--to', 'restored']);
    expect(one.status).toBe(0);
    expect(statSync(place.path('restored', 'docs')).mode & 0o777).toBe(0o700);
    expect(await restored('*.jpg')).toEqual([
      'docs',
      'docs/deep',
      'docs/deep/c.jpg',
      'photos',
      'photos/d.jpg',
    ]);
    expect(await restored('./docs/a.txt', '/e.txt')).toEqual(['docs', 'docs/a.txt', 'e.txt']);
    expect(await restored('docs', '!*.jpg')).toEqual(['docs', 'docs/a.txt', 'docs/deep', 'docs/deep/b.txt']);
  });

  it('is refused when one of the globs matches nothing', async () => {
    const place = Place.open();
    place.write({ a: 'a' });
    await backedUp(place);
    const { status, stderr } = await place.command(['restore', 'data', 'a', 'typo', '--to', 'restored']);
    expect({ status, exists: existsSync(place.path('restored')) }).toEqual({ status: 2, exists: false });
    expect(stderr).toContain('`typo`');
  });

  it('gives a further name of a file that was not asked for', async () => {
    const place = Place.open();
    place.write({ 'a/first': 'one inode' });
    mkdirSync(join(place.source, 'b'));
    for (const name of ['second', 'third'])
      linkSync(join(place.source, 'a', 'first'), join(place.source, 'b', name));
    await backedUp(place);
    expect((await place.command(['restore', 'data', 'b', '--to', 'restored'])).status).toBe(0);
    const [second, third] = ['second', 'third'].map((name) => statSync(place.path('restored', 'b', name)));
    expect(readFileSync(place.path('restored', 'b', 'second'), 'utf8')).toBe('one inode');
    expect(second?.ino).toBe(third?.ino);
  });

  it('reads nothing of archives that it does not need', async () => {
    const place = Place.open();
    place.write({ 'old.txt': 'old' });
    const first = await backedUp(place);
    place.write({ 'new.txt': 'new' });
    await backedUp(place);
    for (const at of place.snapshots())
      for (const name of readdirSync(join(place.series(), at)))
        if (name.endsWith('.tar.zst') && name.includes(first)) rmSync(place.file(name, at));
    const { status, stdout, stderr } = await place.command([
      'restore',
      'data',
      'new.txt',
      '--to',
      'restored',
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('1 file');
  });
});

/** A snapshot, and a folder with some of it, some of it changed, and more. */
async function openOver(): Promise<{ place: Place; source: Map<string, Seen>; target: string }> {
  const place = Place.open();
  place.write({
    changed: 'as it was',
    same: 'same',
    missing: 'missing',
    'folder/x': 'x',
    touched: 'touched',
  });
  symlinkSync('same', join(place.source, 'link'));
  const source = lookAt(place.source);
  await backedUp(place);
  const target = place.path('there');
  expect((await place.command(['restore', 'data', '--to', target])).status).toBe(0);
  rmSync(join(target, 'missing'));
  writeFileSync(join(target, 'changed'), 'changed');
  utimesSync(join(target, 'touched'), 1e9, 1e9);
  rmSync(join(target, 'link'));
  symlinkSync('elsewhere', join(target, 'link'));
  mkdirSync(join(target, 'extra'));
  writeFileSync(join(target, 'extra', 'file'), 'extra');
  writeFileSync(join(target, 'folder', 'extra'), 'extra');
  return { place, source, target };
}

const EXTRAS = ['extra', 'extra/file', 'folder/extra'];

describe('a dry run of a restore', () => {
  it('counts what a restore counts, and does not name the root of the system', async () => {
    const place = Place.open();
    place.write({ 'a.txt': 'a', 'folder/b.txt': 'b' });
    await place.night();
    const args = ['restore', 'data', '--to', place.path('restored')];
    const { stdout } = await place.command([...args, '--dry-run']);
    expect(stdout).toMatch(/^make +\.\/\nmake +a\.txt\nmake +folder\/\nmake +folder\/b\.txt\n/);
    const [dry, real] = [
      endOf(await place.command([...args, '--dry-run', '--json'])),
      endOf(await place.command([...args, '--json'])),
    ];
    const { dryRun: _wouldBe, durationMs: _, ...counts } = dry;
    expect(real).toMatchObject(counts);
  });
});

describe.skipIf(IS_WINDOWS)('a restore over what is there', () => {
  it('refuses, by default, before anything is written', async () => {
    const { place, target } = await openOver();
    const before = lookAt(target);
    const { status, stderr } = await place.command(['restore', 'data', '--to', target]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/changed: another file is there; link: a link is there/);
    expect(lookAt(target)).toEqual(before);
    const dry = eventsOf(await place.command(['restore', 'data', '--to', target, '--dry-run', '--json']));
    expect(dry.filter((event) => event['do'] === 'refuse').map((event) => event['path'])).toEqual([
      'changed',
      'link',
    ]);
    expect(dry.at(-1)).toMatchObject({ event: 'end', status: 2, refused: 2 });
  });

  it('with never goes on where an earlier one was cut short, and leaves what has the content', async () => {
    const { place, source, target } = await openOver();
    for (const name of ['changed', 'link']) rmSync(join(target, name));
    const end = endOf(await place.command(['restore', 'data', '--to', target, '--json']));
    expect(end).toMatchObject({ status: 0, files: 2, links: 1, same: 3, otherwise: 1 });
    expect(lstatSync(join(target, 'touched')).mtimeMs).toBe(1e12);
    for (const path of [...EXTRAS, 'touched', 'folder', ''])
      rmSync(join(target, path === '' ? 'extra' : path), { recursive: true, force: true });
    for (const path of ['touched', 'folder', 'folder/x', 'extra']) source.delete(path);
    const found = rounded(lookAt(target), source);
    expect(found).toEqual(source);
  });

  it('with if-changed replaces what differs, and nothing else', async () => {
    const { place, source, target } = await openOver();
    const inode = statSync(join(target, 'same')).ino;
    const touched = statSync(join(target, 'touched')).ino;
    const end = endOf(
      await place.command(['restore', 'data', '--to', target, '--overwrite', 'if-changed', '--json']),
    );
    expect(end).toMatchObject({ status: 0, files: 2, links: 1, deleted: 0 });
    expect(statSync(join(target, 'same')).ino).toBe(inode);
    // Its content was right: only its time is set.
    expect(statSync(join(target, 'touched')).ino).toBe(touched);
    const found = rounded(lookAt(target), source);
    for (const path of EXTRAS) expect(found.delete(path)).toBe(true);
    expect(found).toEqual(source);
  });

  it('with always writes everything again', async () => {
    const { place, source, target } = await openOver();
    const inode = statSync(join(target, 'same')).ino;
    const end = endOf(
      await place.command(['restore', 'data', '--to', target, '--overwrite', 'always', '--delete', '--json']),
    );
    expect(end).toMatchObject({ status: 0, files: 5, links: 1, deleted: 3, same: 0 });
    expect(statSync(join(target, 'same')).ino).not.toBe(inode);
    expectSame(target, source);
  });

  it('with --delete removes what the snapshot does not have, within the globs only', async () => {
    const { place, target } = await openOver();
    const over = ['--overwrite', 'if-changed', '--delete', '--to', target];
    const dry = eventsOf(await place.command(['restore', 'data', 'folder', ...over, '--dry-run', '--json']));
    expect(dry.filter((event) => event['do'] === 'delete')).toMatchObject([{ path: 'folder/extra' }]);
    expect(existsSync(join(target, 'folder', 'extra'))).toBe(true);
    expect((await place.command(['restore', 'data', 'folder', ...over])).status).toBe(0);
    expect(listing(target)).toEqual(
      ['changed', 'extra', 'extra/file', 'folder', 'folder/x', 'link', 'same', 'touched'].toSorted(),
    );
    expect((await place.command(['restore', 'data', ...over])).status).toBe(0);
    expect(existsSync(join(target, 'extra'))).toBe(false);
  });

  it('does not delete what could not be read when the snapshot was made', async () => {
    const place = Place.open();
    place.write({ 'a/read': 'x', 'a/not to be read': 'y' });
    chmodSync(join(place.source, 'a', 'not to be read'), 0);
    expect((await place.run([], { isOrdinary: true })).status).toBe(3);
    const over = ['--overwrite', 'if-changed', '--delete', '--to', place.source];
    expect((await place.command(['restore', 'data', ...over])).status).toBe(0);
    expect(listing(place.source)).toEqual(['a', 'a/not to be read', 'a/read']);
  });

  it('needs --overwrite for --delete, and refuses a target in or around the series', async () => {
    const { place } = await openOver();
    const status = async (...args: readonly string[]): Promise<number | null> =>
      (await place.command(['restore', 'data', ...args])).status;
    expect(await status('--to', 'new', '--delete')).toBe(2);
    expect(await status('--to', place.series())).toBe(2);
    expect(await status('--to', place.file('restored'))).toBe(2);
    expect(await status('--to', place.root, '--overwrite', 'always', '--delete')).toBe(2);
    place.checkSums();
  });

  it('with --delete asks first where far more is than was ever restored, or wants --yes', async () => {
    const place = Place.open();
    place.write({ one: 'x', two: 'y' });
    await backedUp(place);
    const target = place.path('target');
    mkdirSync(target);
    for (let n = 0; n < 11; n++) writeFileSync(join(target, `mine ${n}`), 'mine');
    const over = ['restore', 'data', '--to', target, '--overwrite', 'if-changed', '--delete'];
    const { status, stderr } = await place.command(over);
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /--delete would delete 11 files \(44 B\): .*The snapshot has only 2 files \(2 B\)/,
    );
    expect(stderr).toContain('--yes');
    expect((await place.command([...over, '--dry-run'])).status).toBe(0);
    expect(listing(target).length).toBe(11);
    expect((await place.command([...over, '--yes'])).status).toBe(0);
    expect(listing(target)).toEqual(['one', 'two']);
  });

  it('replaces a folder by a file only when all in it may be deleted', async () => {
    const { place, source, target } = await openOver();
    rmSync(join(target, 'same'));
    mkdirSync(join(target, 'same', 'inner'), { recursive: true });
    writeFileSync(join(target, 'same', 'inner', 'file'), 'mine');
    const over = ['restore', 'data', '--to', target, '--overwrite', 'always'];
    const { status, stderr } = await place.command(over);
    expect(status).toBe(2);
    expect(stderr).toContain('same: a folder is there that is not empty');
    expect(readFileSync(join(target, 'same', 'inner', 'file'), 'utf8')).toBe('mine');
    expect((await place.command([...over, '--delete'])).status).toBe(0);
    expectSame(target, source);
  });

  it('never follows links in the target, and replaces them only when asked to', async () => {
    const place = Place.open();
    place.write({ 'folder/file': 'restored', file: 'restored' });
    await backedUp(place);
    const outside = place.path('outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'file'), 'mine');
    const target = place.path('there');
    mkdirSync(target);
    symlinkSync(outside, join(target, 'folder'));
    symlinkSync(join(outside, 'file'), join(target, 'file'));
    expect((await place.command(['restore', 'data', '--to', target])).status).toBe(2);
    expect((await place.command(['restore', 'data', 'folder/file', '--to', target])).status).toBe(2);
    const over = ['--to', target, '--overwrite', 'if-changed'];
    expect((await place.command(['restore', 'data', ...over])).status).toBe(0);
    expect(listing(outside)).toEqual(['file']);
    expect(readFileSync(join(outside, 'file'), 'utf8')).toBe('mine');
    expect(lstatSync(join(target, 'folder')).isDirectory()).toBe(true);
    expect(readFileSync(join(target, 'folder', 'file'), 'utf8')).toBe('restored');
    expect(lstatSync(join(target, 'file')).isFile()).toBe(true);
  });

  it('does not change other names of a file that it replaces', async () => {
    const { place, target } = await openOver();
    linkSync(join(target, 'changed'), place.path('outside'));
    linkSync(join(target, 'touched'), place.path('outside too'));
    expect(
      (await place.command(['restore', 'data', '--to', target, '--overwrite', 'if-changed'])).status,
    ).toBe(0);
    expect(readFileSync(place.path('outside'), 'utf8')).toBe('changed');
    expect(statSync(place.path('outside too')).mtimeMs).toBe(1e12);
    expect(readFileSync(join(target, 'changed'), 'utf8')).toBe('as it was');
  });
});

describe.skipIf(IS_WINDOWS)('a restore that is stopped', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'by %s leaves nothing half written, and goes on later',
    async (signal) => {
      const place = Place.open();
      place.writeMany('small', 3000);
      place.write({ noise: noise(3_000_000), large: '' });
      writeZeros(join(place.source, 'large'), 300_000_000);
      await backedUp(place);
      const source = lookAt(place.source);
      const running = place.start(['restore', 'data', '--to', 'restored', '--json']);
      await running.line((line) => line.includes('"phase":"restore"'));
      running.child.kill(signal);
      const ended = await running.ended;
      expect(ended.status).toBe(130);
      expect(endOf(ended)).toMatchObject({ event: 'end', status: 130, error: { code: 'E_STOPPED' } });
      expect(parts(place.path('restored'))).toEqual([]);
      const whole = lookAt(place.path('restored'));
      for (const [path, { type, sha256, mtimeNs }] of whole) {
        if (type === 'file') expect({ path, sha256 }).toEqual({ path, sha256: source.get(path)?.sha256 });
        const off = mtimeNs - (source.get(path)?.mtimeNs ?? 0n);
        if (type === 'file') expect(off > -ROUNDING_NS && off < ROUNDING_NS).toBe(true);
      }
      const before = [...whole.values()].filter(({ type }) => type === 'file').length;
      expect(before).toBeLessThan(3002);
      const again = await place.command(['restore', 'data', '--to', 'restored', '--json']);
      expect(endOf(again)).toMatchObject({ status: 0, same: before, files: 3002 - before });
      expectSame(place.path('restored'), source);
    },
  );

  it('by a kill goes on, and what was under way is cleared', async () => {
    const place = Place.open();
    place.write({ small: 'x', large: '' });
    writeZeros(join(place.source, 'large'), 300_000_000);
    await backedUp(place);
    const source = lookAt(place.source);
    const running = place.start(['restore', 'data', '--to', 'restored', '--json']);
    await running.line((line) => line.includes('"phase":"restore"'));
    running.child.kill('SIGKILL');
    await running.ended;
    expect((await place.command(['restore', 'data', '--to', 'restored'])).status).toBe(0);
    expectSame(place.path('restored'), source);
  });
});

/** Changes a byte in the middle of `file`, which may have other names. */
function damage(file: string, at = 0.5): void {
  const bytes = readFileSync(file);
  const place = Math.floor(bytes.length * at);
  bytes[place] = (bytes[place] ?? 0) ^ 0x55;
  writeFileSync(file, bytes);
}

describe.skipIf(IS_WINDOWS)('a restore from a damaged series', () => {
  it.each(FORMATS)('leaves out what is damaged, names it, and gives the rest, format %s', async (format) => {
    const place = openWith(format);
    place.write({ 'a/small': 'x', large: noise(20_000_000), 'medium.bin': noise(6_000_000, 2) });
    const at = await backedUp(place);
    const [archive] = place.info(at).archives;
    damage(place.file(archive?.file ?? '', at), 0.9);
    const ended = await place.command(['restore', 'data', '--to', 'restored', '--json']);
    expect(ended.status).toBe(3);
    const problems = eventsOf(ended).filter(({ event }) => event === 'problem');
    expect(problems).toMatchObject([{ path: 'large', kind: 'damaged' }]);
    expect(endOf(ended)).toMatchObject({ status: 3, problems: 1, files: 2 });
    expect(listing(place.path('restored'))).toEqual(['a', 'a/small', 'medium.bin']);
    const text = await place.command(['restore', 'data', '--to', 'restored']);
    expect(text.status).toBe(3);
    expect(text.stderr).toMatch(/1 path could not be restored:\n {2}large: /);
    const quiet = await place.command(['restore', 'data', '--to', 'restored', '--quiet']);
    expect(quiet.stdout).toBe('');
    expect(quiet.stderr).toContain('large');
  });

  it.each(FORMATS)('takes what is damaged from another archive that holds it, format %s', async (format) => {
    const place = openWith(format);
    place.writePlan('source,destination,name,format,strategy', `source,destination,data,${format},full`);
    place.write({ 'a/small': 'x', medium: noise(6_000_000, 2), large: noise(20_000_000) });
    const first = await backedUp(place);
    // Under another name, and gone again: its content is what counts.
    renameSync(join(place.source, 'large'), join(place.source, 'large, renamed'));
    const second = await backedUp(place);
    const source = lookAt(place.source);
    for (const { file } of place.info(second).archives)
      if (!file.includes('~tree')) damage(place.file(file, second), 0.9);
    const ended = await place.command(['restore', 'data', '--to', 'restored', '--json']);
    expect(eventsOf(ended).filter(({ event }) => event === 'problem')).toEqual([]);
    expect(endOf(ended)).toMatchObject({ status: 0, problems: 0, files: 3 });
    expect(eventsOf(ended).find(({ event }) => event === 'note')?.['message']).toMatch(/another copy/);
    expectSame(place.path('restored'), source);
    expect(first).not.toBe(second);
  });

  it('takes what is damaged from where no entry has it any more', async () => {
    const place = Place.open();
    place.write({ doomed: noise(100_000), other: noise(500_000, 2) });
    const first = await backedUp(place);
    const source = lookAt(place.source);
    rmSync(join(place.source, 'doomed'));
    await backedUp(place);
    // Without hard links, each folder has an archive of its own.
    const copy = place.path('copy', 'data');
    cpSync(place.series(), copy, { recursive: true });
    damage(join(copy, first, place.info(first).archives[0]?.file ?? ''), 0.1);
    const { status, stderr } = await place.command(['restore', copy, '--at', first, '--to', 'restored']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expectSame(place.path('restored'), source);
  });

  it('takes what is missing from a copy of the same archive in another folder', async () => {
    const place = Place.open();
    place.write({ 'a/small': 'x', large: noise(20_000_000) });
    const first = await backedUp(place);
    place.write({ more: 'more' });
    const second = await backedUp(place);
    const source = lookAt(place.source);
    // What copying without hard links makes of a series.
    const copy = place.path('copy', 'data');
    cpSync(place.series(), copy, { recursive: true });
    const [shared] = place.info(first).archives;
    rmSync(join(copy, second, shared?.file ?? ''));
    const { status, stderr } = await place.command(['restore', copy, '--to', 'restored']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expectSame(place.path('restored'), source);
  });

  it('still has the files before the place where an archive is cut short', async () => {
    const place = Place.open();
    // Frames that compress well are so short that several of them are read at once.
    for (let i = 0; i < 6; i++) place.write({ [`${i}`]: Buffer.concat(Array(30).fill(noise(100_000, i))) });
    const at = await backedUp(place);
    const archive = place.file(place.info(at).archives[0]?.file ?? '', at);
    const { size } = statSync(archive);
    expect(size).toBeLessThan(4_000_000);
    truncateSync(archive, Math.floor(size / 2));
    const ended = await place.command(['restore', 'data', '--to', 'restored', '--json']);
    expect(ended.status).toBe(3);
    expect(listing(place.path('restored')).length).toBeGreaterThan(0);
    expect(endOf(ended)['problems']).toBe(6 - listing(place.path('restored')).length);
  });

  it('links no further name to what is still there in place of a damaged file', async () => {
    const place = Place.open();
    place.write({ first: noise(100_000) });
    linkSync(join(place.source, 'first'), join(place.source, 'second'));
    const at = await backedUp(place);
    damage(place.file(place.info(at).archives[0]?.file ?? '', at));
    mkdirSync(place.path('there'));
    writeFileSync(place.path('there', 'first'), 'mine');
    const over = ['--overwrite', 'if-changed', '--json'];
    const ended = await place.command(['restore', 'data', '--to', 'there', ...over]);
    expect(eventsOf(ended).filter(({ event }) => event === 'problem')).toMatchObject([
      { path: 'first', kind: 'damaged' },
      { path: 'second', kind: 'damaged' },
    ]);
    expect(listing(place.path('there'))).toEqual(['first']);
    expect(readFileSync(place.path('there', 'first'), 'utf8')).toBe('mine');
  });

  it('deletes nothing when it could not restore everything', async () => {
    const place = Place.open();
    place.write({ file: noise(100_000) });
    const at = await backedUp(place);
    damage(place.file(place.info(at).archives[0]?.file ?? '', at), 0.5);
    mkdirSync(place.path('there'));
    writeFileSync(place.path('there', 'renamed'), noise(100_000));
    const over = ['--overwrite', 'if-changed', '--delete'];
    const { status, stdout } = await place.command(['restore', 'data', '--to', 'there', ...over]);
    expect(status).toBe(1);
    expect(stdout).toContain('nothing was deleted');
    expect(listing(place.path('there'))).toEqual(['renamed']);
  });

  it('never restores from an unfinished folder, and says that a snapshot is damaged', async () => {
    const place = Place.open();
    place.write({ file: 'first' });
    const first = await backedUp(place);
    place.write({ file: 'second' });
    const second = await backedUp(place);
    appendFileSync(place.file('info.json', second), 'x');
    const { status, stdout } = await place.command(['restore', 'data', '--to', 'restored']);
    expect(status).toBe(0);
    expect(stdout).toContain(`${second}/info.json" is damaged`);
    expect(readFileSync(place.path('restored', 'file'), 'utf8')).toBe('first');
    rmSync(place.file('info.json', first));
    const lost = await place.command(['restore', 'data', '--to', 'new', '--at', first]);
    expect(lost.status).toBe(1);
    expect(lost.stderr).toMatch(/verify .* --repair`/);
    expect(existsSync(place.path('new'))).toBe(false);
  });
});
