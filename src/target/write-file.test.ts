import { spawnSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HAS_LINKS, keptMode, KNOWS_CASE } from '../base/able.lab.ts';
import { fromText } from '../tree/path.ts';
import { Target, Unsafe } from './contained.ts';
import type { FileOrder } from './order.ts';
import { nameRefused, removePart, settleFile, writeFile } from './write-file.ts';

let root: string;
let target: Target;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'snapshot-write-')));
  target = new Target(root);
});
afterEach(() => rmSync(root, { recursive: true }));

function order(path: string, more: Partial<FileOrder> = {}): FileOrder {
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const meta = { ...owner, mode: 0o640, mtimeNs: 5_000_000_000n };
  return { path: fromText(path), size: 3, skip: 0, replaces: false, twin: undefined, ...meta, ...more };
}

/** Two ways to the same file: written at once, or settled after it was written by somebody else. */
const WAYS: readonly (readonly [string, (one: FileOrder, content: string) => string | undefined])[] = [
  ['writeFile()', (one, content) => writeFile(target, one, Buffer.from(content))],
  [
    'settleFile()',
    (one, content) => {
      writeFileSync(target.partAt(one.path), content, { mode: 0o600 });
      return settleFile(target, one);
    },
  ],
];

function text(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function names(): readonly string[] {
  return readdirSync(root).toSorted();
}

/** Windows says of it what it says of names that cannot be. */
const TOO_LONG =
  process.platform === 'win32'
    ? 'this file system has no such name'
    : 'its name is too long for this file system';

describe.each(WAYS)('%s', (_, write) => {
  it.each(['', 'one', 'x'.repeat(100_000)])(
    'makes a file with its content, mode and time, and nothing else',
    (content) => {
      expect(write(order('a'), content)).toBeUndefined();
      const { mode, mtimeMs } = statSync(join(root, 'a'));
      expect([text('a'), mode & 0o7777, mtimeMs, names()]).toEqual([content, keptMode(0o640), 5000, ['a']]);
    },
  );

  it.for<[string, () => void, boolean?]>([
    ['a file', () => writeFileSync(join(root, 'a'), 'mine')],
    ['an empty folder', () => mkdirSync(join(root, 'a'))],
    ['a link that leads nowhere', () => symlinkSync('nowhere', join(root, 'a')), HAS_LINKS],
  ])(
    'has %s make way only when it is told so, and else leaves no part',
    ([, before, can = true], { skip }) => {
      skip(!can);
      before();
      const { ino } = lstatSync(join(root, 'a'));
      expect(() => write(order('a'), 'new')).toThrow(
        new Unsafe('something is there that was not there before'),
      );
      expect([lstatSync(join(root, 'a')).ino, names()]).toEqual([ino, ['a']]);
      expect(write(order('a', { replaces: true }), 'new')).toBeUndefined();
      expect([lstatSync(join(root, 'a')).isFile(), text('a'), names()]).toEqual([true, 'new', ['a']]);
    },
  );

  it('never removes a folder that holds something', () => {
    mkdirSync(join(root, 'a'));
    writeFileSync(join(root, 'a', 'b'), 'mine');
    expect(() => write(order('a', { replaces: true }), 'new')).toThrow('ENOTEMPTY');
    expect([text('a/b'), names()]).toEqual(['mine', ['a']]);
  });

  it('says that a name is too long, and leaves no part', () => {
    const path = 'x'.repeat(300);
    expect(() => write(order(path), 'new')).toThrow(new Unsafe(TOO_LONG));
    expect(names()).toEqual([]);
  });

  it.skipIf(!KNOWS_CASE)('takes no other file for its twin', () => {
    writeFileSync(join(root, 'README'), 'mine');
    writeFileSync(join(root, 'readme'), 'older');
    const twin = fromText('README');
    expect(() => write(order('readme', { twin }), 'new')).toThrow('something is there');
    expect(write(order('readme', { twin, replaces: true }), 'new')).toBeUndefined();
    rmSync(join(root, 'README'));
    expect(write(order('readme', { twin, replaces: true }), 'newer')).toBeUndefined();
    expect([text('readme'), names()]).toEqual(['newer', ['readme']]);
  });

  it('tells what of it was refused, below the root as well', () => {
    mkdirSync(join(root, 'folder'));
    expect(write(order('folder/a', { twin: fromText('folder/A') }), 'one')).toBeUndefined();
    expect(readdirSync(join(root, 'folder'))).toEqual(['a']);
  });
});

describe('settleFile()', () => {
  it.for<[string, () => void, RegExp, boolean?]>([
    ['is not there', () => {}, /ENOENT/],
    ['is a link by now', () => symlinkSync('mine', target.partAt(fromText('a'))), /ELOOP/, HAS_LINKS],
    [
      'is a pipe by now',
      () => spawnSync('mkfifo', [String(target.partAt(fromText('a')))]),
      /no file any more/,
      process.platform !== 'win32',
    ],
    ['is a folder by now', () => mkdirSync(target.partAt(fromText('a'))), /EISDIR|EPERM/],
  ])('makes nothing of a part that %s', ([, before, why, can = true], { skip }) => {
    skip(!can);
    writeFileSync(join(root, 'mine'), 'mine', { mode: 0o600 });
    before();
    expect(() => settleFile(target, order('a'))).toThrow(why);
    expect([text('mine'), statSync(join(root, 'mine')).mode & 0o777]).toEqual(['mine', keptMode(0o600)]);
    expect(names()).not.toContain('a');
  });
});

describe('writeFile()', () => {
  it('writes over no part: what was left of one goes first', () => {
    writeFileSync(target.partAt(fromText('a')), 'longer than what comes', { mode: 0o777 });
    writeFile(target, order('a', { mode: 0o600 }), Buffer.from('new'));
    expect([text('a'), statSync(join(root, 'a')).mode & 0o777]).toEqual(['new', keptMode(0o600)]);
  });
});

describe('removePart()', () => {
  it('does not mind that there is none, and hides nothing else', () => {
    const at = join(root, 'part');
    removePart(at);
    writeFileSync(at, '');
    removePart(at);
    expect(names()).toEqual([]);
    expect(() => removePart(root)).toThrow(/EISDIR|EPERM/);
  });
});

describe('nameRefused()', () => {
  it.each([
    ['ENAMETOOLONG', 'its name is too long for this file system'],
    ['EINVAL', 'this file system has no such name'],
    ['EILSEQ', 'this file system has no such name'],
    ['ENOENT', 'this file system has no such name'],
    ['EACCES', undefined],
    [undefined, undefined],
  ])('takes %s for: %s', (code, why) => {
    const error = Object.assign(new Error('x'), { code });
    const refused = nameRefused(error);
    expect(refused?.message).toBe(why);
    expect(refused?.cause).toBe(why === undefined ? undefined : error);
  });
});
