// Parts of the source that are file systems of their own, really mounted, and away one night.
import { spawnSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RowEnd } from '../events.ts';
import { EntryTable } from '../../tree/entry-table.ts';
import type { BytePath } from '../../tree/path.ts';
import { findAwayMounts } from './away-parts.ts';
import type { RunOptions } from './run.ts';
import { SeriesLab } from './series.lab.ts';

const CAN_MOUNT = process.platform === 'linux' && process.geteuid?.() === 0;

let lab: SeriesLab;
let mounted: string[];

beforeEach(() => {
  lab = new SeriesLab();
  lab.row = { ...lab.row, keep: { last: 2 } };
  mounted = [];
});
afterEach(() => {
  while (mounted.length > 0) umount();
  lab.remove();
});

function at(path: string): string {
  return join(lab.source, path);
}

function put(path: string, content = path): void {
  mkdirSync(join(at(path), '..'), { recursive: true });
  writeFileSync(at(path), content);
}

function mount(path: string, from?: string): void {
  mkdirSync(at(path), { recursive: true });
  const how = from === undefined ? ['-t', 'tmpfs', 'none'] : ['--bind', from];
  if (spawnSync('mount', [...how, at(path)]).status !== 0) throw new Error(`cannot mount ${path}`);
  mounted.push(at(path));
}

function umount(): void {
  spawnSync('umount', [mounted.pop() ?? '']);
}

async function run(options: Partial<RunOptions> = {}): Promise<RowEnd> {
  return await lab.run({ acceptChanges: false, ...options });
}

/** Contents of the newest snapshot, by path; what is no file has none. */
function newest(): Readonly<Record<string, string | undefined>> {
  const all = [...lab.restored(lab.folders().at(-1) ?? '')];
  return Object.fromEntries(
    all.map(([path, text]) => {
      const content = /^file \S+ \S+ (.*)$/.exec(text)?.[1];
      return [path, content === undefined ? undefined : Buffer.from(content, 'base64').toString()];
    }),
  );
}

/** A source with a mount that has two files, and one snapshot. */
async function begin(mounting: () => void = () => mount('disk')): Promise<void> {
  put('home.txt');
  mounting();
  put('disk/a.txt');
  put('disk/sub/b.txt');
  expect(await run()).toMatchObject({ outcome: 'written', guards: [], status: 0 });
}

const WHOLE = {
  disk: undefined,
  'disk/a.txt': 'disk/a.txt',
  'disk/sub': undefined,
  'disk/sub/b.txt': 'disk/sub/b.txt',
};

const AWAY = { status: 4, guards: [{ guard: 'away-part' }] };

