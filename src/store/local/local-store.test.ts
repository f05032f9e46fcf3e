import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import { type FileCalls, files, interpose } from '../../base/file-calls.ts';
import { LocalStore } from './local-store.ts';
import { testStore } from '../contract.lab.ts';

const NOBODY = 65_534;
const isRoot = process.geteuid?.() === 0;

async function openTemporaryFolder(): Promise<LocalStore> {
  const parent = await mkdtemp(join(tmpdir(), 'local-store-'));
  onTestFinished(async () => await rm(parent, { recursive: true }));
  // It makes its folder itself.
  return new LocalStore(join(parent, 'destination'));
}

testStore('local folder', openTemporaryFolder);

/** Does `work` as an ordinary user: the superuser may do everything. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (!isRoot) return await work();
  const groups = process.getgroups?.() ?? [];
  process.setgroups?.([]);
  process.setegid?.(NOBODY);
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
    process.setgroups?.(groups);
  }
}

async function failureOf(work: Promise<unknown>): Promise<SnapshotError> {
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof SnapshotError)) throw new Error('no SnapshotError', { cause: failure });
  return failure;
}

/** What `lstat` says of `b`: `how` often it is wrongly not there; then the truth. */
function wrongly(how: number, first: () => void = () => {}): void {
  let left = how;
  const before = files;
  interpose((calls) => ({
    ...calls,
    lstat: (async (path: string, options: { bigint: true }) => {
      if (!path.endsWith('b') || left-- <= 0) return await calls.lstat(path, options);
      first();
      throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
    }) as unknown as FileCalls['lstat'],
  }));
  onTestFinished(() => interpose(() => before));
}

/** What reaches the disk below `folder`, and gets another name, from here on. @param failing - What cannot be flushed while it is written. */
function stepsIn(folder: string, failing?: string): string[] {
  const steps: string[] = [];
  const before = files;
  const open = async (...args: Parameters<FileCalls['open']>): ReturnType<FileCalls['open']> => {
    const handle = await before.open(...args);
    const path = relative(folder, String(args[0]));
    const sync = handle.sync.bind(handle);
    handle.sync = async () => {
      steps.push(`flush ${path}`);
      await sync();
    };
    if (path === failing)
      handle.datasync = async () => await Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }));
    return handle;
  };
  const rename: FileCalls['rename'] = async (from, to) => {
    steps.push(`rename ${relative(folder, String(to))}`);
    await before.rename(from, to);
  };
  interpose((calls) => ({ ...calls, open, rename }));
  onTestFinished(() => interpose(() => before));
  return steps;
}

