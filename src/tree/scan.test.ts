import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SnapshotError } from '../base/errors.ts';
import type { Entry, Problem } from './entry.ts';
import { EntryTable } from './entry-table.ts';
import { type BytePath, comparePaths, fromText, systemPath } from './path.ts';
import { Excludes } from './exclude.ts';
import { type LeftOut, matching } from './left-out.ts';
import { rootOf, scan, startScan } from './scan.ts';
import type { ScanTask } from './walk.ts';

const CACHE_SIGNATURE = 'Signature: 8a477f597d28d172789f06886806bc55';
const NOBODY = 65_534;
const isRoot = process.geteuid?.() === 0;
const HAS_BINDFS = spawnSync('bindfs', ['--version']).status === 0;

let folder: string;
let source: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scan-'));
  chmodSync(folder, 0o755);
  source = join(folder, 'source');
  mkdirSync(source);
});
afterEach(() => {
  // Its own walk does not know paths that are too long for one call.
  spawnSync('chmod', ['-R', 'u+rwX', folder]);
  spawnSync('rm', ['-rf', folder]);
});

interface Scanned {
  readonly entries: readonly Entry[];
  readonly problems: readonly Problem[];
}

/** A whole scan, in steps of `budget` entries. */
function scanned(exclude: readonly string[] | LeftOut = [], budget = 10_000, from = source): Scanned {
  const { entry, task } = startScan(from, 'patterns' in exclude ? exclude : matching(exclude));
  const table = new EntryTable();
  table.push(entry);
  const problems: Problem[] = [];
  let tasks: readonly ScanTask[] = task === undefined ? [] : [task];
  for (let [next, ...later] = tasks; next !== undefined; [next, ...later] = tasks) {
    const result = scan(from, next, budget);
    expect(result.entries.length).toBeLessThanOrEqual(budget);
    problems.push(...result.problems);
    table.append(result.entries.toChunk().chunk);
    tasks = [...result.rest, ...later];
  }
  return { entries: Array.from({ length: table.length }, (_, i) => table.at(i)), problems };
}

function pathsOf({ entries }: Scanned): string[] {
  return entries.map(({ path }) => path);
}

/** What a scan with `exclude` keeps, the root aside. */
function kept(exclude: readonly string[] = []): string[] {
  return pathsOf(scanned(exclude)).slice(1);
}

function byPath({ entries }: Scanned, path: string): Entry | undefined {
  return entries.find((entry) => entry.path === path);
}

/** Makes a file, with all folders on the way; `path` has one character per byte. */
function file(path: string, content: string | Buffer = 'x'): string | Buffer {
  const name = systemPath(source, path as BytePath);
  mkdirSync(systemPath(source, dirname(path) as BytePath), { recursive: true });
  writeFileSync(name, content);
  return name;
}

