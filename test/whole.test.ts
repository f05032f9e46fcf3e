// A first run takes everything a tree can hold, and other people's programs give it back.
import { chmodSync, linkSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasTool, IS_LINUX, IS_ROOT, IS_WINDOWS, tool } from './support/command.ts';
import { Place } from './support/place.ts';
import { lookAt, makeTortureTree, type Seen } from './support/trees.ts';

/** Programs that know less than tar: what they do not give back is left out on both sides. */
function without(
  seen: Map<string, Seen>,
  change: (entry: Seen, path: string) => Partial<Seen>,
): Map<string, Seen> {
  return new Map([...seen].map(([path, entry]) => [path, { ...entry, ...change(entry, path) }]));
}

const BEYOND_ZIP: ReadonlySet<string> = new Set(['contents/before 1970', 'contents/after 2038']);

/** A zip holds seconds from 1970 to 2038, no times of links and no hard links. */
function asZip(seen: Map<string, Seen>): Map<string, Seen> {
  return without(seen, ({ type, mtimeNs }, path) => {
    const isKept = type !== 'link' && !BEYOND_ZIP.has(path);
    return { mtimeNs: isKept ? mtimeNs - (mtimeNs % 1_000_000_000n) : 0n, sameAs: undefined };
  });
}

/** Programs for zip do not set the time of a folder that is there already; RESTORE.txt sees to it. */
function asZipByHand(seen: Map<string, Seen>): Map<string, Seen> {
  return without(asZip(seen), ({ type, mtimeNs }) => ({ mtimeNs: type === 'folder' ? 0n : mtimeNs }));
}

/** The kinds of members of a tar.zst, as tar shows them. */
function types(archive: string): Set<string | undefined> {
  const members = tool('tar', ['--zstd', '-tvf', archive]).trimEnd().split('\n');
  return new Set(members.map((line) => line[0]));
}

