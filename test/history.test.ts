// A series of snapshots of a tree that changes in every way: each of them comes back as it was.
import {
  chmodSync,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasTool, IS_LINUX, IS_ROOT, IS_WINDOWS, tool } from './support/command.ts';
import { LivingTree } from './support/history.ts';
import { type Format, LivingSeries } from './support/living-series.ts';
import { lookAt, noise } from './support/trees.ts';

const SEEDS = Number(process.env['SNAPSHOT_TEST_SEEDS'] ?? 1);
const FIRST = Number(process.env['SNAPSHOT_TEST_SEED'] ?? 1);
const FORMATS: readonly Format[] = ['tar.zst', 'zip'];

describe.skipIf(IS_WINDOWS || !hasTool('unzip'))('a random history', () => {
  for (const format of FORMATS) {
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      it(`comes back from every snapshot, format ${format}, seed ${seed}`, async () => {
        const series = new LivingSeries(format);
        const tree = new LivingTree(series.place.source, seed);
        for (let night = 0; night < 8; night++) {
          tree.change(night === 0 ? 25 : 6);
          if (tree.isEmpty()) series.place.write({ a: 'not empty' });
          await series.night({ acceptChanges: true });
        }
        series.expectAll(tree.log.join(', '));
      });
    }
  }
});

/** What one night changes. */
type Change = (source: string) => void;

/** What takes room when it is written again. */
const LARGE = noise(300_000);

function makeTree(source: string): void {
  mkdirSync(join(source, 'folder', 'inner'), { recursive: true });
  // What else is in its archive may go, and the archive stays.
  writeFileSync(join(source, 'stays.bin'), noise(400_000, 7));
  writeFileSync(join(source, 'a.log'), 'the first log\n');
  writeFileSync(join(source, 'folder', 'large.bin'), LARGE);
  writeFileSync(join(source, 'folder', 'small.txt'), 'small');
  writeFileSync(join(source, 'folder', 'inner', 'deep.txt'), 'deep');
  writeFileSync(join(source, 'plain'), 'a plain file');
  symlinkSync('folder', join(source, 'link'));
}

function put(path: string, content: string | Uint8Array): Change {
  return (source) => writeFileSync(join(source, path), content);
}
function move(from: string, to: string): Change {
  return (source) => renameSync(join(source, from), join(source, to));
}
function copy(from: string, to: string): Change {
  return (source) => copyFileSync(join(source, from), join(source, to));
}
function remove(path: string): Change {
  return (source) => rmSync(join(source, path), { recursive: true });
}
function makeFolder(path: string): Change {
  return (source) => void mkdirSync(join(source, path), { recursive: true });
}
function makeLink(path: string, target: string): Change {
  return (source) => symlinkSync(target, join(source, path));
}
function chown(path: string, owner: string): Change {
  return (source) => void tool('chown', ['-h', owner, join(source, path)]);
}
function all(...changes: readonly Change[]): Change {
  return (source) => {
    for (const change of changes) change(source);
  };
}

/** Each path below `root`, with the numbers of its owner and group. */
function owners(root: string): string {
  return tool('sh', ['-c', `find . -mindepth 1 -printf '%p %U:%G\\n' | sort`], root);
}

const ROTATE_LOG = all(
  (source) => rmSync(join(source, 'c.log'), { force: true }),
  (source) => lstatSync(join(source, 'b.log'), { throwIfNoEntry: false }) && move('b.log', 'c.log')(source),
  move('a.log', 'b.log'),
  (source) =>
    writeFileSync(join(source, 'a.log'), `a log after ${readFileSync(join(source, 'b.log')).length}\n`),
);

