// What a scan leaves out beside what patterns say.
import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { EntryTable } from './entry-table.ts';
import { type LeftOut, matching } from './left-out.ts';
import type { BytePath } from './path.ts';
import { isPassedOver, startScan } from './scan.ts';
import { scanTree, type Tree } from './scanner.ts';

const CACHE = 'Signature: 8a477f597d28d172789f06886806bc55';
const CAN_MOUNT = process.platform === 'linux' && process.geteuid?.() === 0;

let source: string;

beforeEach(() => {
  source = mkdtempSync(join(tmpdir(), 'snapshot-left-out-'));
  onTestFinished(() => rmSync(source, { recursive: true }));
});

function put(path: string, content = path): void {
  mkdirSync(dirname(join(source, path)), { recursive: true });
  writeFileSync(join(source, path), content);
}

async function scanned(leftOut: Partial<LeftOut>): Promise<Tree> {
  const start = startScan(source, { ...matching([]), ...leftOut });
  return await scanTree(source, new AbortController().signal, new EntryTable(), () => {}, start);
}

/** All but the root. */
function pathsOf({ entries }: Tree): readonly string[] {
  return Array.from({ length: entries.length }, (_, i) => entries.path(i)).slice(1);
}

describe('markers', () => {
  it('are all that is kept of a folder, however deep', async () => {
    for (const path of ['a/.nobackup', 'a/big', 'a/inner/x', 'b/c/.nobackup', 'b/c/x', 'b/x', 'x']) put(path);
    expect(pathsOf(await scanned({ markers: ['.nobackup'] }))).toEqual([
      'a',
      'a/.nobackup',
      'b',
      'b/c',
      'b/c/.nobackup',
      'b/x',
      'x',
    ]);
    const leftOut = { ...matching([]), markers: ['.nobackup'] };
    const isOut = (path: string): boolean => isPassedOver(source, leftOut, path as BytePath);
    expect(['a/big', 'a/gone', 'b/gone', 'b/c/gone/x', 'a/.nobackup'].map(isOut)).toEqual([
      true,
      true,
      false,
      true,
      false,
    ]);
  });

  it('are known however their accents are written', async () => {
    for (const [folder, form] of [
      ['a', 'NFC'],
      ['b', 'NFD'],
    ] as const) {
      put(`${folder}/${'caf\u00e9'.normalize(form)}`);
      put(`${folder}/x`);
    }
    for (const form of ['NFC', 'NFD'] as const) {
      const paths = pathsOf(await scanned({ markers: ['caf\u00e9'.normalize(form)] }));
      expect([paths.length, paths.some((path) => path.endsWith('/x'))]).toEqual([4, false]);
      const leftOut = { ...matching([]), markers: ['caf\u00e9'.normalize(form)] };
      const isOut = ['a/x', 'b/x'].map((path) => isPassedOver(source, leftOut, path as BytePath));
      expect(isOut).toEqual([true, true]);
    }
  });

  it('of several names each is kept that is there, and that of a cache', async () => {
    for (const path of ['a/one', 'a/two', 'a/x', 'b/two', 'b/x']) put(path);
    put('c/CACHEDIR.TAG', CACHE);
    put('c/two');
    put('c/x');
    put('d/CACHEDIR.TAG', 'no cache');
    put('d/x');
    const all = ['a', 'a/one', 'a/two', 'b', 'b/two', 'c', 'c/CACHEDIR.TAG', 'c/two', 'd', 'd/CACHEDIR.TAG'];
    expect(pathsOf(await scanned({ markers: ['one', 'two'] }))).toEqual([...all, 'd/x']);
    expect(pathsOf(await scanned({ markers: ['one', 'two', 'CACHEDIR.TAG'] }))).toEqual(all);
  });

  it('are files: a folder or a link of that name marks nothing', async () => {
    mkdirSync(join(source, 'a/.nobackup'), { recursive: true });
    put('a/x');
    mkdirSync(join(source, 'b'));
    symlinkSync('x', join(source, 'b/.nobackup'));
    put('b/x');
    expect(pathsOf(await scanned({ markers: ['.nobackup'] }))).toContain('a/x');
    expect(pathsOf(await scanned({ markers: ['.nobackup'] }))).toContain('b/x');
  });

  it('are one name however its accents are written', async () => {
    put('a/\u00fcbrig');
    put('a/x');
    expect(pathsOf(await scanned({ markers: ['u\u0308brig'] }))).not.toContain('a/x');
  });
});

describe('files that are too large', () => {
  it('are left out by the bytes they say, and named; no folder and no link is', async () => {
    put('a/small', 'x'.repeat(1000));
    put('a/large', 'x'.repeat(1001));
    linkSync(join(source, 'a/large'), join(source, 'z'));
    writeFileSync(join(source, 'holes'), '');
    truncateSync(join(source, 'holes'), 5_000_000_000);
    symlinkSync('a/large', join(source, 'link'));
    const tree = await scanned({ largerThan: 1000 });
    expect(pathsOf(tree)).toEqual(['a', 'a/small', 'link']);
    const reason = 'is larger than `exclude-larger-than`';
    expect(tree.problems).toEqual(
      ['a/large', 'holes', 'z'].map((path) => ({ path, kind: 'special', reason })),
    );
  });
});

describe.skipIf(!CAN_MOUNT)('other file systems', () => {
  it('are empty folders, with what is mounted in them not even looked at', async () => {
    for (const path of ['disk', 'disk/inner', 'home/disk']) {
      mkdirSync(join(source, path), { recursive: true });
      expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', join(source, path)]).status).toBe(
        0,
      );
      onTestFinished(() => void spawnSync('umount', [join(source, path)]));
      put(`${path}/x`);
    }
    put('bound/x');
    mkdirSync(join(source, 'to'));
    spawnSync('mount', ['--bind', join(source, 'bound'), join(source, 'to')]);
    onTestFinished(() => void spawnSync('umount', [join(source, 'to')]));
    const tree = await scanned({ otherFileSystems: true });
    expect(pathsOf(tree)).toEqual(['bound', 'bound/x', 'disk', 'home', 'home/disk', 'to', 'to/x']);
    expect(tree.outside).toEqual(['disk', 'home/disk']);
    expect(tree.mounts.map(({ path }) => path)).toEqual(['to']);
    const all = await scanned({});
    expect(pathsOf(all)).toContain('disk/inner/x');
    expect(all.outside).toEqual([]);
    expect(all.mounts.map(({ path }) => path)).toEqual(['disk', 'disk/inner', 'home/disk', 'to']);
  });
});
