// Restores to file systems that refuse some of what there is to restore. They are mounted for it, which takes root.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { has, hasExfat, mountedExfat, tool } from '../../../test/support/exfat.ts';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { SeriesLab } from '../run/series.lab.ts';
import type { RestoreEnd, RestoreEvent } from './restore-events.ts';
import { restore, type RestoreOptions } from './restore.ts';

let lab: SeriesLab;
let mounted: string;
let events: RestoreEvent[];
const undo: (() => void)[] = [];

const hasBindfs = has('bindfs', 'umount');

function mountBindfs(...options: readonly string[]): void {
  mkdirSync(join(lab.root, 'real'));
  tool('bindfs', ...options, join(lab.root, 'real'), mounted);
  undo.push(() => tool('umount', mounted));
}

function mountExfat(): void {
  undo.push(mountedExfat(join(lab.root, 'image'), mounted));
}

beforeEach(() => {
  lab = new SeriesLab();
  mounted = join(lab.root, 'mounted');
  mkdirSync(mounted);
  mkdirSync(join(lab.source, 'folder'));
  writeFileSync(join(lab.source, 'file'), 'one');
  writeFileSync(join(lab.source, 'folder', 'inner'), 'two');
  linkSync(join(lab.source, 'file'), join(lab.source, 'name'));
  symlinkSync('file', join(lab.source, 'link'));
});
afterEach(() => {
  for (const one of undo.splice(0).toReversed()) one();
  lab.remove();
});

async function run(options: Partial<RestoreOptions> = {}): Promise<RestoreEnd> {
  events = [];
  return await restore(new Series(new LocalStore(join(lab.root, 'destination')), 'data'), {
    at: 'latest',
    globs: [],
    to: join(mounted, 'out'),
    overwrite: 'never',
    deletes: false,
    dryRun: false,
    signal: new AbortController().signal,
    report: (event) => events.push(event),
    ...options,
  });
}

/** Paths that were named, with kind and reason. */
function named(): ReadonlyMap<string, string> {
  return new Map(
    events.flatMap((event) =>
      event.event === 'problem' ? [[`${event.path} ${event.kind}`, event.reason] as const] : [],
    ),
  );
}

function read(...path: readonly string[]): string {
  return readFileSync(join(mounted, 'out', ...path), 'utf8');
}

const DELETES = { overwrite: 'if-changed', deletes: true } as const;

describe.skipIf(!hasBindfs)(
  'a restore to a file system without modes and owners (needs root and bindfs)',
  () => {
    it('gives all content, and names what was refused', async () => {
      chmodSync(join(lab.source, 'file'), 0o2755);
      chmodSync(join(lab.source, 'folder'), 0o711);
      await lab.run();
      mountBindfs('--chmod-deny', '--chown-deny');
      expect(await run()).toMatchObject({ status: 3, files: 3, links: 1, folders: 1, problems: 4 });
      expect([read('file'), read('name'), read('link'), read('folder', 'inner')]).toEqual([
        'one',
        'one',
        'one',
        'two',
      ]);
      expect(named().get('file attributes')).toBe('its mode is 0600, not 2755 (not permitted)');
      expect([...named().keys()].toSorted()).toEqual(
        [' attributes', 'file attributes', 'folder attributes', 'folder/inner attributes'].toSorted(),
      );
    });

    it('writes into folders whose modes it cannot widen, and deletes what is too much', async () => {
      await lab.run();
      mountBindfs('--chmod-deny', '--chown-deny');
      mkdirSync(join(lab.root, 'real', 'out', 'folder'), { recursive: true });
      chmodSync(join(lab.root, 'real', 'out', 'folder'), 0o500);
      writeFileSync(join(lab.root, 'real', 'out', 'extra'), '');
      expect(await run(DELETES)).toMatchObject({ status: 3, files: 3, deleted: 1 });
      expect(read('folder', 'inner')).toBe('two');
    });

    it('is the same for a drill of RESTORE.txt by hand', async () => {
      await lab.run();
      writeFileSync(join(lab.source, 'new'), 'three');
      await lab.run();
      mountBindfs('--chmod-deny', '--chown-deny');
      const script = lab.folder(lab.folders().at(-1) ?? '', 'RESTORE.txt');
      const { status, stderr } = spawnSync('sh', [script, join(mounted, 'out')], { encoding: 'utf8' });
      expect([read('file'), read('name'), read('new'), read('folder', 'inner')]).toEqual([
        'one',
        'one',
        'three',
        'two',
      ]);
      expect(status).not.toBe(0);
      expect(stderr).toMatch(/file: .*not permitted/);
    });
  },
);