/** One change per night; each is enough for a snapshot. */
const HISTORIES: readonly (readonly [string, ...(readonly Change[])])[] = [
  [
    'edits',
    put('plain', 'edited'),
    put('folder/small.txt', 'edited, and longer'),
    put('plain', 'edited again'),
  ],
  [
    'an edit of one large file',
    put('folder/large.bin', noise(300_000, 2)),
    put('folder/large.bin', 'now small'),
  ],
  ['a file that becomes empty, and is filled again', put('plain', ''), put('plain', 'filled')],
  ['deletions', remove('plain'), remove('folder/large.bin'), remove('folder'), remove('link')],
  ['all but one file deleted', all(remove('folder'), remove('plain'), remove('link'))],
  ['a file that goes and comes back', remove('plain'), put('plain', 'a plain file')],
  ['a folder renamed, and renamed back', move('folder', 'renamed'), move('renamed', 'folder')],
  ['a folder moved into another', all(makeFolder('other'), move('folder/inner', 'other/inner'))],
  [
    'two files that swap their names',
    all(move('plain', 'x'), move('folder/small.txt', 'plain'), move('x', 'folder/small.txt')),
    all(move('plain', 'x'), move('folder/small.txt', 'plain'), move('x', 'folder/small.txt')),
  ],
  ['copies', copy('folder/large.bin', 'copy.bin'), copy('copy.bin', 'folder/inner/copy.bin')],
  ['a copy whose original goes', copy('folder/large.bin', 'copy.bin'), remove('folder')],
  ['a copy that changes', copy('plain', 'copy'), put('copy', 'changed'), put('plain', 'changed')],
  [
    'a file changed and changed back',
    put('plain', 'changed'),
    put('plain', 'a plain file'),
    put('plain', 'changed'),
    put('plain', 'a plain file'),
  ],
  ['logs that rotate', ROTATE_LOG, ROTATE_LOG, ROTATE_LOG, ROTATE_LOG],
  [
    'a file that becomes a folder and a file again',
    all(remove('plain'), makeFolder('plain'), put('plain/inside', 'in it')),
    all(remove('plain'), put('plain', 'a plain file')),
    all(remove('plain'), makeFolder('plain/inside/more'), put('plain/inside/more/x', 'x')),
  ],
  [
    'a folder that becomes a file and a folder again',
    all(move('folder', 'aside'), put('folder', 'no folder')),
    all(remove('folder'), move('aside', 'folder')),
    all(remove('folder'), put('folder', 'no folder any more')),
  ],
  [
    'a folder that becomes a file, and then a folder with the same folder in it',
    all(remove('folder'), put('folder', 'a file for one night'), put('stays', noise(5000))),
    all(remove('folder'), makeFolder('folder/inner'), put('folder/inner/new', 'new')),
  ],
  [
    'a folder that becomes a link and a folder again',
    all(move('folder', 'aside'), makeLink('folder', 'aside')),
    all(remove('folder'), move('aside', 'folder')),
    all(remove('folder'), makeLink('folder', 'nowhere')),
  ],
  [
    'a file that becomes a link and a file again',
    all(remove('plain'), makeLink('plain', 'folder/small.txt')),
    all(remove('plain'), put('plain', 'a plain file')),
  ],
  [
    'a link that becomes a folder and a link again',
    all(remove('link'), makeFolder('link'), put('link/small.txt', 'not the one in folder')),
    all(remove('link'), makeLink('link', 'folder')),
  ],
  [
    'empty files',
    all(put('empty', ''), put('folder/empty', '')),
    all(move('empty', 'folder/moved'), remove('plain')),
    all(move('folder/moved', 'empty'), remove('folder/empty')),
  ],
  ['an empty folder', makeFolder('empty'), remove('empty')],
  [
    'permission bits only',
    (source) => chmodSync(join(source, 'plain'), 0o640),
    (source) => chmodSync(join(source, 'folder'), 0o750),
    (source) => chmodSync(join(source, 'folder', 'large.bin'), 0o755),
  ],
  [
    'times, and something else so that there is a snapshot',
    all((source) => utimesSync(join(source, 'plain'), 1e9, 1_234_567_890), put('new', '1')),
    all((source) => utimesSync(join(source, 'folder'), 1e9, 1_111_111_111), put('new', '2')),
    all((source) => utimesSync(join(source, 'folder', 'large.bin'), 1e9, 1_000_000_000.5), put('new', '3')),
  ],
  [
    'a moved file with another time and other permission bits',
    all(move('plain', 'folder/moved'), (source) => {
      chmodSync(join(source, 'folder', 'moved'), 0o600);
      utimesSync(join(source, 'folder', 'moved'), 1e9, 1_234_567_890);
    }),
  ],
  [
    'hard links made and removed',
    (source) => linkSync(join(source, 'folder', 'large.bin'), join(source, 'a second name')),
    (source) => linkSync(join(source, 'folder', 'large.bin'), join(source, 'third name')),
    remove('a second name'),
    put('third name', 'both have changed'),
    remove('folder/large.bin'),
  ],
  [
    'a file with two names of which one is moved and then comes back',
    all(put('twin', noise(9000)), (source) => linkSync(join(source, 'twin'), join(source, 'x'))),
    all(move('x', 'z'), put('plain', 'changed')),
    move('twin', 'folder/twin'),
    all(move('z', 'x'), put('plain', 'changed again')),
  ],
  [
    'a file that is a folder for one night, and whose archive stays',
    put('plain', noise(5000)),
    all(remove('plain'), makeFolder('plain'), put('plain/inside', 'in it'), put('new', noise(5000, 3))),
    all(remove('plain'), put('plain', 'a file again')),
  ],
  [
    'hard links that become files of their own',
    (source) => linkSync(join(source, 'plain'), join(source, 'twin')),
    // That alone is no change.
    all(remove('twin'), put('twin', 'a plain file'), put('new', '1')),
  ],
  [
    'names with newlines and quotes',
    all(makeFolder(`it's\n"a" $(touch x)`), move('plain', `it's\n"a" $(touch x)/- 'b'\n`)),
    all(copy(`it's\n"a" $(touch x)/- 'b'\n`, `\\ \`c\` *`), put('-rf', 'x')),
    all(remove(`it's\n"a" $(touch x)`), move('-rf', `it's\n"a" $(touch x)`)),
    all(remove(`\\ \`c\` *`)),
  ],
];