describe('a local store', () => {
  let folder: string;
  let store: LocalStore;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'local-store-'));
    await chmod(folder, 0o755);
    store = new LocalStore(join(folder, 'destination'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const modeOf = async (...parts: string[]): Promise<number> =>
    (await stat(join(folder, 'destination', ...parts))).mode & 0o7777;

  it('keeps what it holds to its owner', async () => {
    const umask = process.umask(0);
    try {
      await store.put('series/day/file', Buffer.from('content'));
      await store.appendLine('series/log', 'line');
    } finally {
      process.umask(umask);
    }
    expect(await modeOf('series', 'day', 'file')).toBe(0o600);
    expect(await modeOf('series', 'log')).toBe(0o600);
    for (const made of [[], ['series'], ['series', 'day']]) expect(await modeOf(...made)).toBe(0o700);
  });

  it('writes under a name of its own until the object is whole', async () => {
    const writer = await store.create('series/file');
    await writer.write(Buffer.from('half'));
    expect(await readdir(join(folder, 'destination', 'series'))).toEqual(['file.part']);
    await writer.commit();
    expect(await readdir(join(folder, 'destination', 'series'))).toEqual(['file']);
  });

  it('replaces a part that a run left which was cut short', async () => {
    await mkdir(join(folder, 'destination'));
    await writeFile(join(folder, 'destination', 'file.part'), 'much more than what comes now', {
      mode: 0o444,
    });
    await store.put('file', Buffer.from('new'));
    expect(await readFile(join(folder, 'destination', 'file'), 'utf8')).toBe('new');
    expect(await readdir(join(folder, 'destination'))).toEqual(['file']);
    expect(await modeOf('file')).toBe(0o600);
  });

  it('writes no further than a link that lies where a part would go', async () => {
    await mkdir(join(folder, 'destination'));
    await writeFile(join(folder, 'elsewhere'), 'untouched');
    await symlink(join(folder, 'elsewhere'), join(folder, 'destination', 'file.part'));
    await store.put('file', Buffer.from('new'));
    expect(await readFile(join(folder, 'elsewhere'), 'utf8')).toBe('untouched');
  });

  it('keeps the earlier object and leaves no part when committing fails', async () => {
    await mkdir(join(folder, 'destination', 'file'), { recursive: true });
    await writeFile(join(folder, 'destination', 'file', 'inside'), 'kept');
    await expect(store.put('file', Buffer.from('new'))).rejects.toMatchObject({ code: 'E_STORE' });
    expect(await readdir(join(folder, 'destination'))).toEqual(['file']);
    expect(await readFile(join(folder, 'destination', 'file', 'inside'), 'utf8')).toBe('kept');
  });

  it('gives back large objects that were written in many parts', async () => {
    const writer = await store.create('file');
    // Past the size after which flushing begins beside the writing.
    const part = Buffer.alloc(8 * 1024 * 1024, 'x');
    for (let i = 0; i < 9; i++) await writer.write(part);
    await writer.write(Buffer.from('end'));
    await writer.commit();
    const { size } = await stat(join(folder, 'destination', 'file'));
    expect(size).toBe(9 * part.length + 3);
    expect(String(await store.readRange('file', size - 4, 4))).toBe('xend');
  });

  it.skipIf(process.platform === 'win32')(
    'flushes what it writes before it has its name, and each name',
    async () => {
      const steps = stepsIn(join(folder, 'destination'));
      const take = (): readonly string[] => steps.splice(0);
      await store.put('a/file', Buffer.from('content'));
      expect(take()).toEqual(['flush ', 'flush ..', 'flush a/file.part', 'rename a/file', 'flush a']);
      await store.appendLine('a/log', 'line');
      expect(take()).toEqual(['flush a/log', 'flush a']);
      await store.appendLine('a/log', 'line');
      expect(take()).toEqual(['flush a/log']);
      await store.remove('a/log');
      expect(take()).toEqual(['flush a']);
      await store.renameFolder('a', 'b');
      expect(take()).toEqual(['rename b', 'flush ']);
    },
  );

  it('gives nothing its name of which a part did not reach the disk while it was written', async () => {
    stepsIn(join(folder, 'destination'), 'file.part');
    const writer = await store.create('file');
    const part = Buffer.alloc(8 * 1024 * 1024);
    for (let i = 0; i < 8; i++) await writer.write(part);
    expect((await failureOf(writer.commit())).code).toBe('E_STORE');
    await writer.discard();
    expect(await store.list('')).toEqual([]);
  });

  it('says that there is more of a log from the first byte on that it leaves out', async () => {
    await store.appendLine('log', 'line');
    expect(await store.readLines('log', 5)).toEqual({ text: 'line\n', isAll: true });
    expect(await store.readLines('log', 4)).toEqual({ text: 'ine\n', isAll: false });
  });

  it('takes the files of two disks for two, also where their numbers are one', async () => {
    await store.put('a', Buffer.from('content'));
    await store.link('a', 'b');
    const identities = async (): Promise<number> =>
      new Set((await store.list('')).map(({ identity }) => identity)).size;
    expect(await identities()).toBe(1);
    const before = files;
    interpose((calls) => ({
      ...calls,
      lstat: (async (path: string, options: { bigint: true }) => {
        const stats = await calls.lstat(path, options);
        return path.endsWith('b') ? Object.assign(stats, { dev: stats.dev + 1n }) : stats;
      }) as unknown as FileCalls['lstat'],
    }));
    onTestFinished(() => interpose(() => before));
    expect(await identities()).toBe(2);
  });

  it('leaves to the superuser what a disk keeps for him, and a folder alone of which a system says only that it exists', async () => {
    const before = files;
    interpose((calls) => ({
      ...calls,
      statfs: (async () =>
        await Promise.resolve({ bavail: 3, bfree: 5, bsize: 4096 })) as unknown as FileCalls['statfs'],
      rmdir: async () => await Promise.reject(Object.assign(new Error('EEXIST'), { code: 'EEXIST' })),
    }));
    onTestFinished(() => interpose(() => before));
    expect(await store.freeBytes()).toBe(3 * 4096);
    expect(await store.removeFolder('folder')).toBe(false);
  });

  it('links without a copy, into folders that it makes', async () => {
    await store.put('day/file', Buffer.from('content'));
    expect(await store.link('day/file', 'next/day/file')).toBe(true);
    const [a, b] = await Promise.all(
      ['day/file', 'next/day/file'].map(async (key) => await stat(join(folder, 'destination', key))),
    );
    expect([a?.nlink, a?.ino]).toEqual([2, b?.ino]);
    expect(await modeOf('next', 'day')).toBe(0o700);
  });

  it('says that it cannot link to another disk', async ({ skip }) => {
    await store.put('day/file', Buffer.from('content'));
    const next = join(folder, 'destination', 'next');
    await mkdir(next);
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', next]);
    skip(status !== 0, 'only root may mount a disk, and not in every container');
    try {
      expect(await store.link('day/file', 'next/file')).toBe(false);
      expect(await readdir(next)).toEqual([]);
    } finally {
      spawnSync('umount', [next]);
    }
  });

  it('says that it cannot link a file that the file system lets nobody link', async ({ skip }) => {
    await store.put('file', Buffer.from('content'));
    const path = join(folder, 'destination', 'file');
    const { status } = spawnSync('chattr', ['+i', path]);
    skip(status !== 0, 'only root may make a file immutable, and not in every file system');
    try {
      // EPERM, which is also what FAT says.
      expect(await store.link('file', 'other')).toBe(false);
      expect(await readdir(join(folder, 'destination'))).toEqual(['file']);
    } finally {
      spawnSync('chattr', ['-i', path]);
    }
  });

  describe('lists what a folder holds where', () => {
    beforeEach(async () => {
      for (const name of ['a', 'b', 'c']) await store.put(`folder/${name}`, Buffer.from(name));
    });
    it('something is said not to be there, and is: a snapshot that is left out is one whose archives nobody needs', async () => {
      wrongly(1);
      expect((await store.list('folder')).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    });

    it('something goes while it is looked at', async () => {
      wrongly(1, () => rmSync(join(folder, 'destination', 'folder', 'b')));
      expect((await store.list('folder')).map(({ name }) => name)).toEqual(['a', 'c']);
    });

    it('one after the other goes while it is looked at, as locks of many runs do', async () => {
      for (let i = 0; i < 20; i++) await store.put(`folder/b${i}`, Buffer.from('b'));
      const before = files;
      interpose((calls) => ({
        ...calls,
        lstat: (async (path: string, options: { bigint: true }) => {
          if (/b\d+$/.test(path)) rmSync(path);
          return await calls.lstat(path, options);
        }) as unknown as FileCalls['lstat'],
      }));
      onTestFinished(() => interpose(() => before));
      expect((await store.list('folder')).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    });

    it('something is always said not to be there: then it says so, and leaves nothing out', async () => {
      wrongly(Infinity);
      expect(await failureOf(store.list('folder'))).toMatchObject({
        code: 'E_STORE',
        message: expect.stringMatching(/b": it is listed, and said not to be there/),
      });
    });
  });

  it('lists a link that leads nowhere, so that nobody takes the folder for empty', async () => {
    await mkdir(join(folder, 'destination'));
    await symlink('nowhere', join(folder, 'destination', 'dangling'));
    expect((await store.list('')).map(({ name, isFolder }) => [name, isFolder])).toEqual([
      ['dangling', false],
    ]);
  });

  describe.skipIf(process.platform === 'win32')('where somebody else has put a link', () => {
    const WAYS: readonly [string, (key: string) => Promise<unknown>][] = [
      ['list', async (key) => await store.list(key)],
      ['read', async (key) => await store.read(key)],
      ['readRange', async (key) => await store.readRange(key, 0, 1)],
      ['create', async (key) => await store.put(key, Buffer.from('new'))],
      ['link from', async (key) => await store.link(key, 'other')],
      ['link to', async (key) => await store.link('own', key)],
      ['appendLine', async (key) => await store.appendLine(key, 'line')],
      ['remove', async (key) => await store.remove(key)],
      ['removeFolder', async (key) => await store.removeFolder(key)],
    ];

    beforeEach(async () => {
      await store.put('own', Buffer.from('content'));
      await mkdir(join(folder, 'elsewhere', 'folder'), { recursive: true });
      await writeFile(join(folder, 'elsewhere', 'file'), 'untouched');
      await symlink(join(folder, 'elsewhere'), join(folder, 'destination', 'series'));
      await symlink(join(folder, 'elsewhere', 'file'), join(folder, 'destination', 'file'));
    });

    it.each(
      WAYS.flatMap(([name, way]) =>
        ['series', 'series/file', 'series/folder/new', 'file'].map((key) => [name, key, way] as const),
      ),
    )('%s of %s is refused, and nothing happens there', async (_, key, way) => {
      const failure = await failureOf(way(key));
      expect(failure.code).toBe('E_STORE');
      expect(failure.message).toMatch(/^Refused to follow ".*\/destination\/(series|file)": it is a link$/);
      expect(failure.hint).toContain('move or remove it');
      expect(await readdir(join(folder, 'elsewhere'), { recursive: true })).toEqual(['file', 'folder']);
      expect(await readFile(join(folder, 'elsewhere', 'file'), 'utf8')).toBe('untouched');
      expect((await readdir(join(folder, 'destination'))).toSorted()).toEqual(['file', 'own', 'series']);
    });

    it.each(WAYS.filter(([name]) => name !== 'list'))(
      '%s of a FIFO is refused, and not waited for',
      async (_, way) => {
        spawnSync('mkfifo', [join(folder, 'destination', 'fifo')]);
        const failure = await failureOf(way('fifo'));
        expect(failure.message).toMatch(/fifo": it is neither a file nor a folder$/);
      },
    );

    it('reaches its own folder over one all the same', async () => {
      await symlink(join(folder, 'elsewhere'), join(folder, 'disk'));
      const mounted = new LocalStore(join(folder, 'disk', 'backup'));
      await mounted.put('series/day/file', Buffer.from('content'));
      expect(String(await mounted.read('series/day/file'))).toBe('content');
      expect(await readdir(join(folder, 'elsewhere', 'backup', 'series'))).toEqual(['day']);
    });
  });

  it('takes a link for neither a file nor a folder', async () => {
    await store.put('folder/file', Buffer.from('content'));
    await symlink('folder', join(folder, 'destination', 'link'));
    await symlink(join('folder', 'file'), join(folder, 'destination', 'other'));
    expect((await store.list('')).map(({ name, isFile, isFolder }) => [name, isFile, isFolder])).toEqual([
      ['folder', false, true],
      ['link', false, false],
      ['other', false, false],
    ]);
    expect((await store.list('folder')).map(({ isFile }) => isFile)).toEqual([true]);
  });

  it('knows how much room there is below folders that are not there yet', async () => {
    const deep = new LocalStore(join(folder, 'not', 'there', 'yet'));
    expect(await deep.freeBytes()).toBeGreaterThan(0);
    expect(await readdir(folder)).toEqual([]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['list', async () => await store.list('file')],
    ['read', async () => await store.read('folder')],
    ['read', async () => await store.readRange('folder', 0, 1)],
    ['make', async () => await store.create('file/below')],
    ['link', async () => await store.link('none', 'other')],
    ['link', async () => await store.link('file', 'folder/file')],
    ['link', async () => await store.link('file/below', 'other')],
    ['make', async () => await store.link('folder/file', 'file/below')],
    ['remove', async () => await store.remove('folder')],
    ['remove', async () => await store.removeFolder('file')],
    ['write', async () => await store.appendLine('folder', 'line')],
  ])('says what it could not %s, and why', async (action, work) => {
    await store.put('file', Buffer.from('content'));
    await store.put('folder/file', Buffer.from('content'));
    const failure = await failureOf(work());
    expect(failure.code).toBe('E_STORE');
    expect(failure.message).toMatch(new RegExp(`^Cannot ${action} "${folder}/destination/`));
    expect(failure.cause).toBeInstanceOf(Error);
  });

  describe('as an ordinary user', () => {
    it('says that a folder is not to be written to, and what to look at', async () => {
      await mkdir(join(folder, 'destination'), { mode: 0o555 });
      await asNobody(async () => {
        for (const work of [
          async () => await store.put('file', Buffer.from('content')),
          async () => await store.put('series/file', Buffer.from('content')),
          async () => await store.appendLine('log', 'line'),
        ]) {
          const failure = await failureOf(work());
          expect(failure.code).toBe('E_STORE');
          expect(failure.message).toContain('permission denied');
          expect(failure.hint).toBe('Check who may write to the destination.');
        }
      });
    });

    it('says of what is not to be read who should look at it', async () => {
      await mkdir(join(folder, 'destination', 'closed'), { recursive: true, mode: 0o700 });
      await chmod(join(folder, 'destination', 'closed'), 0o000);
      await asNobody(async () => {
        for (const work of [
          async () => await store.list('closed'),
          async () => await store.read('closed/file'),
        ]) {
          expect((await failureOf(work())).hint).toBe('Check who may read the destination.');
        }
      });
    });

    it('says that a folder is not to be read', async () => {
      await mkdir(join(folder, 'destination'), { mode: 0o700 });
      await asNobody(async () => {
        if (isRoot) expect((await failureOf(store.list(''))).message).toContain('permission denied');
      });
    });

    it('fails in words also where a parent may be written to but not be read', async () => {
      // As a drop box: names can be made, and not listed, so the folder cannot be opened to be flushed.
      await mkdir(join(folder, 'drop-box'));
      await chmod(join(folder, 'drop-box'), 0o333);
      await asNobody(async () => {
        const put = new LocalStore(join(folder, 'drop-box', 'mine')).put('file', Buffer.from('content'));
        const failure: unknown = await put.then(
          () => undefined,
          (error: unknown) => error,
        );
        expect(failure === undefined || failure instanceof SnapshotError).toBe(true);
      });
      // It is to be removed like the others.
      await chmod(join(folder, 'drop-box'), 0o700);
    });
  });
});

describe('a local store on a full disk', () => {
  const disk = join(tmpdir(), `local-store-full-${process.pid}`);
  let isMounted = false;

  beforeAll(async () => {
    if (process.platform !== 'linux' || !isRoot) return;
    await mkdir(disk);
    isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]).status === 0;
  });
  afterAll(async () => {
    if (isMounted) spawnSync('umount', [disk]);
    await rm(disk, { recursive: true, force: true });
  });

  it('says so, keeps the earlier object and leaves nothing behind', async ({ skip }) => {
    skip(!isMounted, 'only root may mount a small disk, and not in every container');
    const store = new LocalStore(disk);
    await store.put('file', Buffer.from('old'));
    const failure = await failureOf(store.put('file', Buffer.alloc(2 * 1024 * 1024)));
    expect(failure.code).toBe('E_SPACE');
    expect(failure.message).toBe(`Cannot write "${disk}/file": no space left`);
    expect(failure.hint).toMatch(/Make room/);
    expect(String(await store.read('file'))).toBe('old');
    expect(await readdir(disk)).toEqual(['file']);
    // What was given up takes no room any more.
    await store.put('other', Buffer.alloc(512 * 1024));
  });
});
