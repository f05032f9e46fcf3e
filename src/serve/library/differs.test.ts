import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadBlake3 } from '../../hash/blake3.ts';
import { fromText } from '../../tree/path.ts';
import { differs } from './differs.ts';
import { Library } from './library.ts';

let root: string;
let library: Library;
const files = (...names: string[]): string => join(root, 'files', ...names);

beforeEach(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'snapshot-differs-')));
  for (const name of ['a/1', 'a/2', 'a/b/3', 'c/d/4']) {
    mkdirSync(files(name, '..'), { recursive: true });
    writeFileSync(files(name), name);
  }
  const limits = { mostFileBytes: 1000, quotaBytes: undefined, minFreeBytes: 0 };
  library = await Library.open({ files: files(), data: join(root, 'data') }, await loadBlake3(), limits);
  await library.sync();
});
afterEach(async () => {
  await library.close();
  rmSync(root, { recursive: true });
});

async function differsIn(...folders: readonly string[]): Promise<boolean> {
  return await differs(library.files, library.holdings, folders.map(fromText));
}

const ALL = ['', 'a', 'a/b', 'c', 'c/d'];

describe('differs()', () => {
  it('is false of what is as before, and of what an upload has placed', async () => {
    expect(await differsIn(...ALL)).toBe(false);
    const more = { claim: undefined, modifiedMs: undefined, rename: false, size: undefined };
    const path = fromText('a/new/5');
    await library.take(
      { path, ...more },
      (async function* () {
        yield Buffer.from('five');
      })(),
    );
    expect(await differsIn(...ALL, 'a/new')).toBe(false);
  });

  it.each<[string, string, () => void]>([
    ['a new file', 'a', () => writeFileSync(files('a/x'), 'x')],
    ['a new folder', 'c', () => mkdirSync(files('c/x'))],
    ['a file that is gone', 'a', () => rmSync(files('a/1'))],
    ['a folder that is gone', 'a', () => rmSync(files('a/b'), { recursive: true })],
    ['a folder that is gone with the one it was in', 'c/d', () => rmSync(files('c'), { recursive: true })],
    ['another name', 'a', () => renameSync(files('a/1'), files('a/x'))],
    ['another time', 'a', () => utimesSync(files('a/1'), 1, 1)],
    ['another size', 'a/b', () => writeFileSync(files('a/b/3'), 'longer than it was')],
    ['a folder in place of a file', 'a', () => (rmSync(files('a/1')), mkdirSync(files('a/1')))],
  ])('is true of %s', async (_, folder, change) => {
    change();
    expect(await differsIn(folder)).toBe(true);
  });
});
