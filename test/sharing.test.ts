// What snapshots of a series share, and that each is complete by itself all the same.
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hasTool, IS_LINUX, IS_ROOT, IS_WINDOWS, tool } from './support/command.ts';
import { type Format, LivingSeries } from './support/living-series.ts';
import type { Place } from './support/place.ts';
import { lookAt, noise } from './support/trees.ts';

const FORMATS: readonly Format[] = ['tar.zst', 'zip'];
const ARCHIVE = /\.(?:tar\.zst|zip)$/;

/** So many nights, each of which changes one file and adds one. */
async function nights(series: LivingSeries, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const n = series.place.runs().length;
    series.place.write({ 'changes.bin': noise(20_000, n), [`new ${n}.bin`]: noise(20_000, 1000 + n) });
    expect(await series.night()).toMatchObject({ outcome: 'written' });
  }
}

async function openWithSnapshots(
  count: number,
  format: Format = 'tar.zst',
  strategy?: string,
): Promise<LivingSeries> {
  const series = new LivingSeries(format, strategy);
  series.place.write({ 'stays.bin': noise(200_000), 'folder/inner.txt': 'inner' });
  await series.night();
  await nights(series, count - 1);
  return series;
}

/** Inodes of the archives in a snapshot's folder, by name. */
function inodes(place: Place, at: string): Map<string, number> {
  const names = readdirSync(place.file('', at)).filter((name) => ARCHIVE.test(name));
  return new Map(names.map((name) => [name, statSync(place.file(name, at)).ino]));
}

/** The hash of each file below `root`, by path; undefined for what is no file. */
function contentsOf(root: string): Map<string, string | undefined> {
  return new Map([...lookAt(root)].map(([path, { sha256 }]) => [path, sha256]));
}

/** All that the check sums say of a snapshot, as another program reads them. */
function checked(place: Place, at: string): readonly string[] {
  const [file = '', ...args] = hasTool('sha256sum') ? ['sha256sum'] : ['shasum', '-a', '256'];
  const said = tool(file, [...args, '-c', 'SHA256SUMS'], place.file('', at));
  return said.trimEnd().split('\n').toSorted();
}

describe.skipIf(IS_WINDOWS || !hasTool('unzip'))('snapshots that share archives', () => {
  it.each(FORMATS)('have them as hard links: %s', async (format) => {
    const { place } = await openWithSnapshots(4, format);
    const [first = '', ...later] = place.snapshots();
    const name = place.info(first).archives[0]?.file ?? '';
    const { ino, nlink } = statSync(place.file(name, first));
    expect(nlink).toBe(4);
    for (const at of later) expect(statSync(place.file(name, at)).ino).toBe(ino);
    // What is shared once, is shared by all that have it; and nothing else is.
    const all = place.snapshots().flatMap((at) => [...inodes(place, at)]);
    const byName = new Map(all);
    for (const [archive, inode] of all) expect(byName.get(archive), archive).toBe(inode);
    expect(new Set(byName.values()).size).toBe(byName.size);
    const trees = [...byName.keys()].filter((archive) => archive.includes('~tree'));
    expect(trees).toHaveLength(4);
    for (const [n, at] of place.snapshots().entries()) {
      expect(place.info(at).archives.at(-1)?.file).toBe(trees.toSorted()[n]);
      expect(statSync(place.file(trees.toSorted()[n] ?? '', at)).nlink).toBe(1);
    }
  });

  it.each(FORMATS)(
    'are complete, each in its folder, with check sums of all that is there: %s',
    async (format) => {
      const series = await openWithSnapshots(4, format);
      const { place } = series;
      for (const at of place.snapshots()) {
        const files = readdirSync(place.file('', at));
        expect(checked(place, at)).toEqual(
          files
            .filter((name) => name !== 'SHA256SUMS')
            .map((name) => `${name}: OK`)
            .toSorted(),
        );
        const archives = place.info(at).archives.map(({ file }) => file);
        expect(archives).toEqual(files.filter((name) => ARCHIVE.test(name)).toSorted());
      }
      // One that is taken elsewhere comes back from there.
      const at = place.snapshots().at(-1) ?? '';
      tool('cp', ['-R', place.file('', at), place.path('elsewhere')]);
      tool('sh', [place.path('elsewhere', 'RESTORE.txt'), place.path('out')]);
      if (format === 'tar.zst') expect(lookAt(place.path('out'))).toEqual(lookAt(place.source));
      expect([...lookAt(place.path('out')).keys()]).toEqual([...lookAt(place.source).keys()]);
      series.expectAll();
    },
  );

  it.each(FORMATS)(
    'yield the tree by extracting the archives in order, and files that are gone: %s',
    async (format) => {
      const { place } = await openWithSnapshots(2, format);
      place.write({ 'gone.txt': 'gone' });
      await place.night();
      tool('rm', [`${place.source}/gone.txt`]);
      place.write({ 'changes.bin': 'changed', 'folder/inner.txt': 'changed' });
      await place.night();
      const target = place.path('out');
      mkdirSync(target);
      for (const archive of place.archives()) {
        if (format === 'zip') tool('unzip', ['-qo', archive], target);
        else tool('tar', ['--zstd', '-xf', archive], target);
      }
      const found = contentsOf(target);
      for (const [path, sha256] of contentsOf(place.source)) expect(found.get(path), path).toBe(sha256);
      expect(found.size - contentsOf(place.source).size).toBeLessThanOrEqual(1);
    },
  );

  it.each(FORMATS)('stay usable when the older ones are rotated out: %s', async (format) => {
    const series = await openWithSnapshots(4, format);
    const { place } = series;
    const oldest = place.info(place.snapshots()[0]).archives[0]?.file ?? '';
    series.plan(format, 'incremental', 2);
    await nights(series, 3);
    expect(place.snapshots()).toHaveLength(2);
    for (const at of place.snapshots()) expect(statSync(place.file(oldest, at)).nlink).toBe(2);
    series.expectAll();
    series.plan(format, 'incremental', 1);
    await nights(series, 1);
    expect(place.snapshots()).toHaveLength(1);
    expect(statSync(place.file(oldest)).nlink).toBe(1);
    series.expectAll();
  });

  it('are never more than 33 archives, and never waste half of one', async () => {
    const series = await openWithSnapshots(2);
    const { place } = series;
    for (let i = 0; i < 40; i++) {
      place.write({ [`new ${i}.bin`]: noise(3000, i), 'changes.bin': noise(20_000, i) });
      await series.night();
      const contents = place.info().archives.filter(({ entries }) => entries > 0);
      expect(contents.length).toBeLessThanOrEqual(33);
      const bytes = contents.reduce((sum, archive) => sum + archive.bytes, 0);
      expect(bytes).toBeLessThan(2 * place.info().bytes + 100_000);
    }
    series.expectAll();
  });

  it.each(FORMATS)('with strategy full share nothing: %s', async (format) => {
    const series = await openWithSnapshots(3, format, 'full');
    const { place } = series;
    const seen = new Set<number>();
    for (const at of place.snapshots()) {
      for (const [archive, inode] of inodes(place, at)) {
        expect(statSync(place.file(archive, at)).nlink, archive).toBe(1);
        expect(archive).toContain(at);
        expect(seen.has(inode)).toBe(false);
        seen.add(inode);
      }
      expect(place.info(at)['strategy']).toBe('full');
      expect(place.info(at)['dead']).toBeNull();
    }
    series.expectAll();
  });

  it('share nothing with those before the strategy became full, and share again when it is incremental', async () => {
    const series = await openWithSnapshots(2);
    const { place } = series;
    series.plan('tar.zst', 'full');
    await nights(series, 1);
    const full = place.snapshots().at(-1) ?? '';
    for (const archive of inodes(place, full).keys()) expect(archive).toContain(full);
    series.plan('tar.zst');
    await nights(series, 1);
    // Perhaps of the full one, perhaps of those before it.
    const newest = place.snapshots().at(-1) ?? '';
    expect(series.contents().some((archive) => !archive.includes(newest))).toBe(true);
    series.expectAll();
  });

  it('come back when the format changes between them, and share no archive of another format', async () => {
    const series = await openWithSnapshots(2);
    for (const format of ['zip', 'zip', 'tar.zst', 'zip'] as const) {
      series.plan(format);
      await nights(series, 1);
      for (const archive of series.contents()) expect(archive.endsWith(`.${format}`)).toBe(true);
    }
    series.expectAll();
  });
});