/** Does `work` as an ordinary user: the superuser may read everything. */
function asNobody<T>(work: () => T): T {
  if (!isRoot) return work();
  process.setegid?.(NOBODY);
  process.seteuid?.(NOBODY);
  try {
    return work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}

/** A mount at `place` whose server is gone. @returns What takes it away. */
function deadMount(place: string, real: string): () => void {
  mkdirSync(real);
  const script =
    'bindfs -f "$1" "$2" & until grep -q " $2 fuse" /proc/mounts; do kill -0 $! || exit; sleep 0.01; done; kill -9 $!; wait $!';
  spawnSync('sh', ['-c', script, 'sh', real, place], { stdio: 'ignore' });
  return () => void spawnSync('umount', ['-l', place]);
}

function failureCode(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

function failureOf(work: () => unknown): SnapshotError {
  try {
    work();
  } catch (error) {
    if (error instanceof SnapshotError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a scan', () => {
  it('sees all that stat(2) says', () => {
    const name = file('f', 'content');
    chmodSync(name, 0o4751);
    utimesSync(name, 1, 1_600_000_000.5);
    const stats = lstatSync(name, { bigint: true });
    expect(byPath(scanned(), 'f')).toEqual({
      path: 'f',
      type: 'file',
      size: 7,
      mode: 0o4751,
      uid: Number(stats.uid),
      gid: Number(stats.gid),
      mtimeNs: 1_600_000_000_500_000_000n,
      ctimeNs: stats.ctimeNs,
      inode: stats.ino,
      target: undefined,
      hardlink: undefined,
    });
  });

  it('sees times to the nanosecond, and before 1970', () => {
    file('f');
    file('old');
    spawnSync('touch', ['-d', '2023-11-14T22:13:20.123456789Z', join(source, 'f')]);
    spawnSync('touch', ['-d', '1960-01-01T00:00:00.5Z', join(source, 'old')]);
    const tree = scanned();
    expect(byPath(tree, 'f')?.mtimeNs).toBe(1_700_000_000_123_456_789n);
    expect(byPath(tree, 'old')?.mtimeNs).toBe(-315_619_199_500_000_000n);
  });

  it.each([0o000, 0o644, 0o4755, 0o2755, 0o1644, 0o7777])('sees mode %o', (mode) => {
    chmodSync(file('f'), mode);
    expect(byPath(scanned(), 'f')?.mode).toBe(mode);
  });

  it('takes a file of as many bytes as it may have, and names one with more', () => {
    file('most', 'x'.repeat(1000));
    file('more', 'x'.repeat(1001));
    const tree = scanned({ ...matching([]), largerThan: 1000 });
    expect(pathsOf(tree)).toEqual(['', 'most']);
    const reason = 'is larger than `exclude-larger-than`';
    expect(tree.problems).toEqual([{ path: 'more', kind: 'special', reason }]);
  });

  it('tells of each file of rules once', () => {
    for (const path of ['.snapshotignore', 'a/.snapshotignore', 'a/b/.snapshotignore']) file(path, path);
    const { task, rules } = startScan(source, matching(['w']));
    const inner = task === undefined ? [] : scan(source, task, 100).rules;
    expect([...rules, ...inner]).toEqual(
      ['', 'a', 'a/b'].map((base) => ({
        base,
        patterns: [base === '' ? '.snapshotignore' : `${base}/.snapshotignore`],
      })),
    );
  });

  it('begins with the source itself, and sees its mode', () => {
    chmodSync(source, 0o1750);
    const { entries } = scanned();
    expect(entries.map(({ path, type, mode, size }) => [path, type, mode, size])).toEqual([
      ['', 'folder', 0o1750, 0],
    ]);
  });

  it('takes empty folders, empty files and links that lead nowhere or in circles', () => {
    mkdirSync(join(source, 'empty-folder'));
    file('empty-file', '');
    symlinkSync('nowhere', join(source, 'dangling'));
    symlinkSync('.', join(source, 'loop'));
    symlinkSync('self', join(source, 'self'));
    symlinkSync('/', join(source, 'up'));
    symlinkSync(Buffer.from('bytes-\xff', 'latin1'), join(source, 'bytes'));
    const { entries, problems } = scanned();
    expect(problems).toEqual([]);
    expect(entries.slice(1).map(({ path, type, size, target }) => [path, type, size, target])).toEqual([
      ['bytes', 'link', 0, 'bytes-\xff'],
      ['dangling', 'link', 0, 'nowhere'],
      ['empty-file', 'file', 0, undefined],
      ['empty-folder', 'folder', 0, undefined],
      ['loop', 'link', 0, '.'],
      ['self', 'link', 0, 'self'],
      ['up', 'link', 0, '/'],
    ]);
  });

  it('keeps names byte by byte', () => {
    const names = [
      '-rf',
      'two\nlines',
      'tab\tand\x01',
      `it's "so"`,
      String.raw`back\slash`,
      '*?[a]',
      ' ',
      '...',
      fromText('é🙂'),
      fromText('e\u0301'),
      'latin-\xe9',
      '\xff\xfe',
      'x'.repeat(255),
      '\xff'.repeat(255),
    ];
    for (const name of names) file(name);
    const expected = names.toSorted((a, b) => comparePaths(a as BytePath, b as BytePath));
    expect(kept()).toEqual(expected);
    expect(scanned().entries.every(({ size, type }) => type === 'folder' || size === 1)).toBe(true);
  });

  it('goes down folders whose names are not UTF-8', () => {
    file('\xff/\xe9/file');
    expect(kept()).toEqual(['\xff', '\xff/\xe9', '\xff/\xe9/file']);
  });

  it('tells further names of a file from its first one, in path order, across folders and steps', () => {
    file('b/first');
    linkSync(join(source, 'b/first'), join(source, 'b/second'));
    mkdirSync(join(source, 'a'));
    linkSync(join(source, 'b/first'), join(source, 'a/z'));
    file('alone');
    for (const budget of [1, 2, 3, 100]) {
      const { entries } = scanned([], budget);
      expect(
        entries.filter(({ type }) => type === 'file').map(({ path, hardlink }) => [path, hardlink]),
      ).toEqual([
        ['a/z', undefined],
        ['alone', undefined],
        ['b/first', 'a/z'],
        ['b/second', 'a/z'],
      ]);
    }
  });

  it('names sockets and FIFOs, and takes the rest', async () => {
    file('file');
    spawnSync('mkfifo', [join(source, 'fifo')]);
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(join(source, 'socket'), resolve);
    });
    try {
      const tree = scanned();
      expect(pathsOf(tree)).toEqual(['', 'file']);
      expect(tree.problems).toEqual([
        { path: 'fifo', kind: 'special', reason: 'is a FIFO' },
        { path: 'socket', kind: 'special', reason: 'is a socket' },
      ]);
    } finally {
      server.close();
    }
  });

  it.skipIf(!isRoot)('names devices', () => {
    spawnSync('mknod', [join(source, 'null'), 'c', '1', '3']);
    expect(scanned().problems).toEqual([{ path: 'null', kind: 'special', reason: 'is a device' }]);
  });

  // A thread, as Stryker has, has no working directory of its own.
  it.skipIf(!isMainThread)('names what lies deeper than one call can reach, and takes the rest', () => {
    const before = process.cwd();
    const name = 'd'.repeat(200);
    process.chdir(source);
    try {
      for (let depth = 0; depth < 25; depth++) {
        mkdirSync(name);
        process.chdir(name);
      }
      writeFileSync('deep', 'x');
    } finally {
      process.chdir(before);
    }
    file('z-last');
    const { entries, problems } = scanned();
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({
      kind: 'unreadable',
      reason:
        'its path is too long for the system; a source that is a link to a folder on the way makes it shorter',
    });
    expect(entries.at(-1)?.path).toBe('z-last');
    expect(entries.length).toBeGreaterThan(15);
  });

  it('goes down a thousand folders', () => {
    mkdirSync(join(source, ...Array.from({ length: 1000 }, () => 'd')), { recursive: true });
    for (const budget of [7, 10_000]) {
      expect(scanned([], budget).entries).toHaveLength(1001);
    }
  });

  it('follows a source that is a link, to a folder or a file', () => {
    file('sub/f');
    symlinkSync('source', join(folder, 'link'));
    expect(pathsOf(scanned([], 100, join(folder, 'link')))).toEqual(['', 'sub', 'sub/f']);
    symlinkSync('source/sub/f', join(folder, 'file-link'));
    const { entries } = scanned([], 100, join(folder, 'file-link'));
    expect(entries.map(({ path, type, size }) => [path, type, size])).toEqual([['file-link', 'file', 1]]);
  });

  it('takes a source that is one file', () => {
    file('single', 'content');
    const from = join(source, 'single');
    const { entries } = scanned([], 100, from);
    expect(entries.map(({ path, type, size }) => [path, type, size])).toEqual([['single', 'file', 7]]);
    expect(rootOf(from, true)).toBe(source);
  });

  it('says when the source does not exist', () => {
    const failure = failureOf(() => scanned([], 1, join(source, 'none')));
    expect(failure.code).toBe('E_ROW');
    expect(failure.message).toBe(`Source "${join(source, 'none')}" does not exist`);
    expect(failure.hint).toMatch(/disk connected/);
  });

  it('says when the source is neither a folder nor a file', () => {
    spawnSync('mkfifo', [join(source, 'fifo')]);
    const failure = failureOf(() => scanned([], 1, join(source, 'fifo')));
    expect([failure.code, failure.message]).toEqual([
      'E_ROW',
      `Source "${join(source, 'fifo')}" is neither a folder nor a file`,
    ]);
  });

  it('says when the source is a link that leads nowhere', () => {
    symlinkSync('nowhere', join(folder, 'dangling'));
    expect(failureOf(() => scanned([], 1, join(folder, 'dangling'))).code).toBe('E_ROW');
  });

  describe('as an ordinary user', () => {
    it('refuses a source that cannot be read, rather than take it for empty', () => {
      file('f');
      chmodSync(source, 0o311);
      const failure = failureOf(() => asNobody(() => scanned()));
      expect(failure.message).toBe(`Cannot read source "${source}": permission denied`);
    });

    it('names folders that it cannot list or enter, and takes the rest', () => {
      file('a-closed/inside');
      file('b-listed/inside');
      file('c-open/inside');
      chmodSync(join(source, 'a-closed'), 0o311);
      chmodSync(join(source, 'b-listed'), 0o644);
      const tree = asNobody(() => scanned());
      expect(pathsOf(tree)).toEqual(['', 'a-closed', 'b-listed', 'c-open', 'c-open/inside']);
      expect(tree.problems).toEqual([
        { path: 'a-closed', kind: 'unreadable', reason: 'permission denied' },
        { path: 'b-listed/inside', kind: 'unreadable', reason: 'permission denied' },
      ]);
    });

    it('takes a file that it cannot read: whoever reads it will name it', () => {
      chmodSync(file('closed'), 0o000);
      const tree = asNobody(() => scanned());
      expect([pathsOf(tree), tree.problems]).toEqual([['', 'closed'], []]);
    });
  });

  it('gives the same in steps of any size, always in path order', () => {
    const name = fc.constantFrom('a', 'b', 'a b', 'a.c', '\xff', 'é');
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
    fc.assert(
      fc.property(
        fc.uniqueArray(path, { maxLength: 15 }),
        fc.integer({ min: 1, max: 20 }),
        (paths, budget) => {
          spawnSync('rm', ['-rf', source]);
          mkdirSync(source);
          for (const one of paths) {
            try {
              file(one);
            } catch {
              // A file is where a folder would go, or the other way round: the tree is as good without it.
            }
          }
          const whole = scanned();
          const stepped = scanned([], budget);
          expect(stepped.entries).toEqual(whole.entries);
          const order = whole.entries.map((entry) => entry.path);
          expect(order.toSorted(comparePaths)).toEqual(order);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('hands back what its budget does not reach, with the rules that hold there', () => {
    for (const path of ['a/1.tmp', 'a/2.tmp', 'a/3', 'b/1.tmp', 'b/2']) file(path);
    file('a/.snapshotignore', '*.tmp');
    for (const budget of [1, 2, 3]) {
      expect(pathsOf(scanned(['/b/2'], budget))).toEqual([
        '',
        'a',
        'a/.snapshotignore',
        'a/3',
        'b',
        'b/1.tmp',
      ]);
    }
  });
});

describe('excludes', () => {
  it('leave out what the patterns of the row say, as gitignore does', () => {
    for (const path of [
      'a.tmp',
      'a.txt',
      'build/x',
      'sub/b.tmp',
      'sub/build/y',
      'sub/keep.tmp',
      'top',
      'sub/top',
    ]) {
      file(path);
    }
    expect(kept(['*.tmp', '!keep.tmp', '/build/', '/top'])).toEqual([
      'a.txt',
      'sub',
      'sub/build',
      'sub/build/y',
      'sub/keep.tmp',
      'sub/top',
    ]);
    expect(kept(['**/build'])).not.toContain('sub/build');
  });

  it('tell folders from files', () => {
    file('a/name/x');
    file('b/name');
    expect(kept(['name/'])).toEqual(['a', 'b', 'b/name']);
  });

  it('match names that are not ASCII, and bytes as characters where they are no text', () => {
    for (const path of [fromText('é.txt'), fromText('ü.txt'), '\xe9.log', '\xfc.log']) file(path);
    expect(kept(['é.*'])).toEqual([fromText('ü.txt'), '\xfc.log']);
  });

  it('are kept in the folder that has them, and below', () => {
    for (const path of ['a/x.tmp', 'a/deep/x.tmp', 'a/only', 'a/deep/only', 'b/x.tmp']) file(path);
    file('a/.snapshotignore', '\uFEFF# a comment\r\n*.tmp\r\n/only\r\n\r\n');
    expect(kept()).toEqual(['a', 'a/.snapshotignore', 'a/deep', 'a/deep/only', 'b', 'b/x.tmp']);
  });

  it('can be taken back further down', () => {
    for (const path of ['x.log', 'a/x.log', 'a/y.log', 'a/b/x.log']) file(path);
    file('.snapshotignore', '*.log');
    file('a/.snapshotignore', '!x.log');
    file('a/b/.snapshotignore', 'x.log');
    expect(kept().filter((path) => path.endsWith('.log'))).toEqual(['a/x.log']);
    expect(kept(['*.log']).filter((path) => path.endsWith('.log'))).toEqual(['a/x.log']);
  });

  it('keep what a folder holds that a deeper rule takes back, as git does', () => {
    for (const path of ['build/x', 'a/build/x', 'a/build/sub/y']) file(path);
    file('.snapshotignore', 'build/');
    file('a/.snapshotignore', '!build/');
    expect(kept().filter((path) => path.startsWith('a/build'))).toEqual([
      'a/build',
      'a/build/sub',
      'a/build/sub/y',
      'a/build/x',
    ]);
  });

  it('cannot be taken back inside a folder that is left out', () => {
    file('build/keep');
    file('build/.snapshotignore', '!keep');
    expect(kept(['build'])).toEqual([]);
  });

  it('hold for names that are no text in folders that are', () => {
    const parent = fromText('é');
    for (const name of ['\xff.tmp', '\xff.txt', 'sub/\xff.tmp']) file(`${parent}/${name}`);
    file(`${parent}/.snapshotignore`, '/*.tmp');
    expect(kept()).toEqual(
      ['', '/.snapshotignore', '/sub', '/sub/\xff.tmp', '/\xff.txt'].map((rest) => parent + rest),
    );
  });

  it
    .skipIf(!isRoot || !HAS_BINDFS)
    .each([
      [['.gvfs']],
      [['/.gvfs']],
      [['.gvfs/']],
      [['/.gvfs', '.gvfs/']],
      [['/*', '!/f', '!/sub']],
      [['.gvfs/', '!sub/']],
    ])('are not even looked at, as a mount whose server died: %j', (patterns) => {
    for (const path of ['f', 'sub/f', 'sub/.gvfs/keep']) file(path);
    mkdirSync(join(source, '.gvfs'));
    const unmount = deadMount(join(source, '.gvfs'), join(folder, 'real'));
    try {
      expect(failureCode(() => lstatSync(join(source, '.gvfs')))).toBe('ENOTCONN');
      const found = scanned(patterns);
      expect(found.problems).toEqual([]);
      expect(pathsOf(found)).toEqual(expect.arrayContaining(['f', 'sub', 'sub/f']));
      expect(scanned().problems.map(({ path, kind }) => [path, kind])).toEqual([['.gvfs', 'unreadable']]);
    } finally {
      unmount();
    }
  });

  it('say of a name alone what they say of it as a file and as a folder', () => {
    const name = fc.constantFrom('a', 'b', 'a/b', 'a/b/c', 'ab');
    const pattern = fc
      .tuple(
        fc.constantFrom('', '!'),
        fc.constantFrom('', '/'),
        fc.constantFrom('a', 'b', 'a/b', '*', '**', 'a/**', '**/b', '?b', '[!b]'),
        fc.constantFrom('', '/'),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 4 }), name, (patterns, path) => {
        const excludes = Excludes.of(patterns);
        const [asFile, asFolder] = [false, true].map((is) => excludes.excludes(path as BytePath, is));
        expect(excludes.excludesAny(path as BytePath)).toBe(asFile === asFolder ? asFile : undefined);
      }),
      { numRuns: 2000 },
    );
  });

  it('leave alone a .snapshotignore that is no file', () => {
    file('a/.snapshotignore/inside');
    symlinkSync('/dev/zero', join(source, '.snapshotignore'));
    file('f');
    const tree = scanned();
    expect(pathsOf(tree)).toEqual([
      '',
      '.snapshotignore',
      'a',
      'a/.snapshotignore',
      'a/.snapshotignore/inside',
      'f',
    ]);
    expect(tree.problems).toEqual([]);
  });
});

describe('a folder with a CACHEDIR.TAG', () => {
  beforeEach(() => {
    file('cache/data');
    file('cache/sub/data');
    file('data');
  });

  it.each<[string, string]>([
    ['', CACHE_SIGNATURE],
    [' and more', `${CACHE_SIGNATURE}\n# This file is a cache directory tag.`],
  ])('keeps the tag only when it has the signature%s', (_, content) => {
    file('cache/CACHEDIR.TAG', content);
    expect(kept()).toEqual(['cache', 'cache/CACHEDIR.TAG', 'data']);
  });

  it.each<[string, string]>([
    ['another signature', CACHE_SIGNATURE.replace('8a', '8b')],
    ['nothing in it', ''],
    ['a signature that is cut short', CACHE_SIGNATURE.slice(0, -1)],
    ['a signature further on', `\n${CACHE_SIGNATURE}`],
  ])('keeps everything when the tag has %s', (_, content) => {
    file('cache/CACHEDIR.TAG', content);
    expect(kept()).toEqual([
      'cache',
      'cache/CACHEDIR.TAG',
      'cache/data',
      'cache/sub',
      'cache/sub/data',
      'data',
    ]);
  });

  it.each<[string, () => void]>([
    ['a folder', () => mkdirSync(join(source, 'cache/CACHEDIR.TAG'))],
    [
      'a link',
      () => {
        file('tag', CACHE_SIGNATURE);
        symlinkSync('../tag', join(source, 'cache/CACHEDIR.TAG'));
      },
    ],
    ['a FIFO', () => void spawnSync('mkfifo', [join(source, 'cache/CACHEDIR.TAG')])],
  ])('keeps everything when the tag is %s', (_, make) => {
    make();
    expect(kept()).toContain('cache/sub/data');
  });

  it('may be the source itself', () => {
    file('CACHEDIR.TAG', CACHE_SIGNATURE);
    expect(kept()).toEqual(['CACHEDIR.TAG']);
  });
});
