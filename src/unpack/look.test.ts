import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { setAttributes } from '../base/attribute-calls.ts';
import { type Blake3, type Hasher, loadBlake3 } from '../hash/blake3.ts';
import { Target } from '../target/contained.ts';
import { fromText } from '../tree/path.ts';
import { look } from './look.ts';
import type { Found, Sought } from './tasks.ts';

const SECONDS = 1_000_000;
const NONE = /(?!)/;
const HAS_USERS = process.geteuid !== undefined;
/** Who may nothing that root may. */
const NOBODY = 65_534;

let blake3: Blake3;
let hasher: Hasher;
let root: string;

beforeAll(async () => {
  blake3 = await loadBlake3();
  hasher = await blake3.create();
});
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'snapshot-look-')));
});
afterEach(() => rmSync(root, { recursive: true }));

function make(name: string, content: string | Buffer, mode = 0o644, seconds = SECONDS): void {
  writeFileSync(join(root, name), content);
  chmodSync(join(root, name), mode);
  utimesSync(join(root, name), seconds, seconds);
}

/** A file with `content`, as {@link make} makes it. */
function sought(path: string, content: string | Buffer, more: Partial<Sought> = {}): Sought {
  const bytes = Buffer.from(content);
  return {
    path: fromText(path),
    type: 'file',
    size: bytes.length,
    hash: blake3.hash(bytes),
    target: undefined,
    isShared: false,
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtimeNs: BigInt(SECONDS) * 1_000_000_000n,
    ...more,
  };
}

function found(one: Sought): Found | undefined {
  return look(new Target(root), { sought: [one], telling: NONE }, hasher).found[0];
}

