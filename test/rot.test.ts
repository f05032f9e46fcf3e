// Bytes that change on the disk by themselves: the last good copy stays.
import { existsSync, mkdtempSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hasTool, IS_LINUX, IS_ROOT, tool } from './support/command.ts';
import { type Format, LivingSeries } from './support/living-series.ts';
import type { Place } from './support/place.ts';
import { restored } from './support/restored.ts';
import { lookAt, noise } from './support/trees.ts';

const FORMATS: readonly Format[] = ['tar.zst', 'zip'];
const GOOD = 'these bytes are as they were written';
const ROTTEN = 'these bytes are as thex were written';

/** A source on a disk of its own, whose bytes can be changed behind the back of its file system. */
class Disk {
  readonly #place: Place;
  readonly #image: string;

  constructor(place: Place) {
    this.#place = place;
    this.#image = place.path('disk');
    writeFileSync(this.#image, '');
    truncateSync(this.#image, 16_000_000);
    tool('mke2fs', ['-q', '-t', 'ext4', '-E', 'root_owner=0:0', this.#image]);
    this.#mount();
    onTestFinished(() => void tool('umount', [place.source]));
    tool('rmdir', [join(place.source, 'lost+found')]);
  }

  /** Does something to the image while nobody else looks at it. */
  offline(change: (image: string) => void): void {
    tool('umount', [this.#place.source]);
    change(this.#image);
    this.#mount();
  }

  /** From now on, the files at the root have not been touched for years. */
  age(...names: readonly string[]): void {
    this.offline((image) => {
      for (const name of names)
        tool('debugfs', ['-w', '-R', `set_inode_field /${name} ctime 20200102030405`, image]);
    });
  }

  rot(from: string, to: string): void {
    this.offline((image) => {
      const bytes = readFileSync(image);
      const at = bytes.indexOf(from);
      expect(at).toBeGreaterThan(0);
      expect(bytes.indexOf(from, at + 1)).toBe(-1);
      bytes.write(to, at);
      writeFileSync(image, bytes);
    });
  }

  #mount(): void {
    tool('mount', ['-o', 'loop,noatime', this.#image, this.#place.source]);
  }
}

/** A series with one snapshot; the disk of its source has rotted since. */
async function openRotten(format: Format): Promise<{ series: LivingSeries; place: Place; disk: Disk }> {
  const series = new LivingSeries(format);
  const { place } = series;
  const disk = new Disk(place);
  place.write({ rotten: GOOD, good: 'good', 'good.bin': noise(50_000) });
  disk.age('rotten', 'good', 'good.bin');
  await series.night();
  disk.rot(GOOD, ROTTEN);
  expect(readFileSync(join(place.source, 'rotten'), 'utf8')).toBe(ROTTEN);
  return { series, place, disk };
}

function contentOf(place: Place, at: string, path: string): string {
  const target = mkdtempSync(place.path('out-'));
  tool('sh', [place.file('RESTORE.txt', at), target]);
  return readFileSync(join(target, path), 'utf8');
}

const isPossible = IS_LINUX && IS_ROOT && hasTool('mke2fs') && hasTool('debugfs') && hasTool('unzip');

describe.skipIf(!isPossible)('a file that has rotted', () => {
  it('goes unseen without --rehash, and harms nothing', async () => {
    const { place } = await openRotten('tar.zst');
    expect(await place.run()).toMatchObject({ status: 0, row: { outcome: 'unchanged' } });
    expect(contentOf(place, place.snapshots()[0] ?? '', 'rotten')).toBe(GOOD);
  });

  it('is found with --rehash, named, and no reason for a snapshot', async () => {
    const { place } = await openRotten('tar.zst');
    const { status, stderr } = await place.command(['run', '--rehash']);
    expect(status).toBe(4);
    expect(stderr).toMatch(/rotten: its content changed although/);
    expect(stderr).toContain('last good copies are kept');
    const { row, events } = await place.run(['--rehash']);
    expect(row).toMatchObject({ outcome: 'unchanged', guards: [{ guard: 'bit-rot' }] });
    expect(events).toContainEqual(expect.objectContaining({ event: 'problem', kind: 'rot', path: 'rotten' }));
    expect(place.snapshots()).toHaveLength(1);
    expect(existsSync(join(place.series(), 'held.json'))).toBe(true);
    // What is held back, is held back in ordinary runs too.
    expect(await place.run()).toMatchObject({ status: 4, row: { guards: [{ guard: 'bit-rot' }] } });
  });

  it('is told by a dry run, which holds nothing back', async () => {
    const { place } = await openRotten('tar.zst');
    expect(await place.run(['--rehash', '--dry-run'])).toMatchObject({
      status: 4,
      row: { guards: [{ guard: 'bit-rot' }] },
    });
    expect(existsSync(join(place.series(), 'held.json'))).toBe(false);
  });

  it.each(FORMATS)('keeps its last good copy in later snapshots, marked as such: %s', async (format) => {
    const { series, place } = await openRotten(format);
    const [first = ''] = place.snapshots();
    series.plan(format, 'incremental', 1);
    const before = lookAt(place.source);
    for (const [n, args] of [['--rehash'], [], ['--rehash']].entries()) {
      place.write({ good: `changed ${n}` });
      const { status, row } = await place.run(args);
      expect({ status, outcome: row?.['outcome'] }).toEqual({ status: 4, outcome: 'written' });
      expect(row).toMatchObject({ change: { added: 0, modified: 1, removed: 0 }, removed: [] });
      const line = place.index().find(({ path }) => path === 'rotten');
      expect(line).toMatchObject({
        kept: first,
        hash: place.index(first).find(({ path }) => path === 'rotten')?.hash,
      });
    }
    expect(place.snapshots()).toHaveLength(4);
    for (const [n, at] of place.snapshots().slice(1).entries()) {
      expect(contentOf(place, at, 'rotten')).toBe(GOOD);
      expect(contentOf(place, at, 'good')).toBe(`changed ${n}`);
      expect(restored(place, at).get('rotten')).toMatchObject({ mode: before.get('rotten')?.mode });
    }
    place.checkSums();
  });

  it('is taken as it is with --accept-changes', async () => {
    const { series, place } = await openRotten('tar.zst');
    expect(await place.run(['--rehash', '--accept-changes'])).toMatchObject({
      row: { outcome: 'written', guards: [], change: { added: 0, modified: 1, removed: 0 } },
    });
    series.remember(place.snapshots().at(-1) ?? '');
    expect(contentOf(place, place.snapshots()[1] ?? '', 'rotten')).toBe(ROTTEN);
    expect(place.index().filter(({ kept }) => kept !== undefined)).toEqual([]);
    expect(existsSync(join(place.series(), 'held.json'))).toBe(false);
  });

  it('is in the next snapshot again when it was put right', async () => {
    const { place, disk } = await openRotten('tar.zst');
    place.write({ good: 'changed' });
    await place.run(['--rehash']);
    disk.rot(ROTTEN, GOOD);
    place.write({ good: 'changed again' });
    expect((await place.run(['--rehash', '--accept-changes'])).row).toMatchObject({ outcome: 'written' });
    expect(contentOf(place, place.snapshots().at(-1) ?? '', 'rotten')).toBe(GOOD);
  });
});
