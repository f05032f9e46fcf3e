import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { LeftOut } from './left-out.ts';
import { fromText } from './path.ts';
import { passedOver, scan, scanFolder, startScan } from './scan.ts';

const LEFT_OUT: LeftOut = {
  patterns: ['*.tmp', '/top/out/'],
  largerThan: 1000,
  markers: ['.nobackup'],
  otherFileSystems: false,
};

/** A tree with rules on the way down. */
function tree(): string {
  const root = mkdtempSync(join(tmpdir(), 'snapshot-folder-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const files = {
    'top/kept': 'x',
    'top/a.tmp': 'x',
    'top/out/file': 'x',
    'top/rules/.snapshotignore': 'secret\n!b.tmp\n',
    'top/rules/secret': 'x',
    'top/rules/b.tmp': 'x',
    'top/rules/deep/secret/file': 'x',
    'top/rules/deep/kept': 'x',
    'top/marked/.nobackup': '',
    'top/marked/file': 'x',
    'top/large': 'x'.repeat(2000),
  };
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  symlinkSync('kept', join(root, 'top/link'));
  return root;
}

/** The paths of the whole tree, as a run sees it. */
function wholeOf(root: string): readonly string[] {
  const { task } = startScan(root, LEFT_OUT);
  if (task === undefined) throw new Error('no folder');
  const { entries } = scan(root, task, 1000);
  return Array.from({ length: entries.length }, (_, i) => entries.path(i));
}

describe('scanFolder()', () => {
  it('finds in each folder what a scan of all finds there', () => {
    const root = tree();
    const whole = wholeOf(root);
    expect(whole).toContain('top/rules/b.tmp');
    for (const folder of ['', 'top', 'top/rules', 'top/rules/deep', 'top/marked']) {
      const below = whole.filter((path) => folder === '' || path === folder || path.startsWith(`${folder}/`));
      const found = scanFolder(root, LEFT_OUT, [], fromText(folder), () => false);
      expect(found?.entries.map(({ path }) => path)).toEqual(folder === '' ? ['', ...below] : below);
    }
  });

  it('finds all of a folder of thousands, in path order', () => {
    const root = mkdtempSync(join(tmpdir(), 'snapshot-folder-'));
    onTestFinished(() => rmSync(root, { recursive: true }));
    // More than are looked at in one go, and folders on both sides of the edge.
    const names = Array.from({ length: 4200 }, (_, i) => String(i).padStart(4, '0'));
    const deep = new Set(['0010', '4094', '4095', '4150']);
    for (const name of names) {
      if (deep.has(name)) {
        mkdirSync(join(root, name));
        writeFileSync(join(root, name, 'in'), '');
      } else writeFileSync(join(root, name), '');
    }
    const found = scanFolder(root, LEFT_OUT, [], fromText(''), () => false);
    const expected = names.flatMap((name) => (deep.has(name) ? [name, `${name}/in`] : [name]));
    expect(found?.entries.map(({ path }) => path)).toEqual(['', ...expected]);
  });

  it('does not go into folders that are known', () => {
    const found = scanFolder(tree(), LEFT_OUT, [], fromText('top'), ({ path }) => path === 'top/rules');
    const paths = found?.entries.map(({ path }) => path);
    expect(paths).toContain('top/rules');
    expect(paths).not.toContain('top/rules/deep');
    expect(paths).toContain('top/marked/.nobackup');
  });

  it('names rules of the folder itself that do not count', () => {
    const root = tree();
    writeFileSync(join(root, 'top/.snapshotignore'), 'a\0b');
    const reason = 'its rules do not count: it is not text in UTF-8 or UTF-16';
    expect(scanFolder(root, LEFT_OUT, [], fromText('top'), () => false)?.problems[0]).toEqual({
      path: 'top/.snapshotignore',
      kind: 'unreadable',
      reason,
    });
  });

  it('knows of none that is gone, or is something else', () => {
    const root = tree();
    for (const path of ['gone', 'top/kept', 'top/link', 'top/kept/below'])
      expect(scanFolder(root, LEFT_OUT, [], fromText(path), () => false)).toBeUndefined();
  });
});

describe('passedOver()', () => {
  it('says of each path whether a scan passes it over, also of one that is not there', () => {
    const root = tree();
    const isOut = passedOver(root, LEFT_OUT);
    const out = ['top/a.tmp', 'top/out', 'top/out/file', 'top/rules/secret', 'top/rules/deep/secret/file'];
    for (const path of [...out, 'top/marked/file', 'top/rules/new/secret', 'new.tmp'])
      expect([path, isOut(fromText(path))]).toEqual([path, true]);
    for (const path of ['', 'top/kept', 'top/rules/b.tmp', 'top/marked/.nobackup', 'top/new', 'new/folder'])
      expect([path, isOut(fromText(path))]).toEqual([path, false]);
  });
});
