import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HAS_LINKS, HAS_MODES, keptMode } from '../base/able.lab.ts';
import { Target, Unsafe } from '../target/contained.ts';
import { type BytePath, fromText } from '../tree/path.ts';
import { doDeed } from './deeds.ts';
import type { Deed } from './tasks.ts';

const META = {
  uid: process.getuid?.() ?? 0,
  gid: process.getgid?.() ?? 0,
  mode: 0o750,
  mtimeNs: 5_000_000_000n,
};
const A = fromText('a');
const HAS_USERS = process.geteuid !== undefined;
/** Who may nothing that root may. */
const NOBODY = 65_534;

let root: string;
let target: Target;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'snapshot-deeds-')));
  target = new Target(root);
});
afterEach(() => rmSync(root, { recursive: true }));

function did(deed: Deed): string | undefined {
  return doDeed(target, deed);
}

function at(...path: readonly string[]): string {
  return join(root, ...path);
}

function names(): readonly string[] {
  return readdirSync(root).toSorted();
}

function modeOf(name: string): number {
  return statSync(at(name)).mode & 0o7777;
}

/** The mode of a folder of mode `mode`; of those, Windows keeps none. */
function folderMode(mode: number): number {
  return HAS_MODES ? mode : keptMode(0o666);
}

describe('a folder', () => {
  const folder = { do: 'folder', path: A, exists: false, clears: false } as const;

  it('is made for its owner alone', () => {
    expect(did(folder)).toBeUndefined();
    expect([lstatSync(at('a')).isDirectory(), modeOf('a')]).toEqual([true, folderMode(0o700)]);
  });

  it('is made in place of what makes way', () => {
    writeFileSync(at('a'), 'old');
    expect(() => did(folder)).toThrow(
      new Unsafe('something is there that this file system takes for the same name'),
    );
    did({ ...folder, clears: true });
    expect(lstatSync(at('a')).isDirectory()).toBe(true);
  });

  it.each([
    [0o500, 0o700],
    [0o1055, 0o1755],
    [0o300, 0o700],
    [0o755, 0o755],
    [0o2777, 0o2777],
  ])('that is there with mode %i gets %i, which its owner can write to', (before, after) => {
    mkdirSync(at('a'));
    chmodSync(at('a'), before);
    expect(did({ ...folder, exists: true })).toBeUndefined();
    expect(modeOf('a')).toBe(folderMode(after));
  });

  it.skipIf(!HAS_LINKS)('is not taken to be there when it is a link, or a file by now', () => {
    mkdirSync(at('real'), { mode: 0o500 });
    symlinkSync('real', at('a'));
    expect(() => did({ ...folder, exists: true })).toThrow(
      new Unsafe('a folder was there, and is none any more'),
    );
    expect(modeOf('real')).toBe(0o500);
    expect(() => did({ ...folder, path: fromText('none'), exists: true })).toThrow('ENOENT');
  });

  it('is told when its name is the reason', () => {
    const path = fromText('x'.repeat(300));
    expect(() => did({ ...folder, path })).toThrow(
      /its name is too long for this file system|this file system has no such name/,
    );
    expect(() => did({ ...folder, path: fromText('none/a') })).toThrow('no such file or directory');
  });
});

describe.skipIf(!HAS_LINKS)('a link', () => {
  const link = { do: 'link', path: A, target: fromText('where ü'), replaces: false, ...META } as const;

  it('is made with its target and time, and nothing else', () => {
    expect(did(link)).toBeUndefined();
    expect([readlinkSync(at('a')), lstatSync(at('a')).mtimeMs, names()]).toEqual(['where ü', 5000, ['a']]);
  });

  it('takes the place of what makes way, and of nothing else; no part stays', () => {
    writeFileSync(at('a'), 'mine');
    symlinkSync('left', target.partAt(A));
    expect(() => did(link)).toThrow(Unsafe);
    expect([readFileSync(at('a'), 'utf8'), names()]).toEqual(['mine', ['a']]);
    expect(did({ ...link, replaces: true })).toBeUndefined();
    expect([readlinkSync(at('a')), names()]).toEqual(['where ü', ['a']]);
  });

  it('fails as the system says where that is no lack of links', () => {
    expect(() => did({ ...link, target: fromText('x'.repeat(5000)) })).toThrow('ENAMETOOLONG');
    expect(() => did({ ...link, target: '' as BytePath })).toThrow('ENOENT');
    expect(names()).toEqual([]);
  });

  it.skipIf(process.getuid?.() !== 0)('is given away itself, not what it leads to', () => {
    writeFileSync(at('file'), '');
    expect(did({ ...link, target: fromText('file'), uid: 1234, gid: 4321 })).toBeUndefined();
    const [one, file] = ['a', 'file'].map((name) => lstatSync(at(name)));
    expect([one?.uid, one?.gid, file?.uid]).toEqual([1234, 4321, 0]);
  });
});

