import { linkSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Entry, EntryType } from '../../tree/entry.ts';
import { type BytePath, fromText } from '../../tree/path.ts';
import type { Found } from '../../unpack/tasks.ts';
import { OneThread } from '../../unpack/unpack.lab.ts';
import { Choice } from './choice.ts';
import { findExtras, findTarget, sight, type Sightings, type TargetFolder } from './restore-target.ts';
import type { Extra } from './target-plan.ts';
import { Wanted } from './wanted.ts';

const { signal } = new AbortController();

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'snapshot-restore-')));
});
afterEach(() => rmSync(root, { recursive: true }));

/** What is wanted, in path order; paths that end in `/` are folders. */
function wantedOf(...paths: readonly string[]): Wanted {
  const wanted = new Wanted(new Map());
  for (const name of paths) {
    const type: EntryType = name === '' || name.endsWith('/') ? 'folder' : 'file';
    const entry: Entry = {
      path: fromText(name.replace(/\/$/, '')),
      type,
      size: type === 'file' ? 1 : 0,
      mode: 0o644,
      uid: 0,
      gid: 0,
      mtimeNs: 0n,
      ctimeNs: 0n,
      inode: 0n,
      target: undefined,
      hardlink: undefined,
    };
    wanted.entries.push(entry);
  }
  return wanted;
}

/** Makes a tree; paths that end in `/` are folders. */
function make(...paths: readonly string[]): void {
  for (const path of paths) {
    if (path.endsWith('/')) mkdirSync(join(root, path), { recursive: true });
    else writeFileSync(join(root, path), 'mine');
  }
}

function target(more: Partial<TargetFolder> = {}): TargetFolder {
  return { root, exists: true, isEmpty: false, ...more };
}

async function look(folder: TargetFolder, wanted: Wanted): Promise<Sightings> {
  return await sight(folder, wanted, new OneThread().asPool, signal);
}

async function extras(
  wanted: Wanted,
  {
    globs = [],
    unknown = [],
    folder = target(),
    found = () => 'none',
  }: {
    globs?: readonly string[];
    unknown?: readonly string[];
    folder?: TargetFolder;
    found?: (i: number) => Found;
  } = {},
): Promise<readonly Extra[]> {
  const skipped = new Set(unknown.map(fromText));
  return await findExtras(folder, wanted, found, new Choice(globs), skipped, signal);
}

/** Of what is there and wanted by nobody, what was asked for. */
async function chosen(globs: readonly string[], unknown: readonly string[]): Promise<readonly BytePath[]> {
  const found = await extras(wantedOf(''), { globs, unknown });
  return found.flatMap(({ path, isChosen }) => (isChosen ? [path] : []));
}

describe('findTarget()', () => {
  it('tells an empty folder from one that holds something, whatever its spelling', async () => {
    make('empty/', 'full/', 'full/.hidden');
    for (const to of [
      join(root, 'empty'),
      `${root}/full/../empty/`,
      relative(process.cwd(), join(root, 'empty')),
    ])
      expect(await findTarget(to)).toEqual({ root: join(root, 'empty'), exists: true, isEmpty: true });
    expect(await findTarget(join(root, 'full'))).toEqual({
      root: join(root, 'full'),
      exists: true,
      isEmpty: false,
    });
  });

  it.skipIf(process.platform === 'win32')(
    'follows links in its own path, also where the rest is to be made',
    async () => {
      make('real/');
      symlinkSync('real', join(root, 'link'));
      expect(await findTarget(join(root, 'link'))).toMatchObject({ root: join(root, 'real'), exists: true });
      expect(await findTarget(join(root, 'link', 'a', 'b'))).toEqual({
        root: join(root, 'real', 'a', 'b'),
        exists: false,
        isEmpty: true,
      });
    },
  );

  it('refuses what is no folder, or lies below a file', async () => {
    make('file');
    const file = join(root, 'file');
    await expect(findTarget(file)).rejects.toMatchObject({
      code: 'E_USAGE',
      message: `"${file}" is no folder`,
    });
    await expect(findTarget(join(file, 'a'))).rejects.toMatchObject({
      code: 'E_USAGE',
      message: `Cannot restore to "${join(file, 'a')}": not a folder`,
    });
  });
});

