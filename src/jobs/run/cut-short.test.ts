// A run that ends after any of its store calls: the next one uses what it left, or clears it away.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import type { StoreWriter } from '../../store/store.ts';
import { contentOf, SeriesLab } from './series.lab.ts';

/** Every so many calls are tried; 1 in campaigns. */
const STEP = Number(process.env['SNAPSHOT_CUTS'] ?? 3);

/** A folder of which nothing is changed any more after so many calls. */
class DyingStore extends LocalStore {
  readonly #hasLinks: boolean;
  readonly #life: { calls: number };

  constructor(folder: string, hasLinks: boolean, life: { calls: number }) {
    super(folder);
    this.#hasLinks = hasLinks;
    this.#life = life;
  }

  #live(): void {
    if (this.#life.calls-- <= 0) throw new SnapshotError('E_STORE', 'dead');
  }

  override async create(key: string): Promise<StoreWriter> {
    this.#live();
    const writer = await super.create(key);
    const [commit, discard] = [writer.commit.bind(writer), writer.discard.bind(writer)];
    writer.commit = async () => {
      this.#live();
      await commit();
    };
    writer.discard = async () => {
      await discard();
      if (this.#life.calls <= 0) writeFileSync(join(this.folder, `${key}.part`), 'half');
    };
    return writer;
  }

  override async link(from: string, to: string): Promise<boolean> {
    this.#live();
    return this.#hasLinks && (await super.link(from, to));
  }

  override async remove(key: string): Promise<void> {
    this.#live();
    await super.remove(key);
  }

  override async removeFolder(key: string): Promise<boolean> {
    this.#live();
    return await super.removeFolder(key);
  }

  override async appendLine(key: string, line: string): Promise<void> {
    this.#live();
    await super.appendLine(key, line);
  }
}

it.each([true, false])(
  'a run cut short after any store call leaves nothing to the second one: links %s',
  { timeout: 300_000 },
  async (hasLinks) => {
    let isCut = true;
    for (let calls = 1; isCut; calls += STEP) {
      const lab = new SeriesLab();
      onTestFinished(() => lab.remove());
      lab.row = { ...lab.row, keep: { last: 1 } };
      const forever = { calls: Infinity };
      const open = (life: { calls: number }) => (folder: string) => new DyingStore(folder, hasLinks, life);
      mkdirSync(join(lab.source, 'folder'));
      writeFileSync(join(lab.source, 'folder', 'stays'), 'x'.repeat(1000));
      for (const night of ['1', '2']) {
        writeFileSync(join(lab.source, 'changes'), night);
        await lab.run({ open: open(forever) });
      }
      writeFileSync(join(lab.source, 'changes'), '3');
      const life = { calls };
      await lab.run({ open: open(life) });
      isCut = life.calls <= 0;
      const series = new Series(new LocalStore(join(lab.root, 'destination')), 'data');
      expect((await series.survey()).damaged, `after ${calls} calls`).toEqual([]);
      await lab.run({ open: open(forever) });
      // Rotation follows what is written, and may have been cut short as well.
      writeFileSync(join(lab.source, 'changes'), '4');
      await lab.run({ open: open(forever) });
      const { snapshots, unfinished, kept, damaged } = await series.survey();
      expect({ unfinished, damaged }, `after ${calls} calls`).toEqual({ unfinished: [], damaged: [] });
      expect(kept.length, `after ${calls} calls`).toBeLessThanOrEqual(hasLinks ? 0 : 2);
      const newest = snapshots.at(-1)?.name ?? '';
      expect(lab.restored(newest)).toEqual(contentOf(lab.source));
      const left = readdirSync(lab.folder(), { recursive: true, encoding: 'utf8' });
      expect(left.filter((path) => /^\d.*(?:\.part|UNFINISHED)$/.test(path))).toEqual([]);
      expect(left.filter((path) => path.endsWith('LET-GO')).map((path) => path.slice(0, 20))).toEqual(kept);
      lab.remove();
    }
  },
);

it('a run that is refused before it writes anything leaves no folder', async () => {
  const lab = new SeriesLab();
  onTestFinished(() => lab.remove());
  writeFileSync(join(lab.source, 'file'), 'x');
  class FullStore extends LocalStore {
    override async freeBytes(): Promise<number> {
      return await Promise.resolve(0);
    }
  }
  const end = await lab.run({ acceptChanges: false, open: (folder) => new FullStore(folder) });
  expect(end).toMatchObject({ outcome: 'failed', status: 4 });
  expect(existsSync(lab.folder())).toBe(false);
});

it('what a run has left is read once, and the next one tells how far it is', async () => {
  const lab = new SeriesLab();
  onTestFinished(() => lab.remove());
  for (const name of ['a', 'b', 'c']) writeFileSync(join(lab.source, name), randomBytes(40_000));
  // It ends when it has finished its archives.
  class EndingStore extends LocalStore {
    override async create(key: string): Promise<StoreWriter> {
      if (key.endsWith('/index.jsonl.zst')) throw new SnapshotError('E_STORE', 'dead');
      return await super.create(key);
    }
  }
  expect(await lab.run({ open: (folder) => new EndingStore(folder) })).toMatchObject({
    outcome: 'failed',
  });
  const left = readdirSync(lab.folder(), { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('Z.tar.zst'),
  );
  const bytes = left.reduce((sum, path) => sum + statSync(lab.folder(path)).size, 0);
  expect(left.length).toBeGreaterThan(0);
  let readBytes = 0;
  class CountingStore extends LocalStore {
    override async readRange(key: string, offset: number, length: number): Promise<Buffer> {
      const part = await super.readRange(key, offset, length);
      readBytes += part.length;
      return part;
    }
  }
  lab.events.length = 0;
  await lab.run({ open: (folder) => new CountingStore(folder) });
  // What stands at the end of an archive is read first.
  expect(readBytes).toBeLessThan(bytes * 1.1);
  expect(lab.notes().filter((note) => note.startsWith('using '))).toHaveLength(left.length);
  const told = lab.events.flatMap((event) =>
    event.event === 'progress' && event.phase === 'look' && event.totalFiles === left.length ? [event] : [],
  );
  expect(told.at(0)).toMatchObject({ files: 0, bytes: 0, totalBytes: bytes });
  expect(told.at(-1)).toMatchObject({ files: left.length });
  expect(told.at(-1)?.bytes).toBeGreaterThanOrEqual(bytes);
});
