import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HAS_LINKS, KNOWS_CASE } from '../base/able.lab.ts';
import { fromBytes, fromText } from '../tree/path.ts';
import { Target, Unsafe, whyUnsafe } from './contained.ts';
import { doDeed } from '../unpack/deeds.ts';
import type { FileOrder } from './order.ts';
import { claim, writeFile } from './write-file.ts';

describe('whyUnsafe()', () => {
  it.each(['', '/etc/passwd', '..', '../a', 'a/../../b', 'a/..', './a', 'a//b', 'a/', 'a\0b'])(
    'refuses `%s` everywhere',
    (path) => {
      for (const platform of ['linux', 'darwin', 'win32'] as const)
        expect(whyUnsafe(path, platform)).toBeDefined();
    },
  );

  it.each([
    'C:',
    'C:\\Windows',
    'c:relative',
    '\\\\server\\share',
    '..\\up',
    'a/..\\..\\b',
    'file:stream',
    'con',
    'NUL.txt',
    'a/com1',
    'lpt³.log',
    'COM¹',
    'aux ',
    'dot.',
    'what?',
    'tab\there',
  ])('refuses `%s` on Windows only', (name) => {
    const path = fromText(name);
    expect(whyUnsafe(path, 'win32')).toBeDefined();
    expect(whyUnsafe(path, 'linux')).toBeUndefined();
  });

  it.each(['a', 'a/b.c', '..a', 'console', 'com10', 'ü/日本', 'a b'])('allows `%s`', (name) => {
    for (const platform of ['linux', 'darwin', 'win32'] as const)
      expect(whyUnsafe(fromText(name), platform)).toBeUndefined();
  });

  it('refuses on Windows what is not UTF-8', () => {
    expect(whyUnsafe(fromBytes(Buffer.from([0xff])), 'win32')).toBeDefined();
  });
});

function order(path: string, more: Partial<FileOrder> = {}): FileOrder {
  const meta = { mode: 0o644, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, mtimeNs: 1n };
  return { path: fromText(path), size: 1, skip: 0, replaces: false, twin: undefined, ...meta, ...more };
}

function text(...parts: readonly string[]): string {
  return readFileSync(join(...parts), 'utf8');
}

describe('a target', () => {
  let root: string;
  let outside: string;
  let target: Target;
  beforeEach(() => {
    const base = realpathSync(mkdtempSync(join(tmpdir(), 'snapshot-target-')));
    root = join(base, 'target');
    outside = join(base, 'outside');
    mkdirSync(root);
    mkdirSync(outside);
    writeFileSync(join(outside, 'file'), 'mine');
    target = new Target(root);
  });
  afterEach(() => rmSync(join(root, '..'), { recursive: true }));

  const write = (one: FileOrder): void => void writeFile(target, one, Buffer.from('x'));

  it.skipIf(!HAS_LINKS)('writes nothing through a link in place of a folder, near or far', () => {
    symlinkSync(outside, join(root, 'link'));
    mkdirSync(join(root, 'a'));
    symlinkSync('../../outside', join(root, 'a', 'link'));
    for (const path of ['link/file', 'link/new', 'a/link/file', 'a/link/deep/file']) {
      expect(() => write(order(path, { replaces: true }))).toThrow(Unsafe);
    }
    expect(text(outside, 'file')).toBe('mine');
  });

  it.skipIf(!HAS_LINKS)('replaces a link in place of a file, and leaves what it leads to', () => {
    symlinkSync(join(outside, 'file'), join(root, 'a'));
    expect(() => write(order('a'))).toThrow(Unsafe);
    write(order('a', { replaces: true }));
    expect([text(root, 'a'), text(outside, 'file')]).toEqual(['x', 'mine']);
  });

  it.skipIf(!HAS_LINKS)('does not write through a link where its temporary file is to be', () => {
    symlinkSync(join(outside, 'file'), target.partAt(fromText('a')));
    write(order('a'));
    expect([text(root, 'a'), text(outside, 'file')]).toEqual(['x', 'mine']);
  });

  it.skipIf(!KNOWS_CASE)('refuses a file whose name the file system takes for that of another one', () => {
    write(order('README'));
    // Here, two names of one file stand for a file system that does not know them apart.
    doDeed(target, { do: 'hardlink', path: fromText('readme'), to: fromText('README'), replaces: false });
    const twin = order('readme', { twin: fromText('README'), replaces: true });
    expect(() => writeFile(target, twin, Buffer.from('y'))).toThrow(/takes its name for that of `README`/);
    expect(text(root, 'README')).toBe('x');
  });

  it('leaves what has appeared since the plan was made', () => {
    writeFileSync(join(root, 'a'), 'mine');
    expect(() => write(order('a'))).toThrow(Unsafe);
    const link = { ...order('a'), do: 'link', target: fromText('x') } as const;
    if (HAS_LINKS) expect(() => doDeed(target, link)).toThrow(Unsafe);
    expect(() => doDeed(target, { do: 'folder', path: fromText('a'), exists: false, clears: false })).toThrow(
      Unsafe,
    );
    expect(text(root, 'a')).toBe('mine');
    expect(() => claim(target, order('b'), join(root, 'no part'))).toThrow('ENOENT');
  });

  it.skipIf(!HAS_LINKS)('links names to files only, never through a link', () => {
    symlinkSync(join(outside, 'file'), join(root, 'link'));
    for (const to of ['link', '../outside/file'].map(fromText)) {
      const deed = { do: 'hardlink', path: fromText('new'), to, replaces: false } as const;
      expect(() => doDeed(target, deed)).toThrow(Unsafe);
    }
  });

  it.skipIf(!HAS_LINKS)('sets no mode and time through a link', () => {
    symlinkSync(join(outside, 'file'), join(root, 'link'));
    symlinkSync(outside, join(root, 'folder'));
    const [file, folder] = [order('link'), order('folder')];
    expect(() => doDeed(target, { ...file, do: 'set', type: 'file' })).toThrow('ELOOP');
    expect(() => doDeed(target, { ...folder, do: 'set', type: 'folder' })).toThrow(/ELOOP|ENOTDIR/);
  });
});

it('what is written for two paths of a folder has two names until it is whole', () => {
  const target = new Target('/target');
  const names = Array.from({ length: 2000 }, (_, n) => String(target.partAt(fromText(`file ${n}`))));
  expect(new Set(names).size).toBe(2000);
});
