// What `cat` hands out is the file, or it says that it is not.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { SeriesLab } from '../run/series.lab.ts';
import { cat, type CatOptions } from './cat.ts';

const LARGE_BYTES = 17 * 1024 * 1024;

let lab: SeriesLab;
let taken: Uint8Array[];
beforeEach(() => {
  lab = new SeriesLab();
  taken = [];
});
afterEach(() => lab.remove());

async function catted(path: string, options: Partial<CatOptions> = {}): Promise<Buffer> {
  await cat(new Series(new LocalStore(lab.row.destination), 'data'), {
    path,
    at: 'latest',
    signal: new AbortController().signal,
    note: () => {},
    write: async (bytes) => {
      taken.push(Buffer.from(bytes));
      return await Promise.resolve(true);
    },
    ...options,
  });
  return Buffer.concat(taken.splice(0));
}

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(join(lab.source, path, '..'), { recursive: true });
  writeFileSync(join(lab.source, path), content);
}

describe('cat()', () => {
  it('hands out a file as the snapshot has it, by its path or as that is shown', async () => {
    write('folder/file [1].txt', 'old');
    await lab.run();
    write('folder/file [1].txt', 'new!');
    write('empty', '');
    write('2026', 'a number');
    if (process.platform === 'linux') {
      const name = Buffer.from('caf\xe9', 'latin1');
      writeFileSync(Buffer.concat([Buffer.from(`${lab.source}/`), name]), 'odd');
    }
    await lab.run();
    const at = lab.folders()[0] ?? '';
    for (const path of [
      'folder/file [1].txt',
      './folder/file [1].txt',
      '/folder/file [1].txt',
      'folder/file [1].txt/',
    ])
      expect((await catted(path)).toString()).toBe('new!');
    expect((await catted('folder/file [1].txt', { at })).toString()).toBe('old');
    expect(await catted('empty')).toHaveLength(0);
    if (process.platform === 'linux') expect((await catted('caf\\xe9')).toString()).toBe('odd');
  });

  it('says what is no file, and what there is not', async () => {
    write('folder/file', 'x');
    symlinkSync('folder/file', join(lab.source, 'link'));
    await lab.run();
    for (const [path, why] of [
      ['folder', /is a folder$/],
      ['', /^There is no file ""/],
      ['link', /is a link, to "folder\/file"$/],
      ['file', /^There is no file "file" in /],
      ['folder/*', /^There is no file /],
    ] as const)
      await expect(catted(path), path).rejects.toMatchObject({
        code: 'E_USAGE',
        message: expect.stringMatching(why) as string,
      });
    expect(taken).toEqual([]);
  });

  it.each(['tar.zst', 'zip'] as const)('says so when it is damaged in a %s', async (format) => {
    lab.row = { ...lab.row, format };
    write('small', randomBytes(5000));
    write('large', randomBytes(LARGE_BYTES));
    await lab.run();
    const large = await catted('large');
    expect(large.equals(readFileSync(join(lab.source, 'large')))).toBe(true);
    const snapshot = lab.folders()[0] ?? '';
    const file = lab.folder(snapshot, lab.info(snapshot).archives[0]?.file ?? '');
    const bytes = readFileSync(file);
    for (const at of [3000, Math.floor(bytes.length * 0.6)]) bytes[at] = (bytes[at] ?? 0) ^ 0xff;
    writeFileSync(file, bytes);
    for (const path of ['small', 'large']) {
      const failing = expect(catted(path), path).rejects;
      await failing.toMatchObject({ code: 'E_DAMAGED' });
      // What was handed out by then was right.
      const done = Buffer.concat(taken.splice(0));
      expect(done.length).toBeLessThan(LARGE_BYTES);
      expect(done.equals(large.subarray(0, done.length))).toBe(true);
      if (path === 'small' || format === 'zip') expect(done).toHaveLength(0);
    }
  });

  it('ends when nobody wants more', async () => {
    write('large', randomBytes(LARGE_BYTES));
    await lab.run();
    let count = 0;
    await catted('large', { write: async () => await Promise.resolve(++count < 2) });
    expect(count).toBe(2);
  });
});