describe.skipIf(process.platform === 'win32')('look()', () => {
  it.each<[string, Found, Partial<Sought>, () => void]>([
    ['nothing', 'none', {}, () => {}],
    ['the file', 'same', {}, () => make('a', 'one')],
    ['the file, by its time, without a look into it', 'same', {}, () => make('a', 'two')],
    ['one of another size', 'file', {}, () => make('a', 'four')],
    ['one with another time and content', 'file', {}, () => make('a', 'two', 0o644, 5)],
    ['one with another time only', 'content', {}, () => make('a', 'one', 0o644, 5)],
    ['one with another mode only', 'content', {}, () => make('a', 'one', 0o600)],
    ['one with a bit more', 'content', {}, () => make('a', 'one', 0o4644)],
    ['one whose content nothing tells', 'file', { hash: undefined }, () => make('a', 'one', 0o644, 5)],
    ['an empty file of another time', 'file', { size: 0 }, () => make('a', '', 0o644, 5)],
    ['an empty folder', 'empty', {}, () => mkdirSync(join(root, 'a'))],
    ['a folder', 'folder', {}, () => mkdirSync(join(root, 'a', 'b'), { recursive: true })],
    ['a link', 'link', {}, () => symlinkSync('b', join(root, 'a'))],
    ['a file where a link should be', 'file', { type: 'link' }, () => make('a', 'one')],
    [
      'a link that leads there',
      'same',
      { type: 'link', target: fromText('b') },
      () => symlinkSync('b', join(root, 'a')),
    ],
    [
      'a link that leads elsewhere',
      'link',
      { type: 'link', target: fromText('b') },
      () => symlinkSync('c', join(root, 'a')),
    ],
    [
      'a link where a file should be',
      'link',
      { target: fromText('b') },
      () => symlinkSync('b', join(root, 'a')),
    ],
    [
      'a name of several, with another mode',
      'linked',
      {},
      () => {
        make('a', 'one', 0o600);
        linkSync(join(root, 'a'), join(root, 'b'));
      },
    ],
    [
      'a name of several',
      'same',
      {},
      () => {
        make('a', 'one');
        linkSync(join(root, 'a'), join(root, 'b'));
      },
    ],
  ])('finds %s: %s', (_, what, more, before) => {
    before();
    expect(found(sought('a', 'one', more))).toBe(what);
  });

  it('looks at extended attributes where the snapshot says which there are', ({ skip }) => {
    make('a', 'one');
    const [own, other] = ['{"user.a":"MQ=="}', '{"user.a":"Mg=="}'];
    if (setAttributes(join(root, 'a'), own).length > 0) skip('needs a file system with attributes');
    const all = [own, undefined, other, ''].map((attributes) => found(sought('a', 'one', { attributes })));
    expect(all).toEqual(['same', 'same', 'content', 'content']);
  });

  it('finds what is no file, folder or link', () => {
    expect(look(new Target('/dev'), { sought: [sought('null', '')], telling: NONE }, hasher).found).toEqual([
      'special',
    ]);
  });

  it.each([
    ['a folder that is not there', 'none/a'],
    ['a folder that is a file', 'file/a'],
    ['a link to a folder', 'link/inside'],
    ['a name that is too long', 'x'.repeat(300)],
    ['a folder whose name is too long', `${'x'.repeat(300)}/a`],
    ['a path that leads elsewhere', '../a'],
  ])('finds nothing below %s', (_, path) => {
    make('file', 'one');
    mkdirSync(join(root, 'folder'));
    make('folder/inside', 'one');
    symlinkSync('folder', join(root, 'link'));
    expect(found(sought(path, 'one'))).toBe('none');
  });

  it('finds the target itself', () => {
    expect(found(sought('', '', { type: 'folder' }))).toBe('empty');
  });

  // Read in pieces of 1 MiB.
  it.each([1, 1024 * 1024, 1024 * 1024 + 1, 3 * 1024 * 1024])('compares all of %i bytes', (size) => {
    const content = Buffer.alloc(size, 'x');
    make('a', content, 0o644, 5);
    const other = Buffer.from(content);
    other[size - 1] = 0;
    expect(['x', 'y'].map((_, i) => found(sought('a', i === 0 ? content : other)))).toEqual([
      'content',
      'file',
    ]);
  });

  it.skipIf(!HAS_USERS)('takes a folder that it cannot look into for none that is empty', () => {
    mkdirSync(join(root, 'empty'));
    mkdirSync(join(root, 'closed'), { mode: 0 });
    chmodSync(root, 0o755);
    const folders = ['empty', 'closed'].map((path) => sought(path, '', { type: 'folder' }));
    const below = ['closed/a', 'closed/a/b', 'empty/a'].map((path) => sought(path, 'one'));
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(NOBODY);
    try {
      const looked = look(new Target(root), { sought: [...folders, ...below], telling: NONE }, hasher);
      expect(looked.found).toEqual(['empty', 'folder', 'unseen', 'unseen', 'none']);
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  // Reads of its first page fail, as those of a bad sector do.
  it.skipIf(process.platform !== 'linux')('takes a file that cannot be read for another one', () => {
    const at = `/proc/${process.pid}`;
    const { size } = lstatSync(join(at, 'mem'));
    const mem = sought('mem', '', { size, mtimeNs: 1n });
    expect(look(new Target(at), { sought: [mem], telling: NONE }, hasher).found).toEqual(['file']);
  });

  it('tells folders that hold a telling name, and which files are one, by their numbers', () => {
    for (const name of ['plain', 'telling', 'both']) mkdirSync(join(root, name));
    make('plain/a', '');
    make('telling/PART-1', '');
    make('both/a', '');
    make('both/PART-2', '');
    make('one', 'one');
    linkSync(join(root, 'one'), join(root, 'two'));
    make('alone', 'one');
    const folders = ['plain', 'telling', 'both'].map((path) => sought(path, '', { type: 'folder' }));
    const isShared = true;
    const files = ['one', 'two', 'none'].map((path) => sought(path, 'one', { isShared }));
    const { telling, inodes } = look(
      new Target(root),
      {
        sought: [...folders, ...files, sought('alone', 'one'), sought('plain', '', { isShared })],
        telling: /^PART/,
      },
      hasher,
    );
    expect(telling).toEqual([1, 2]);
    const { dev, ino } = lstatSync(join(root, 'one'));
    expect([...inodes]).toEqual([3, 4].map((n) => [n, `${dev}:${ino}`]));
  });
});