describe.skipIf(process.platform === 'win32')('sight()', () => {
  it.each([
    [{ exists: true, isEmpty: true }, 'empty'],
    [{ exists: false, isEmpty: true }, 'none'],
  ] as const)('looks up nothing in %j', async (more, top) => {
    make('a');
    const { found, telling, aliases, twins } = await look(target(more), wantedOf('', 'A', 'a'));
    expect([0, 1, 2].map(found)).toEqual([top, 'none', 'none']);
    expect([telling, aliases, twins]).toEqual([[], new Set(), new Map([[2, 1]])]);
  });

  it('finds each entry under its own number, however many there are', async () => {
    const names = Array.from({ length: 2500 }, (_, n) => `f${String(n).padStart(4, '0')}`);
    const there = [0, 1023, 1024, 2047, 2048, 2499];
    for (const n of there) make(names[n] ?? '');
    const wanted = wantedOf(...names);
    // These two are one file, and so is another pair that lies in two tasks.
    rmSync(join(root, names[2048] ?? ''));
    linkSync(join(root, names[0] ?? ''), join(root, names[2048] ?? ''));
    wanted.names.set(2048, 0);
    const { found, inodes } = await look(target(), wanted);
    const seen = names.flatMap((_, n) => (found(n) === 'none' ? [] : [n]));
    expect(seen).toEqual(there);
    expect([...inodes.keys()]).toEqual([0, 2048]);
    expect(inodes.get(0)).toBe(inodes.get(2048));
    expect(found(names.length)).toBe('none');
  });

  it('tells of folders that may be those of a series, by their paths', async () => {
    const names = Array.from({ length: 1100 }, (_, n) => `d${String(n).padStart(4, '0')}/`);
    make('d0001/', 'd0001/runs.jsonl', 'd1099/', 'd1099/2026-01-01T00-00-00Z/', 'd0002/', 'd0002/plain');
    expect((await look(target(), wantedOf(...names))).telling).toEqual(['d0001', 'd1099']);
  });

  it('takes a spelling that the target does not list for its twin', async () => {
    make('A');
    linkSync(join(root, 'A'), join(root, 'a'));
    expect((await look(target(), wantedOf('A', 'a'))).aliases).toEqual(new Set());
  });

  it('stops when it is told to', async () => {
    make('a');
    const stopped = AbortSignal.abort(new Error('stopped'));
    await expect(sight(target(), wantedOf('a'), new OneThread().asPool, stopped)).rejects.toThrow('stopped');
  });
});

describe('findExtras()', () => {
  it('finds what is there and not wanted, at any depth', async () => {
    make('a', 'b', 'd/', 'd/c', 'e/', 'e/f');
    expect(await extras(wantedOf('', 'a', 'd/'))).toEqual([
      { path: 'b', type: 'file', size: 4, isChosen: true },
      { path: 'd/c', type: 'file', size: 4, isChosen: true },
      { path: 'e', type: 'folder', size: 0, isChosen: true },
      { path: 'e/f', type: 'file', size: 4, isChosen: true },
    ]);
  });

  it.each([{ exists: false }, { isEmpty: true }])('finds nothing in %j', async (more) => {
    make('a');
    expect(await extras(wantedOf('b'), { folder: target(more) })).toEqual([]);
  });

  it('chooses only what was asked for, and nothing that the snapshot would have', async () => {
    make('a.txt', 'b', 'd/', 'd/c.txt', 'dd/', 'dd/c.txt', 'e/', 'e/d/', 'e/d/c.txt');
    expect(await chosen(['*.txt'], [])).toEqual(['a.txt', 'd/c.txt', 'dd/c.txt', 'e/d/c.txt']);
    expect(await chosen(['*.txt'], ['d'])).toEqual(['a.txt', 'dd/c.txt', 'e/d/c.txt']);
    expect(await chosen(['*.txt'], ['e/d', 'a.txt', 'd/c'])).toEqual(['d/c.txt', 'dd/c.txt']);
  });

  it('takes what is wanted in another spelling, and found so, for no extra', async () => {
    make('README', 'other');
    const wanted = wantedOf('', 'readme');
    const paths = async (found: Found): Promise<readonly BytePath[]> =>
      (await extras(wanted, { found: () => found })).map(({ path }) => path);
    expect(await paths('file')).toEqual(['other']);
    expect(await paths('none')).toEqual(['README', 'other']);
  });
});