describe.skipIf(!CAN_MOUNT)('a mount in the source', () => {
  const ways: readonly [string, () => void, RegExp][] = [
    ['is an empty folder', () => {}, /"disk" was a mount, and is an empty folder now/],
    ['shows other files', () => put('disk/below.txt'), /is a plain folder now/],
    ['is gone with its folder', () => rmdirSync(at('disk')), /is gone/],
    [
      'has become a link',
      () => {
        rmdirSync(at('disk'));
        symlinkSync('elsewhere', at('disk'));
      },
      /is a link now/,
    ],
    [
      'has become a file',
      () => {
        rmdirSync(at('disk'));
        put('disk', 'a file');
      },
      /is a file now/,
    ],
    ['is empty', () => mount('disk'), /is empty now/],
  ];

  it.each(ways)('that is away and %s keeps its part', async (_, change, message) => {
    await begin();
    umount();
    change();
    put('home.txt', 'changed');
    const end = await run();
    expect(end).toMatchObject({ ...AWAY, outcome: 'written', removed: [], change: { removed: 0 } });
    expect(end.guards[0]?.message).toMatch(message);
    expect(newest()).toEqual({ ...WHOLE, 'home.txt': 'changed' });
    expect(lab.info(lab.folders().at(-1) ?? '').mounts).toEqual([{ path: 'disk' }]);
  });

  it('that is away is no change by itself, and told every night until it is back', async () => {
    await begin();
    umount();
    for (let night = 0; night < 2; night++)
      expect(await run()).toMatchObject({ ...AWAY, outcome: 'unchanged' });
    expect(await run({ rehash: true })).toMatchObject({ ...AWAY, outcome: 'unchanged' });
    expect(await run({ dryRun: true })).toMatchObject({ ...AWAY, outcome: 'unchanged' });
    expect(lab.folders()).toHaveLength(1);
  });

  it('that is back needs no hand: nothing is held any more, and rotation goes on', async () => {
    const real = join(lab.root, 'real');
    mkdirSync(real);
    await begin(() => mount('disk', real));
    umount();
    for (const text of ['one', 'two', 'three']) {
      put('home.txt', text);
      expect(await run()).toMatchObject({ ...AWAY, outcome: 'written', removed: [] });
    }
    expect(lab.folders()).toHaveLength(4);
    mount('disk', real);
    expect(await run()).toMatchObject({ outcome: 'unchanged', guards: [], status: 0, problems: 0 });
    put('home.txt', 'four');
    put('disk/c.txt');
    const end = await run();
    expect(end).toMatchObject({
      outcome: 'written',
      guards: [],
      status: 0,
      change: { added: 1, modified: 1, removed: 0 },
    });
    expect(lab.folders()).toHaveLength(2);
    expect(newest()).toEqual({ ...WHOLE, 'disk/c.txt': 'disk/c.txt', 'home.txt': 'four' });
  });

  it('is known as a bind mount of the same device too, by bytes that are no text, and in a folder with blanks', async () => {
    const real = join(lab.root, 'real');
    mkdirSync(real);
    await begin(() => mount('a b\\c/disk', real));
    writeFileSync(join(real, 'inside'), 'inside');
    expect(await run()).toMatchObject({ outcome: 'written', guards: [] });
    expect(lab.info(lab.folders()[1] ?? '').mounts).toEqual([{ path: 'a b\\c/disk' }]);
    umount();
    expect(await run()).toMatchObject(AWAY);
  });

  it('within another is told for itself, and once with the outer one', async () => {
    await begin();
    mount('disk/inner');
    put('disk/inner/c.txt');
    expect(await run()).toMatchObject({ outcome: 'written', guards: [] });
    umount();
    put('home.txt', 'changed');
    const inner = await run();
    expect(inner.guards.map(({ message }) => message.slice(0, 12))).toEqual(['"disk/inner"']);
    umount();
    put('home.txt', 'changed again');
    const outer = await run();
    expect(outer.guards.map(({ message }) => message.slice(0, 6))).toEqual(['"disk"']);
    expect(newest()).toMatchObject({ 'disk/inner/c.txt': 'disk/inner/c.txt', 'disk/a.txt': 'disk/a.txt' });
    const { mounts } = lab.info(lab.folders().at(-1) ?? '');
    expect(mounts).toEqual([{ path: 'disk' }, { path: 'disk/inner' }]);
  });

  it('that is the source itself counts as well, where a few files are below it', async () => {
    const source = join(lab.root, 'whole');
    lab.row = { ...lab.row, source };
    mkdirSync(source);
    writeFileSync(join(source, 'below.txt'), 'below');
    spawnSync('mount', ['-t', 'tmpfs', 'none', source]);
    mounted.push(source);
    writeFileSync(join(source, 'a.txt'), 'a');
    expect(await run()).toMatchObject({ outcome: 'written', status: 0 });
    umount();
    const end = await run();
    expect(end).toMatchObject({ ...AWAY, outcome: 'unchanged', problems: 1 });
    expect(end.guards[0]).toMatchObject({
      message: expect.stringContaining(`Source "${source}" was a mount`) as string,
      hint: expect.stringContaining('--accept-changes=.`') as string,
    });
    rmSync(join(source, 'below.txt'));
    expect(await run()).toMatchObject({ outcome: 'failed', guards: [{ guard: 'empty-source' }] });
  });

  it('that is left out by a pattern, or held nothing, or was never there, is no matter', async () => {
    mount('empty');
    mkdirSync(at('later'));
    await begin();
    for (const [path, content] of [['.snapshotignore', '/disk/']] as const) put(path, content);
    umount();
    expect(await run()).toMatchObject({ outcome: 'written', guards: [], status: 0 });
    lab.row = { ...lab.row, exclude: ['/disk'] };
    rmSync(at('.snapshotignore'));
    expect(await run()).toMatchObject({ outcome: 'written', guards: [], status: 0 });
    umount();
    put('home.txt', 'changed');
    expect(await run()).toMatchObject({ outcome: 'written', guards: [], status: 0 });
  });

  it('is no matter where all that it held is there without it', async () => {
    await begin();
    umount();
    put('disk/a.txt');
    put('disk/sub/b.txt');
    put('home.txt', 'changed');
    expect(await run()).toMatchObject({ outcome: 'written', guards: [], status: 0 });
    expect(lab.info(lab.folders().at(-1) ?? '').mounts).toEqual([]);
  });

  it('that is left out as another file system is none that is away, connected or not', async () => {
    await begin();
    mkdirSync(at('disk/deep'));
    lab.row = { ...lab.row, 'one-file-system': true };
    expect(await run()).toMatchObject({ outcome: 'written', guards: [], status: 0 });
    expect(newest()).toEqual({ disk: undefined, 'home.txt': 'home.txt' });
    expect(lab.info(lab.folders().at(-1) ?? '').mounts).toEqual([]);
    umount();
    expect(await run()).toMatchObject({ guards: [], status: 0 });
    expect(newest()).toEqual({ disk: undefined, 'home.txt': 'home.txt' });
  });

  it('within one that is left out is none that is away', async () => {
    await begin();
    mount('disk/inner');
    put('disk/inner/c.txt');
    expect(await run()).toMatchObject({ outcome: 'written', guards: [] });
    lab.row = { ...lab.row, 'one-file-system': true };
    expect(await run()).toMatchObject({ outcome: 'written', guards: [], status: 0 });
    expect(newest()).toEqual({ disk: undefined, 'home.txt': 'home.txt' });
  });

  it('in a folder that is marked now is none that is away', async () => {
    put('home.txt');
    mount('marked/disk');
    put('marked/disk/a.txt');
    expect(await run()).toMatchObject({ outcome: 'written', guards: [] });
    put('marked/.nobackup');
    lab.row = { ...lab.row, 'exclude-if-present': ['.nobackup'] };
    expect(await run()).toMatchObject({ outcome: 'written', guards: [], status: 0 });
    expect(newest()).toEqual({
      'home.txt': 'home.txt',
      marked: undefined,
      'marked/.nobackup': 'marked/.nobackup',
    });
  });

  it('names what lies in its place, and keeps hard links that lead out of there', async () => {
    await begin();
    umount();
    put('disk/below.txt', 'shared');
    for (const name of ['x', 'y']) linkSync(at('disk/below.txt'), at(name));
    const end = await run();
    expect(end).toMatchObject({ ...AWAY, outcome: 'written', problems: 1 });
    expect(newest()).toEqual({ ...WHOLE, 'home.txt': 'home.txt', x: 'shared', y: 'shared' });
    const { skipped } = lab.info(lab.folders().at(-1) ?? '');
    expect(skipped).toEqual([
      { path: 'disk', reason: expect.stringContaining('is away; what lies there now') as string },
    ]);
  });

  it('is taken for gone with --accept-changes of its path, which lifts nothing else', async () => {
    await begin();
    mount('other');
    put('other/o.txt');
    expect(await run()).toMatchObject({ outcome: 'written', guards: [] });
    umount();
    umount();
    await expect(run({ acceptPaths: ['nothing'] })).resolves.toMatchObject({
      outcome: 'failed',
      status: 2,
      error: { message: '--accept-changes=nothing: no guard is about that path; nothing was written' },
    });
    expect(lab.folders()).toHaveLength(2);
    const end = await run({ acceptPaths: [at('disk/')] });
    expect(end).toMatchObject({ ...AWAY, outcome: 'written', change: { removed: 3 } });
    expect(end.guards[0]?.message).toContain('"other"');
    expect(lab.notes()).toContain('accepted: "disk" was a mount, and is an empty folder now');
    expect(newest()).toMatchObject({ 'other/o.txt': 'other/o.txt' });
    expect(Object.keys(newest())).not.toContain('disk/a.txt');
    expect(await run({ acceptPaths: ['other'] })).toMatchObject({
      outcome: 'written',
      guards: [],
      status: 0,
    });
    expect(await run()).toMatchObject({ outcome: 'unchanged', guards: [], status: 0 });
  });

  it('is taken for gone with --accept-changes', async () => {
    await begin();
    umount();
    expect(await run({ acceptChanges: true })).toMatchObject({ outcome: 'written', guards: [], status: 0 });
    expect(newest()).toEqual({ disk: undefined, 'home.txt': 'home.txt' });
    expect(await run()).toMatchObject({ outcome: 'unchanged', status: 0 });
  });

  it('that has another name keeps its part until that is accepted', async () => {
    const real = join(lab.root, 'real');
    mkdirSync(real);
    await begin(() => mount('disk', real));
    umount();
    renameSync(at('disk'), at('moved'));
    mount('moved', real);
    const end = await run();
    expect(end).toMatchObject({ ...AWAY, outcome: 'written', change: { removed: 0 } });
    expect(newest()).toMatchObject({ ...WHOLE, 'moved/a.txt': 'disk/a.txt' });
    expect(await run({ acceptPaths: ['disk'] })).toMatchObject({ outcome: 'written', guards: [] });
    expect(readFileSync(lab.folder(lab.folders().at(-1) ?? '', 'info.json'), 'utf8')).toContain('"moved"');
  });

  it('whose folder above is gone as well keeps it', async () => {
    put('media/other.txt');
    mount('media/user/disk');
    put('media/user/disk/a.txt');
    await run();
    umount();
    rmSync(at('media'), { recursive: true });
    symlinkSync('elsewhere', at('media'));
    expect(await run()).toMatchObject({ ...AWAY, outcome: 'written' });
    expect(newest()).toEqual({
      media: undefined,
      'media/user': undefined,
      'media/user/disk': undefined,
      'media/user/disk/a.txt': 'media/user/disk/a.txt',
    });
  });
});

describe('findAwayMounts()', () => {
  const path = 'disk' as BytePath;

  function why(before: string | undefined, now: string | undefined): string | undefined {
    const entries = new EntryTable();
    for (const [name, type] of [
      ['', 'folder'],
      ['disk', 'folder'],
      ['disk/f', 'file'],
    ] as const) {
      const item = { size: 0, mode: 0, uid: 0, gid: 0, mtimeNs: 0n, ctimeNs: 0n, inode: 0n };
      entries.push({ ...item, path: name as BytePath, type, target: undefined, hardlink: undefined });
    }
    const tree = { entries, mounts: [{ path, id: now }], problems: [], outside: [] };
    return findAwayMounts([{ path, id: before }], tree, () => false).get(path);
  }

  it('tells another file system only where both are known', () => {
    expect(why('one', 'other')).toBe('is another one now');
    expect([why('one', 'one'), why('one', undefined), why(undefined, 'one')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