describe.skipIf(!hasExfat)('a restore to exFAT (needs root and exfat-fuse)', () => {
  it('gives all content that has a place there, and names the rest', async () => {
    writeFileSync(join(lab.source, 'a:b'), '');
    writeFileSync(Buffer.concat([Buffer.from(`${lab.source}/`), Buffer.from([0x66, 0xe9])]), '');
    mkdirSync(join(lab.source, 'w?'));
    writeFileSync(join(lab.source, 'w?', 'inner'), '');
    await lab.run();
    mountExfat();
    expect(await run()).toMatchObject({ status: 3, files: 3, links: 0, folders: 1 });
    expect([read('file'), read('name'), read('folder', 'inner')]).toEqual(['one', 'one', 'two']);
    expect(named()).toEqual(
      new Map([
        ['a:b refused', 'this file system has no such name'],
        ['w? refused', 'this file system has no such name'],
        ['w?/inner refused', 'its folder is not there'],
        [String.raw`f\xe9 refused`, 'this file system has no such name'],
        ['link refused', 'this file system has no links; it leads to "file"'],
        ['name attributes', 'its mode is 0777, not 0644'],
        ['file attributes', 'its mode is 0777, not 0644'],
        ['folder/inner attributes', 'its mode is 0777, not 0644'],
        ['folder attributes', 'its mode is 0777, not 0755'],
        [' attributes', 'its mode is 0777, not 0755'],
      ]),
    );
    expect(await run({ overwrite: 'if-changed' })).toMatchObject({ status: 3 });
  });

  it('deletes nothing that it has written under another spelling, nor what is in such a folder', async () => {
    for (const name of ['link', 'name']) rmSync(join(lab.source, name));
    renameSync(join(lab.source, 'file'), join(lab.source, 'caf\u00E9'));
    await lab.run();
    mountExfat();
    mkdirSync(join(mounted, 'out', 'FOLDER'), { recursive: true });
    writeFileSync(join(mounted, 'out', 'CAF\u00C9'), 'old');
    writeFileSync(join(mounted, 'out', 'FOLDER', 'Inner'), 'two');
    utimesSync(join(mounted, 'out', 'FOLDER', 'Inner'), 1e9, 1e9);
    writeFileSync(join(mounted, 'out', 'FOLDER', 'extra'), '');
    expect(await run(DELETES)).toMatchObject({ deleted: 1 });
    expect(read('caf\u00E9')).toBe('one');
    expect(read('folder', 'inner')).toBe('two');
    expect(readdirSync(join(mounted, 'out', 'folder')).length).toBe(1);
  });

  it('does not write one file over another whose name differs by case only', async () => {
    writeFileSync(join(lab.source, 'FILE'), 'first');
    mkdirSync(join(lab.source, 'FOLDER'));
    writeFileSync(join(lab.source, 'FOLDER', 'inner'), 'first');
    await lab.run();
    mountExfat();
    for (const overwrite of ['never', 'always', 'if-changed'] as const) {
      expect(await run({ overwrite })).toMatchObject({ status: 3 });
      expect([read('FILE'), read('FOLDER', 'inner')]).toEqual(['first', 'first']);
      expect(named().get('file refused')).toBe('this file system takes its name for that of `FILE`');
      expect([...named().keys()]).toContain('folder/inner refused');
    }
  });

  it('of a series that lies on exFAT brings everything back', async () => {
    mountExfat();
    lab.row = { ...lab.row, destination: join(mounted, 'destination') };
    expect((await lab.run()).outcome).toBe('written');
    writeFileSync(join(lab.source, 'more'), 'three');
    expect((await lab.run()).outcome).toBe('written');
    const to = join(lab.root, 'out');
    const series = new Series(new LocalStore(join(mounted, 'destination')), 'data');
    const signal = new AbortController().signal;
    const base = { at: 'latest', globs: [], overwrite: 'never', deletes: false, dryRun: false } as const;
    expect(await restore(series, { ...base, to, signal, report: () => {} })).toMatchObject({ status: 0 });
    expect(readFileSync(join(to, 'more'), 'utf8')).toBe('three');
  });
});

describe.skipIf(process.platform === 'win32')('a restore of two names of one file over two files', () => {
  const TIME = new Date('2026-01-01');

  it.each(['if-changed', 'always'] as const)('links them in one go, with %s', async (overwrite) => {
    const ways: Readonly<Record<string, (at: string) => void>> = {
      same: (at) => {
        writeFileSync(at, 'one', { mode: 0o644 });
        utimesSync(at, TIME, TIME);
      },
      content: (at) => writeFileSync(at, 'one', { mode: 0o600 }),
      other: (at) => writeFileSync(at, 'another'),
      none: () => {},
      link: (at) => symlinkSync('folder', at),
    };
    const pairs = Object.keys(ways).flatMap((first) => Object.keys(ways).map((second) => [first, second]));
    const to = join(lab.root, 'over');
    rmSync(join(lab.source, 'name'));
    for (const [first = '', second = ''] of pairs) {
      mkdirSync(join(lab.source, `${first} ${second}`));
      mkdirSync(join(to, `${first} ${second}`), { recursive: true });
      writeFileSync(join(lab.source, `${first} ${second}`, 'file'), 'one', { mode: 0o644 });
      linkSync(
        join(lab.source, `${first} ${second}`, 'file'),
        join(lab.source, `${first} ${second}`, 'name'),
      );
      utimesSync(join(lab.source, `${first} ${second}`, 'file'), TIME, TIME);
      ways[first]?.(join(to, `${first} ${second}`, 'file'));
      ways[second]?.(join(to, `${first} ${second}`, 'name'));
    }
    await lab.run();
    expect(await run({ to, overwrite })).toMatchObject({ status: 0 });
    for (const [first = '', second = ''] of pairs) {
      const folder = join(to, `${first} ${second}`);
      const { ino, mode } = lstatSync(join(folder, 'file'));
      expect([lstatSync(join(folder, 'name')).ino, mode & 0o7777], folder).toEqual([ino, 0o644]);
      expect(readFileSync(join(folder, 'name'), 'utf8')).toBe('one');
    }
  });
});