/**
 * Keeps hard links from leaving a snapshot's folder: it becomes a mount of its own, and no link leads from one
 * mount to another.
 */
function seal(place: Place, at: string): () => void {
  const folder = place.file('', at);
  tool('mount', ['--bind', folder, folder]);
  let isSealed = true;
  const open = (): void => {
    if (isSealed) tool('umount', [folder]);
    isSealed = false;
  };
  onTestFinished(open);
  return open;
}

describe.skipIf(!IS_LINUX || !IS_ROOT || !hasTool('unzip'))('where hard links are not possible', () => {
  it.each(FORMATS)(
    'archives stay where they were written, and every snapshot comes back: %s',
    async (format) => {
      const series = await openWithSnapshots(1, format);
      const { place } = series;
      const [first = ''] = place.snapshots();
      seal(place, first);
      for (let i = 0; i < 3; i++) {
        await nights(series, 1);
        seal(place, place.snapshots().at(-1) ?? '');
      }
      for (const at of place.snapshots().slice(1)) {
        expect(place.info(at).archives[0]?.file).toBe(`${first}/${place.info(first).archives[0]?.file}`);
        for (const archive of inodes(place, at).keys()) expect(archive).toContain(at);
        expect(checked(place, at).every((line) => line.endsWith(': OK'))).toBe(true);
      }
      series.expectAll();
    },
  );

  it('rotation keeps the archives that a later snapshot names, until none does', async () => {
    const series = await openWithSnapshots(1);
    const { place } = series;
    const [first = ''] = place.snapshots();
    const archive = place.info(first).archives[0]?.file ?? '';
    const open = seal(place, first);
    series.plan('tar.zst', 'incremental', 2);
    await nights(series, 2);
    open();
    expect(readdirSync(place.file('', first))).toEqual(['LET-GO', archive]);
    expect(place.whole()).toEqual(place.snapshots().slice(1));
    for (const at of place.whole()) expect(place.info(at).archives[0]?.file).toBe(`${first}/${archive}`);
    series.expectAll();

    // From now on it is in the new folders as well; the run after those clears away what nobody names.
    await nights(series, 2);
    expect(await series.night()).toMatchObject({ outcome: 'unchanged' });
    expect(place.snapshots()).toEqual(place.whole());
    expect(place.snapshots()).not.toContain(first);
    expect(series.contents()).toContain(archive);
    series.expectAll();
  });
});