describe('a further name', () => {
  const hardlink = { do: 'hardlink', path: A, to: fromText('file'), replaces: false } as const;
  beforeEach(() => writeFileSync(at('file'), 'content'));

  it('is made, and no part stays', () => {
    writeFileSync(target.partAt(A), 'left');
    expect(did(hardlink)).toBeUndefined();
    expect([statSync(at('a')).ino, names()]).toEqual([statSync(at('file')).ino, ['a', 'file']]);
    // Renaming one name of a file to another one leaves both.
    expect(did({ ...hardlink, replaces: true })).toBeUndefined();
    expect([statSync(at('a')).nlink, names()]).toEqual([2, ['a', 'file']]);
  });

  it('takes the place of what makes way, and of nothing else', () => {
    writeFileSync(at('a'), 'mine');
    expect(() => did(hardlink)).toThrow(new Unsafe('something is there that was not there before'));
    expect([readFileSync(at('a'), 'utf8'), names()]).toEqual(['mine', ['a', 'file']]);
    did({ ...hardlink, replaces: true });
    expect([readFileSync(at('a'), 'utf8'), names()]).toEqual(['content', ['a', 'file']]);
  });

  it('is one of a file only', () => {
    mkdirSync(at('folder'));
    if (HAS_LINKS) symlinkSync('file', at('link'));
    for (const to of ['folder', ...(HAS_LINKS ? ['link'] : [])].map(fromText))
      expect(() => did({ ...hardlink, to })).toThrow(new Unsafe('what it is a further name of is no file'));
    expect(() => did({ ...hardlink, to: fromText('none') })).toThrow('ENOENT');
  });
});

describe('what is set', () => {
  const set = { do: 'set', path: A, type: 'file', ...META } as const;

  it.each(['file', 'folder'] as const)('is mode and time of a %s', (type) => {
    if (type === 'file') writeFileSync(at('a'), '');
    else mkdirSync(at('a'));
    expect(did({ ...set, type })).toBeUndefined();
    expect([modeOf('a'), statSync(at('a')).mtimeMs]).toEqual([
      type === 'file' ? keptMode(0o750) : folderMode(0o750),
      5000,
    ]);
  });

  it.skipIf(!HAS_USERS)('is that of what is closed to its owner as well, and of nobody else', () => {
    mkdirSync(at('folder'));
    for (const name of ['a', 'other', 'others']) writeFileSync(at(name), '');
    linkSync(at('other'), at('another'));
    const own = ['a', 'folder', 'other'];
    const isRoot = process.geteuid?.() === 0;
    const mine = { ...set, uid: isRoot ? NOBODY : set.uid };
    if (isRoot) for (const name of ['', ...own]) chownSync(at(name), NOBODY, -1);
    for (const name of [...own, 'others']) chmodSync(at(name), 0);
    if (isRoot) process.seteuid?.(NOBODY);
    try {
      expect(did(mine)).toBeUndefined();
      expect(did({ ...mine, path: fromText('folder'), type: 'folder' })).toBeUndefined();
      expect(() => did({ ...mine, path: fromText('other') })).toThrow(/further names/);
      if (isRoot) expect(() => did({ ...mine, path: fromText('others') })).toThrow(/EPERM/);
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
    expect([...own, ...(isRoot ? ['others'] : [])].map(modeOf)).toEqual([
      0o750,
      0o750,
      0,
      ...(isRoot ? [0] : []),
    ]);
  });

  it('is also that of the target itself', () => {
    expect(did({ ...set, path: '' as BytePath, type: 'folder' })).toBeUndefined();
    expect([statSync(root).mode & 0o7777, statSync(root).mtimeMs]).toEqual([folderMode(0o750), 5000]);
  });

  it('is nothing of what has become another kind, or has got further names', () => {
    mkdirSync(at('a'), { mode: 0o700 });
    writeFileSync(at('file'), '', { mode: 0o600 });
    expect(() => did(set)).toThrow(new Unsafe('it is no file any more'));
    expect(() => did({ ...set, path: fromText('file'), type: 'folder' })).toThrow(
      /ENOTDIR|it is no folder any more/,
    );
    linkSync(at('file'), at('other'));
    expect(() => did({ ...set, path: fromText('file') })).toThrow(new Unsafe('it has further names by now'));
    expect(['a', 'file'].map(modeOf)).toEqual([folderMode(0o700), keptMode(0o600)]);
  });
});

describe('what is removed', () => {
  const remove = { do: 'remove', path: A, isFolder: false } as const;

  it('is a file or link, or an empty folder; what is gone already is no failure', () => {
    const makes = [() => writeFileSync(at('a'), ''), () => symlinkSync('b', at('a'))];
    for (const make of HAS_LINKS ? makes : makes.slice(0, 1)) {
      make();
      expect(did(remove)).toBeUndefined();
      expect(names()).toEqual([]);
    }
    mkdirSync(at('a'));
    expect(did({ ...remove, isFolder: true })).toBeUndefined();
    for (const isFolder of [true, false]) expect(did({ ...remove, isFolder })).toBeUndefined();
    expect(names()).toEqual([]);
  });

  it('is nothing else', () => {
    mkdirSync(at('a'));
    writeFileSync(at('a', 'mine'), '');
    expect(() => did({ ...remove, isFolder: true })).toThrow('ENOTEMPTY');
    expect(() => did(remove)).toThrow(/EISDIR|EPERM/);
    writeFileSync(at('file'), '');
    expect(() => did({ ...remove, path: fromText('file'), isFolder: true })).toThrow(
      /ENOTDIR|it is no folder any more/,
    );
    expect(names()).toEqual(['a', 'file']);
  });
});

describe('a file that is settled', () => {
  it('gets its name, and what the system refuses is told', () => {
    const file = { ...META, path: A, size: 1, skip: 0, replaces: false, twin: undefined };
    writeFileSync(target.partAt(A), 'x');
    lutimesSync(target.partAt(A), 1, 1);
    expect(did({ do: 'settle', file })).toBeUndefined();
    expect([readFileSync(at('a'), 'utf8'), statSync(at('a')).mtimeMs, names()]).toEqual(['x', 5000, ['a']]);
  });
});
