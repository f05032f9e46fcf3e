import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
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
});