describe.skipIf(IS_WINDOWS)('the first snapshot of a tree with everything in it', () => {
  let place: Place;
  let source: Map<string, Seen>;
  const emptyFolder = (name: string): string => {
    mkdirSync(place.path(name));
    return place.path(name);
  };
  // Root's tar keeps all permission bits by itself; anyone else has to ask for it.
  const extract = IS_ROOT ? '-xf' : '-xpf';

  beforeAll(async () => {
    place = new Place();
    makeTortureTree(place.source);
    place.writePlan(
      'source,destination,name,format',
      'source,destination,data,tar.zst',
      'source,destination,zipped,zip',
    );
    source = lookAt(place.source);
    const { status, stderr } = await place.run();
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
  afterAll(() => place.remove());

  it('leaves the source as it was', () => {
    expect(lookAt(place.source)).toEqual(source);
  });

  it.each(['data', 'zipped'])('has its archives in the byte order of their names: %s', (series) => {
    const files = place.info(place.snapshots(series)[0], series).archives.map(({ file }) => file);
    const folder = readdirSync(place.file('', place.snapshots(series)[0], series));
    expect(files).toEqual(folder.filter((name) => /\.(tar\.zst|zip)$/.test(name)).toSorted());
    expect(files.map((file) => file.includes('~tree'))).toEqual([false, true]);
  });

  it('has nothing but files in the first archive, and no file in the last', () => {
    const [first = '', last = ''] = place.archives();
    expect(types(first)).toEqual(new Set(['-']));
    expect(types(last)).toEqual(new Set(['d', 'l', 'h']));
  });

  it('comes back with tar, to the last bit and nanosecond', () => {
    const target = emptyFolder('by tar');
    for (const archive of place.archives()) tool('tar', ['--zstd', extract, archive], target);
    expect(lookAt(target)).toEqual(source);
  });

  it('comes back with zstd and tar one after the other', () => {
    const target = emptyFolder('by pipe');
    for (const archive of place.archives())
      tool('sh', ['-c', `zstd -dc "$0" | tar ${extract} -`, archive], target);
    expect(lookAt(target)).toEqual(source);
  });

  it.skipIf(!IS_LINUX).each(hasTool('bsdtar') ? ['tar', 'bsdtar'] : ['tar'])(
    'comes back for an ordinary user, what lies in read-only folders too: %s',
    async (file) => {
      const own = Place.open();
      own.write({ 'closed/file': 'x', 'closed/inner/file': 'y', 'open/file': 'z' });
      for (const [target, link] of [
        ['/no/such/place', 'absolute'],
        ['../..', 'upward'],
        ['file', 'plain'],
      ] as const) {
        symlinkSync(target, join(own.source, 'closed', link));
        symlinkSync(target, join(own.source, 'closed', 'inner', link));
      }
      linkSync(join(own.source, 'open', 'file'), join(own.source, 'closed', 'inner', 'second name'));
      mkdirSync(join(own.source, 'closed', 'empty'));
      for (const folder of ['closed/inner', 'closed/empty', 'closed'])
        chmodSync(join(own.source, folder), 0o555);
      const before = lookAt(own.source);
      expect((await own.run()).status).toBe(0);
      const target = own.path('out');
      mkdirSync(target);
      chmodSync(target, 0o777);
      chmodSync(own.root, 0o755);
      const user = IS_ROOT ? 'setpriv --reuid=65534 --regid=65534 --clear-groups' : '';
      for (const archive of own.archives())
        tool('sh', ['-c', `zstd -dc "$0" | ${user} ${file} -xpf -`, archive], target);
      expect(lookAt(target)).toEqual(before);
      tool('chmod', ['-R', 'u+w', own.source, target]);
    },
  );

  it('comes back with unzip, when it is told to keep control characters and set-user-id bits', () => {
    const target = emptyFolder('by unzip');
    for (const archive of place.archives('zipped')) tool('unzip', ['-q', '-^', '-K', archive], target);
    expect(asZipByHand(lookAt(target))).toEqual(asZipByHand(source));
  });

  it.skipIf(!IS_LINUX)(
    'has times before 1970 as the first day of 1980 for unzip, which knows none before',
    () => {
      const target = emptyFolder('before 1970');
      tool('unzip', ['-q', place.archives('zipped')[0] ?? '', 'contents/before 1970'], target);
      const mtimeMs = Number((lookAt(target).get('contents/before 1970')?.mtimeNs ?? 0n) / 1_000_000n);
      expect(new Date(mtimeMs).getFullYear() * 100 + new Date(mtimeMs).getMonth()).toBe(198_000);
    },
  );

  it('is a zip that unzip finds no fault with', () => {
    for (const archive of place.archives('zipped')) expect(tool('unzip', ['-tqq', archive])).toBe('');
  });

  it.each(['data', 'zipped'])('comes back with `sh RESTORE.txt FOLDER`: %s', (series) => {
    const target = place.path('restored', series);
    tool('sh', [place.file('RESTORE.txt', place.snapshots(series)[0], series), target], place.path());
    const compare = series === 'zipped' ? asZip : (seen: Map<string, Seen>): Map<string, Seen> => seen;
    expect(compare(lookAt(target))).toEqual(compare(source));
  });

  it.each([
    ['bsdtar', ['-xpf'], 'data'],
    ['bsdtar', ['-xpf'], 'zipped'],
  ])('comes back with %s %s: %s', (file, args, series) => {
    if (!hasTool(file)) return;
    const target = emptyFolder(`by ${file} ${series}`);
    for (const archive of place.archives(series)) tool(file, [...args, archive], target);
    const compare = series === 'zipped' ? asZipByHand : (seen: Map<string, Seen>): Map<string, Seen> => seen;
    expect(compare(lookAt(target))).toEqual(compare(source));
  });

  it.each(['data', 'zipped'])('is an archive that 7-Zip finds no fault with: %s', (series) => {
    if (!hasTool('7z')) return;
    for (const archive of place.archives(series))
      expect(tool('7z', ['t', archive])).toContain('Everything is Ok');
  });

  it.skipIf(!IS_LINUX)('holds its files in ascending size', () => {
    const members = place
      .archives()
      .flatMap((archive) => tool('tar', ['--zstd', '-tvf', archive, '--quoting-style=escape']).split('\n'))
      .filter((line) => line.startsWith('-'));
    const sizes = members.map((line) => Number(line.split(/\s+/)[2]));
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
    expect(sizes.length).toBeGreaterThan(300);
  });

  it('is readable by its owner only', () => {
    const open = [...lookAt(place.destination)].filter(([, { mode }]) => !mode.endsWith('00'));
    expect(open).toEqual([]);
  });

  it.skipIf(!IS_LINUX || !IS_ROOT)('keeps owners and groups, by number and by name', async () => {
    const own = Place.open();
    own.write({ mine: 'a', theirs: 'b' });
    tool('chown', ['12345:54321', join(own.source, 'theirs')]);
    await own.run();
    const target = own.path('out');
    mkdirSync(target);
    for (const archive of own.archives()) tool('tar', ['--zstd', '-xf', archive], target);
    expect(tool('stat', ['-c', '%u:%g %U', join(target, 'theirs'), join(target, 'mine')])).toBe(
      '12345:54321 UNKNOWN\n0:0 root\n',
    );
  });
});

describe('a source that is one file', () => {
  it('makes a snapshot of that file', async () => {
    const place = Place.open();
    place.write({ 'one.txt': 'all there is' });
    place.writePlan('source,destination', 'source/one.txt,destination');
    const { status } = await place.run();
    expect(status).toBe(0);
    expect(place.info(place.snapshots('one.txt')[0], 'one.txt')).toMatchObject({
      count: { files: 1, folders: 0, links: 0 },
      bytes: 12,
    });
  });
});
