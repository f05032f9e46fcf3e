// A destination that fills up, for real, at every step of a run: nothing that was whole is lost.
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { hasTool, IS_LINUX, tool } from './support/command.ts';
import { type Format, LivingSeries } from './support/living-series.ts';
import { listing } from './support/place.ts';
import { noise } from './support/trees.ts';

const FORMATS: readonly Format[] = ['tar.zst', 'zip'];
const DISK_BYTES = 12 * 1024 * 1024;
const PAGE_BYTES = 4096;

/** A series on a small disk of its own. */
class SmallDisk {
  readonly series: LivingSeries;
  readonly #ballast: string;
  #night = 0;

  constructor(format: Format) {
    this.series = new LivingSeries(format);
    this.series.plan(format, 'incremental', 2);
    const { destination } = this.series.place;
    mkdirSync(destination);
    tool('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', destination]);
    onTestFinished(() => void tool('umount', [destination]), 10_000);
    this.#ballast = join(destination, 'ballast');
  }

  get freePages(): number {
    return statfsSync(this.series.place.destination).bavail;
  }

  /** Leaves so many pages free. */
  fill(pages: number): void {
    writeFileSync(this.#ballast, Buffer.alloc((this.freePages - pages) * PAGE_BYTES, 'b'));
  }

  giveBack(): void {
    rmSync(this.#ballast, { force: true });
  }

  /** Changes the tree: content that does not compress, and enough entries for an index of some pages. */
  change(): void {
    const { place } = this.series;
    this.#night++;
    place.write({ 'noise.bin': noise(1_000_000, this.#night) });
    place.writeMany('small', 150, `night ${this.#night}`);
  }
}

/** Whether this machine lets the tests mount a disk. */
function canMount(): boolean {
  if (!IS_LINUX) return false;
  try {
    tool('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']);
    return true;
  } catch {
    return false;
  }
}

/** The kind of file that could not be written, as the error names it. */
function placeOf(error: unknown): string {
  const { message } = error as { message: string };
  return basename(/"(.*?)"/.exec(message)?.[1] ?? message).replace(/^data-.*Z|^\.lock-.*/, (name) =>
    name.startsWith('.lock') ? 'lock' : '',
  );
}

describe.skipIf(!canMount() || !hasTool('unzip'))('a disk that fills up', () => {
  it.each(FORMATS)(
    'at any step of a run costs that run only: %s',
    async (format) => {
      const disk = new SmallDisk(format);
      const { series } = disk;
      const { place } = series;
      for (let night = 0; night < 3; night++) {
        disk.change();
        await series.night({ acceptChanges: true });
      }
      // A snapshot takes as much each night; the one that is rotated out goes after the new one is there.
      disk.change();
      const before = disk.freePages;
      series.plan(format, 'incremental', 3);
      await series.night({ acceptChanges: true });
      const taken = before - disk.freePages;
      series.plan(format, 'incremental', 2);
      const failedAt = new Set<string>();
      // So that it fails at the lock, in the middle of the content, and at each file that comes after it.
      const free = [0, Math.floor(taken / 2)];
      for (let short = 7; short >= 0; short--) free.push(taken - short);
      for (const pages of free) {
        disk.change();
        const whole = place.whole();
        disk.fill(pages);
        const { status, stderr, row } = await place.run(['--accept-changes']);
        const said = `${pages} of ${taken} pages: ${stderr} ${JSON.stringify(row)}`;
        expect([0, 1], said).toContain(status);
        if (status === 1) {
          expect(row, said).toMatchObject({ outcome: 'failed', error: { code: 'E_SPACE' } });
          expect(place.whole(), said).toEqual(whole);
          expect(listing(place.series()).filter((name) => /\.part|\.lock-[0-9a-f]/.test(name))).toEqual([]);
          failedAt.add(placeOf(row?.['error']));
        } else series.remember(String(row?.['snapshot']));
        expect(await place.command(['verify', '--level', 'full']), said).toMatchObject({ status: 0 });
        disk.giveBack();
        // The next run has room, and needs no hand.
        const row2 = await series.night({ acceptChanges: true });
        expect(row2, said).toMatchObject({ outcome: status === 1 ? 'written' : 'unchanged' });
        expect(place.snapshots(), said).toEqual(place.whole());
        expect(place.whole(), said).toHaveLength(2);
      }
      expect([...failedAt]).toEqual(
        expect.arrayContaining(['lock', `.${format}`, 'index.jsonl.zst', 'info.json']),
      );
      series.expectAll();
    },
    600_000,
  );
});