/** Names that other systems do not allow. */
const LINUX_HISTORIES: typeof HISTORIES = [
  [
    'names that are not UTF-8',
    (source) => writeFileSync(latin1(source, 'caf\xe9 \xff'), LARGE.subarray(5)),
    (source) => renameSync(latin1(source, 'caf\xe9 \xff'), latin1(source, 'folder/\x80\xa0')),
    (source) => copyFileSync(latin1(source, 'folder/\x80\xa0'), latin1(source, '\xfc')),
    (source) => mkdirSync(latin1(source, 'd\xfcr')),
    (source) => renameSync(latin1(source, 'folder/\x80\xa0'), latin1(source, 'd\xfcr/\xe9')),
    (source) => unlinkSync(latin1(source, 'd\xfcr/\xe9')),
  ],
];

function latin1(source: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${source}/`), Buffer.from(path, 'latin1')]);
}

describe.skipIf(IS_WINDOWS || !hasTool('unzip'))('a history', () => {
  const histories = [...HISTORIES, ...(IS_LINUX ? LINUX_HISTORIES : [])];
  it.each(histories.map(([what, ...changes]) => [what, changes] as const))(
    'of %s comes back from every snapshot',
    async (_, changes) => {
      const series = new LivingSeries();
      makeTree(series.place.source);
      await series.night();
      for (const change of changes) {
        change(series.place.source);
        expect(await series.night()).toMatchObject({ outcome: 'written' });
      }
      expect(series.place.snapshots()).toHaveLength(changes.length + 1);
      series.expectAll();
    },
  );

  it('of all of these, side by side, comes back from every snapshot of zip files', async () => {
    const series = new LivingSeries('zip');
    const sources = histories.map(([what]) => join(series.place.source, what));
    for (const source of sources) makeTree(source);
    await series.night();
    const nights = Math.max(...histories.map((history) => history.length)) - 1;
    for (let night = 1; night <= nights; night++) {
      for (const [n, source] of sources.entries()) (histories[n]?.[night] as Change | undefined)?.(source);
      expect(await series.night({ acceptChanges: true })).toMatchObject({ outcome: 'written' });
    }
    expect(series.place.snapshots()).toHaveLength(nights + 1);
    series.expectAll();
  });

  /** Content that is stored already, so that no archive with content is written. */
  const nothingNew: readonly (readonly [string, ...(readonly Change[])])[] = [
    ['a folder is renamed', move('folder', 'renamed')],
    ['a file is moved', move('folder/large.bin', 'large.bin')],
    ['a file is copied', copy('folder/large.bin', 'copy.bin')],
    ['a file is deleted', remove('plain')],
    ['a file comes back from an older snapshot', remove('folder/inner/deep.txt'), put('back.txt', 'deep')],
    ['permission bits change', (source) => chmodSync(join(source, 'folder', 'large.bin'), 0o700)],
    ['a link changes', all(remove('link'), makeLink('link', 'plain'))],
  ];
  for (const format of FORMATS) {
    it.each(nothingNew.map(([what, ...changes]) => [what, changes] as const))(
      `in which %s writes no content again: ${format}`,
      async (_, changes) => {
        const series = new LivingSeries(format);
        makeTree(series.place.source);
        await series.night();
        const contents = series.contents();
        for (const change of changes) {
          change(series.place.source);
          const row = await series.night();
          expect(row).toMatchObject({ outcome: 'written' });
          expect(series.contents()).toEqual(contents);
          expect(row?.['newBytes']).toBeLessThan(8000);
        }
        series.expectAll();
      },
    );
  }

  it('in which a file comes back of which only an older snapshot has an archive takes it from there', async () => {
    const series = new LivingSeries();
    series.place.write({ 'other.txt': 'other', 'gone.bin': LARGE });
    await series.night();
    const [archive] = series.contents();
    // Mostly dead: what is left of it is written again, and the archive is let go.
    remove('gone.bin')(series.place.source);
    await series.night();
    expect(series.contents()).not.toContain(archive);
    put('back.bin', LARGE)(series.place.source);
    const row = await series.night();
    expect(series.contents()).toContain(archive);
    expect(row?.['newBytes']).toBeLessThan(8000);
    series.expectAll();
  });

  // What was read anew is found by its hash, and taken for something whose metadata may be others.
  it('in which everything is read anew has nothing to say of files that are as they were', async () => {
    const series = new LivingSeries();
    makeTree(series.place.source);
    await series.night();
    put('plain', 'changed')(series.place.source);
    await series.night({ rehash: true });
    expect(series.place.index().filter(({ stale }) => stale === true)).toEqual([]);
  });

  it('in which a large file changes writes that file only', async () => {
    const series = new LivingSeries();
    series.place.write({ stays: noise(900_000), changes: noise(100_000, 2) });
    await series.night();
    put('changes', noise(100_000, 3))(series.place.source);
    const newBytes = (await series.night())?.['newBytes'];
    expect(newBytes).toBeGreaterThan(100_000);
    expect(newBytes).toBeLessThan(110_000);
    expect(series.contents()).toHaveLength(2);
    series.expectAll();
  });

  it.each(FORMATS)('in which a link gives way to a folder writes nothing through it: %s', async (format) => {
    const series = new LivingSeries(format);
    const { place } = series;
    mkdirSync(place.path('outside', 'inner'), { recursive: true });
    writeFileSync(place.path('outside', 'file'), 'not ours');
    const outside = lookAt(place.path('outside'));
    makeTree(place.source);
    const toLink = all(remove('folder'), makeLink('folder', place.path('outside')));
    const toFolder = all(remove('folder'), makeFolder('folder/inner'), (source) => {
      put('folder/file', 'ours')(source);
      put('folder/inner/file', `ours ${place.snapshots().length}`)(source);
    });
    await series.night();
    for (const change of [toLink, toFolder, toLink, toFolder]) {
      change(place.source);
      await series.night();
    }
    series.expectAll();
    // By hand, in the order of the archives, and without what RESTORE.txt does between them.
    for (const [n, at] of place.snapshots().entries()) {
      const target = place.path(`by hand ${n}`);
      mkdirSync(target);
      for (const archive of place.archives('data', at)) {
        const command = format === 'zip' ? 'unzip -qo' : 'tar --zstd -xf';
        // What is in the way is an error, and harms nobody.
        tool('sh', ['-c', `${command} "$0" || true`, archive], target);
      }
    }
    expect(lookAt(place.path('outside'))).toEqual(outside);
  });

  it.skipIf(!IS_LINUX || !IS_ROOT)('of owners comes back from every snapshot', async () => {
    const series = new LivingSeries();
    const { place } = series;
    makeTree(place.source);
    const before: string[] = [];
    for (const change of [
      put('new', '1'),
      all(chown('plain', '12345:54321'), put('new', '2')),
      all(chown('folder', '12345:54321'), chown('link', '1:1'), put('new', '3')),
      all(chown('plain', '0:54321'), move('plain', 'folder/moved'), put('new', '4')),
    ]) {
      change(place.source);
      await series.night();
      before.push(owners(place.source));
    }
    series.expectAll();
    for (const [n, at] of place.snapshots().entries()) {
      const target = place.path(`out ${n}`);
      tool('sh', [place.file('RESTORE.txt', at), target]);
      expect(owners(target)).toBe(before[n]);
    }
  });
});
