import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { MemoryObjects } from '../../store/memory-objects.lab.ts';
import { ObjectStore } from '../../store/object-store.ts';
import type { ByteRange } from '../../store/objects.ts';
import type { Store } from '../../store/store.ts';
import { findInSeries } from './find.ts';
import { SeriesLab } from '../run/series.lab.ts';

/** Counts what is read. */
class CountingStore extends LocalStore {
  readonly reads: string[] = [];

  override async read(key: string): Promise<Buffer | undefined> {
    this.reads.push(key);
    return await super.read(key);
  }
}

/** Says which objects were asked for, and how many indexes at once at most. */
class SlowObjects extends MemoryObjects {
  readonly asked: string[] = [];
  most = 0;
  #now = 0;

  override async get(key: string, range?: ByteRange): Promise<Buffer | undefined> {
    this.asked.push(key);
    const isIndex = key.endsWith('index.jsonl.zst');
    if (isIndex) this.most = Math.max(this.most, ++this.#now);
    await setImmediate();
    if (isIndex) this.#now--;
    return await super.get(key, range);
  }
}

describe('findInSeries()', () => {
  let lab: SeriesLab;

  beforeEach(() => {
    lab = new SeriesLab();
  });

  afterEach(() => lab.remove());

  function write(path: string, content: string): void {
    mkdirSync(dirname(join(lab.source, path)), { recursive: true });
    writeFileSync(join(lab.source, path), content);
  }

  async function find(
    ...globs: readonly string[]
  ): Promise<Record<string, readonly (readonly [number, number])[]>> {
    const series = new Series(new LocalStore(lab.row.destination), lab.row.name);
    const { paths } = await findInSeries(series, globs);
    return Object.fromEntries(
      paths.map(({ path, stays }) => [
        path,
        stays.map(({ version, snapshots }) => [version, snapshots.length] as const),
      ]),
    );
  }

  it('numbers versions by content, and tells a time without the file', async () => {
    for (const content of ['one', 'one', 'two', undefined, 'two', 'one']) {
      if (content === undefined) rmSync(join(lab.source, 'file'));
      else write('file', content);
      write('other', String(Math.random()));
      await lab.run();
    }
    expect(await find('file')).toEqual({
      file: [
        [1, 2],
        [2, 1],
        [2, 1],
        [1, 1],
      ],
    });
  });

  it('finds a file that became a folder, by what it was', async () => {
    write('thing', 'file');
    await lab.run();
    rmSync(join(lab.source, 'thing'));
    write('thing/inner', 'x');
    await lab.run();
    expect(await find('thing/')).toEqual({ thing: [[1, 1]], 'thing/inner': [[1, 1]] });
    expect(await find('/thing', '!thing/')).toEqual({ thing: [[1, 1]] });
  });

  it('reads an index that snapshots share once', async () => {
    // Large enough for the next snapshots to write only what changes.
    for (let i = 0; i < 7000; i++) write(`many/${i}-${Math.random()}`, String(i));
    for (let i = 0; i < 4; i++) {
      write('file', String(i));
      if (i === 0) write('file that goes', 'x');
      if (i === 2) rmSync(join(lab.source, 'file that goes'));
      await lab.run();
    }
    const changes = lab.folders().filter((at) => lab.info(at).changes !== null);
    expect(changes.length).toBeGreaterThanOrEqual(3);
    const store = new CountingStore(lab.row.destination);
    const { paths } = await findInSeries(new Series(store, lab.row.name), ['file*']);
    const found = paths.map(({ stays }) => stays.map(({ snapshots }) => snapshots.length));
    expect(found).toEqual([[1, 1, 1, 1], [2]]);
    const indexes = store.reads.filter((key) => key.endsWith('.jsonl.zst'));
    expect(indexes).toHaveLength(1 + changes.length);
    // Where that of one is damaged, the others have it under names of their own.
    const index = lab.folder(lab.folders()[0] ?? '', 'index.jsonl.zst');
    writeFileSync(`${index}.new`, readFileSync(index).subarray(0, 20));
    renameSync(`${index}.new`, index);
    const again = await findInSeries(new Series(store, lab.row.name), ['file*']);
    expect(again.damaged).toHaveLength(1);
    expect(again.paths.map(({ stays }) => stays.map(({ snapshots }) => snapshots.length))).toEqual([
      [1, 1, 1],
      [1],
    ]);
  });

  it('asks a place far away for several indexes at once, and for each once', async () => {
    const objects = new SlowObjects();
    const open = (): Store => new ObjectStore(objects.label, async () => await Promise.resolve(objects));
    for (let i = 0; i < 5; i++) {
      write('file', String(i));
      await lab.run({ open });
    }
    objects.asked.length = 0;
    const { paths } = await findInSeries(new Series(open(), lab.row.name), ['file']);
    expect(paths.map(({ stays }) => stays.map(({ version }) => version))).toEqual([[1, 2, 3, 4, 5]]);
    const indexes = objects.asked.filter((key) => key.endsWith('index.jsonl.zst'));
    expect([indexes.length, new Set(indexes).size]).toEqual([5, 5]);
    expect(objects.most).toBe(5);
  });

  it('names a damaged index and goes on with the other snapshots', async () => {
    write('file', 'x');
    await lab.run();
    write('file', 'y');
    await lab.run();
    const [first = '', second = ''] = lab.folders();
    const index = lab.folder(first, 'index.jsonl.zst');
    writeFileSync(`${index}.new`, readFileSync(index).subarray(0, 20));
    renameSync(`${index}.new`, index);
    const series = new Series(new LocalStore(lab.row.destination), lab.row.name);
    const { paths, damaged } = await findInSeries(series, ['file']);
    expect(damaged.map(({ message }) => message)).toEqual([expect.stringContaining(first)]);
    expect(paths.flatMap(({ stays }) => stays.flatMap(({ snapshots }) => snapshots))).toEqual([second]);
  });

  it('says that it cannot know what is lost', async () => {
    write('file', 'x');
    await lab.run();
    writeFileSync(lab.folder('damage.json'), 'rubbish');
    const series = new Series(new LocalStore(lab.row.destination), lab.row.name);
    const { paths, damaged } = await findInSeries(series, ['file']);
    expect(paths).toHaveLength(1);
    expect(damaged.map(({ message }) => message)).toEqual([expect.stringContaining('damage.json')]);
  });
});
