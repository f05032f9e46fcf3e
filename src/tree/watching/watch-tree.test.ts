import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HAS_OTHER_USERS } from '../../base/able.lab.ts';
import { type BytePath, comparePaths, fromText, systemPath } from '../path.ts';
import { NO_EVENTS } from './eventless.ts';
import { type TreeWatcher, watchTree, WatchThread, type WatchOptions } from './watch-tree.ts';

const ON_LINUX = process.platform === 'linux';
const NOBODY = 65_534;
const IS_ROOT = process.geteuid?.() === 0;
const HAS_BINDFS = spawnSync('bindfs', ['--version']).status === 0;
const LIMIT = '/proc/sys/user/max_inotify_watches';
const CAN_LIMIT =
  ON_LINUX &&
  spawnSync('unshare', ['-Ur', 'sh', '-c', `echo 99 > ${LIMIT}`], { stdio: 'ignore' }).status === 0;

let folder: string;
let root: string;
let watcher: TreeWatcher;
let abort: AbortController;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'watch-'));
  root = join(folder, 'root');
  mkdirSync(root);
  abort = new AbortController();
});
afterEach(async () => {
  abort.abort();
  await watcher?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(options: Partial<WatchOptions> = {}): Promise<void> {
  watcher = await watchTree(root, { signal: abort.signal, quietMs: 30, mostMs: 2000, ...options });
}

/** Waits until all of `wanted` were told. @returns All that was told until then. */
async function told(...wanted: readonly string[]): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  while (!wanted.every((path) => seen.has(path))) {
    const changes = await watcher.next();
    if (changes === undefined) throw new Error('stopped');
    expect(changes.folders).toEqual([...new Set(changes.folders)].toSorted(comparePaths));
    expect(changes.whole).toBeUndefined();
    for (const path of changes.folders) seen.add(path);
  }
  return seen;
}

/** Waits until everything has to be looked at for a reason like `reason`. */
async function toldWhole(reason: RegExp): Promise<void> {
  for (;;) {
    const changes = await watcher.next();
    if (changes === undefined) throw new Error('stopped');
    if (changes.whole !== undefined && reason.test(changes.whole)) return;
  }
}

function folders(...paths: readonly string[]): void {
  for (const path of paths) mkdirSync(join(root, path), { recursive: true });
}
const write = (path: string): void => writeFileSync(join(root, path), 'x');
const rename = (from: string, to: string): void => renameSync(join(root, from), join(root, to));

/** How many folders this process watches, through how many queues. */
function held(): { readonly watches: number; readonly queues: number } {
  const lines = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      if (readlinkSync(`/proc/self/fd/${fd}`) !== 'anon_inode:inotify') return [];
      const info = spawnSync('cat', [`/proc/${process.pid}/fdinfo/${fd}`], { encoding: 'utf8' }).stdout;
      return [info.split('\n').filter((line) => line.startsWith('inotify ')).length];
    } catch {
      return [];
    }
  });
  return { watches: lines.reduce((sum, n) => sum + n, 0), queues: lines.length };
}

describe.each(ON_LINUX ? [false, true] : [true])('watchTree() (native: %s)', (isNative) => {
  it('tells the folder of a file that is made, modified, removed', async () => {
    folders('a/b', 'c');
    await start({ isNative });
    write('a/b/file');
    expect(await told('a/b')).not.toContain('c');
    write('a/b/file');
    await told('a/b');
    rmSync(join(root, 'a/b/file'));
    expect(await told('a/b')).not.toContain('c');
  });

  it('watches the folder that a link leads to', async () => {
    folders('d');
    const link = join(folder, 'link');
    symlinkSync(root, link);
    watcher = await watchTree(link, { signal: abort.signal, quietMs: 30, mostMs: 2000 });
    write('d/file');
    await told('d');
  });

  it('tells the root by the empty path', async () => {
    await start({ isNative });
    write('file');
    await told('');
  });

  it('keeps what happens while nobody waits', async () => {
    folders('a', 'b');
    await start({ isNative });
    write('a/file');
    await told('a');
    write('b/file');
    await told('b');
  });
});

describe.runIf(ON_LINUX)('watchTree()', () => {
  it('tells both folders of a file that moves', async () => {
    folders('a', 'b');
    write('a/file');
    await start();
    rename('a/file', 'b/file');
    await told('a', 'b');
  });

  it('watches a renamed folder under its new path', async () => {
    folders('a/deep/er', 'z');
    await start();
    rename('a', 'z/b');
    await told('', 'z', 'z/b', 'z/b/deep', 'z/b/deep/er');
    write('z/b/deep/er/file');
    expect(await told('z/b/deep/er')).not.toContain('a/deep/er');
  });

  it('tells folders that were swapped apart', async () => {
    folders('a/x', 'b/y');
    await start();
    rename('a', 't');
    rename('b', 'a');
    rename('t', 'b');
    await told('', 'a', 'a/y', 'b', 'b/x');
    write('b/x/file');
    await told('b/x');
    write('a/y/file');
    expect(await told('a/y')).not.toContain('b/x');
  });

  it('watches a folder that is removed and made again', async () => {
    folders('a/b');
    await start();
    for (let i = 0; i < 5; i++) {
      rmSync(join(root, 'a'), { recursive: true });
      folders('a/b');
      await told('a', 'a/b');
      write('a/b/file');
      await told('a/b');
    }
  });

  it('tells all folders that come at once, with what they hold', async () => {
    await start();
    folders('a/b/c/d/e');
    write('a/b/c/d/e/file');
    await told('', 'a', 'a/b', 'a/b/c', 'a/b/c/d', 'a/b/c/d/e');
    write('a/b/c/d/e/file');
    await told('a/b/c/d/e');
  });

  it('watches folders whose names are not UTF-8', async () => {
    const odd = 'caf\xe9/\xff' as BytePath;
    await start();
    mkdirSync(systemPath(root, odd), { recursive: true });
    await told('caf\xe9', odd);
    writeFileSync(systemPath(root, `${odd}/file` as BytePath), 'x');
    await told(odd);
    mkdirSync(systemPath(root, fromText('ü')));
    await told(fromText('ü'));
  });

  it('watches 2,000 folders that are made quickly, and leaves no watch behind', async () => {
    await start();
    const names = Array.from({ length: 2000 }, (_, i) => `d${i % 20}/e${i}`);
    folders(...names);
    await told(...names);
    expect(held().watches).toBe(2021);
    write('d7/e1987/file');
    await told('d7/e1987');
    renameSync(root, join(folder, 'other'));
    mkdirSync(root);
    await toldWhole(/another folder/);
    write('file');
    await told('');
    await expect.poll(() => held().watches, { timeout: 20_000 }).toBe(1);
  });

  it('does not watch what is left out', async () => {
    folders('a', 'node_modules/deep');
    await start({ isLeftOut: (path) => path.endsWith('node_modules') });
    write('node_modules/deep/file');
    folders('a/node_modules/deep');
    write('a/node_modules/deep/file');
    write('a/file');
    const seen = await told('a');
    expect([...seen].filter((path) => path.includes('node_modules'))).toEqual([]);
    expect(held().watches).toBe(2);
  });

  it('says that the root is gone, and watches it when it is back', async () => {
    folders('a');
    await start();
    rmSync(root, { recursive: true });
    await toldWhole(/not there/);
    folders('a');
    await toldWhole(/there again/);
    write('a/file');
    await told('a');
  });

  it('notices another folder in the place of the root', async () => {
    mkdirSync(join(folder, 'other'));
    await start();
    renameSync(root, join(folder, 'old'));
    renameSync(join(folder, 'other'), root);
    await toldWhole(/another folder/);
    folders('a');
    await told('a');
  });

  it('waits for a root that is not there', async () => {
    rmSync(root, { recursive: true });
    await start();
    await toldWhole(/not there/);
    mkdirSync(root);
    await toldWhole(/there again/);
  });

  it.runIf(HAS_OTHER_USERS)('polls a folder that it may not read', async () => {
    folders('a/secret', 'b');
    chmodSync(folder, 0o755);
    chmodSync(join(root, 'a/secret'), 0o700);
    process.seteuid?.(NOBODY);
    try {
      await start({ pollMs: 100 });
      expect([...watcher.polled]).toEqual([['a/secret', 'permission denied']]);
      expect(await told('a/secret')).not.toContain('b');
    } finally {
      process.seteuid?.(0);
    }
    await expect.poll(async () => (await watcher.next(), watcher.polled.size)).toBe(0);
  });

  it.runIf(IS_ROOT && HAS_BINDFS)(
    'looks at everything again and again where there are no events',
    async () => {
      mkdirSync(join(folder, 'real'));
      spawnSync('bindfs', [join(folder, 'real'), root]);
      try {
        await start({ pollMs: 50 });
        expect([...watcher.polled]).toEqual([['', NO_EVENTS]]);
        await toldWhole(/no events/);
        await toldWhole(/no events/);
        await watcher.stop();
      } finally {
        spawnSync('umount', ['-l', root]);
      }
    },
  );

  it.runIf(IS_ROOT && HAS_BINDFS)('polls a folder without events in a tree that has them', async () => {
    folders('real/deep', 'fuse', 'z');
    spawnSync('bindfs', [join(root, 'real'), join(root, 'fuse')]);
    try {
      await start({ pollMs: 50 });
      expect([...watcher.polled]).toEqual(['fuse', 'fuse/deep'].map((path) => [path, NO_EVENTS]));
      expect(await told('fuse', 'fuse/deep')).not.toContain('z');
    } finally {
      spawnSync('umount', ['-l', join(root, 'fuse')]);
    }
  });

  it('ends when it is stopped, with all watches', async () => {
    const before = held().queues;
    await start();
    const waiting = watcher.next();
    await watcher.stop();
    expect(await waiting).toBeUndefined();
    expect(await watcher.next()).toBeUndefined();
    expect(held().queues).toBe(before);
  });

  it('ends when its signal is aborted', async () => {
    await start();
    const waiting = watcher.next();
    abort.abort();
    expect(await waiting).toBeUndefined();
    await expect(watchTree(root, { signal: abort.signal })).rejects.toThrow(/abort/);
  });

  it('fails with what it failed of', async () => {
    await start({
      isLeftOut: () => {
        throw new Error('odd rules');
      },
    });
    folders('a');
    await expect(watcher.next()).rejects.toThrow('odd rules');
  });
});

/** Runs the compiled watcher on `root` in another process, and reads what it tells. */
function otherProcess(before: readonly string[] = []) {
  const code = `
    const { watchTree } = await import(${JSON.stringify(new URL('../../../dist/tree/watching/watch-tree.js', import.meta.url).href)});
    const watcher = await watchTree(${JSON.stringify(root)}, { signal: new AbortController().signal, quietMs: 50, pollMs: 300 });
    console.log(JSON.stringify({ polled: [...watcher.polled] }));
    for (;;) console.log(JSON.stringify({ ...(await watcher.next()), polled: [...watcher.polled] }));`;
  const script = join(folder, 'watch.mjs');
  writeFileSync(script, code);
  const command = [...before, process.execPath, script];
  const child = spawn(command[0] ?? '', command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => (text += more));
  return {
    child,
    text: () => text,
    lines: () =>
      text
        .split('\n')
        .slice(0, -1)
        .map(
          (line) => JSON.parse(line) as { folders?: string[]; whole?: string; polled: [string, string][] },
        ),
    end: async () => {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

function fail(): never {
  throw new Error('not asked');
}

describe('WatchThread', () => {
  it('keeps why all is to be looked at for who asks later', async () => {
    const thread = new WatchThread();
    const options = { signal: abort.signal, quietMs: 30, mostMs: 2000, pollMs: 200 };
    watcher = await thread.watch(root, options);
    const other = await thread.watch(root, options);
    renameSync(root, join(folder, 'elsewhere'));
    mkdirSync(root);
    while ((await other.next())?.whole === undefined);
    write('file');
    while ((await other.next())?.folders.includes('' as BytePath) !== true);
    expect((await watcher.next())?.whole).toBeDefined();
    await other.stop();
  });

  const NAMES = ['a', 'b', 'c'] as const;
  let how: WatchOptions;
  /** Those of this process that were there before, as that of Node's own loop. */
  let others = 0;
  beforeEach(() => {
    how = { signal: abort.signal, quietMs: 30, mostMs: 2000 };
    if (ON_LINUX) others = held().queues;
  });

  function expectHeld(watches: number, queues: number): void {
    if (ON_LINUX) expect(held()).toEqual({ watches, queues: others + queues });
  }

  async function watchAll(): Promise<TreeWatcher[]> {
    const thread = new WatchThread();
    folders(...NAMES);
    return await Promise.all(NAMES.map(async (name) => await thread.watch(join(root, name), how)));
  }

  it('tells each tree what happens in it, and ends one without the others', async () => {
    const [a, b, c] = await watchAll();
    expectHeld(3, 1);
    write('a/file');
    write('c/file');
    expect(await Promise.all([a?.next(), c?.next()])).toEqual([
      { folders: [''], whole: undefined },
      { folders: [''], whole: undefined },
    ]);
    await a?.stop();
    expect(await a?.next()).toBeUndefined();
    expectHeld(2, 1);
    write('b/file');
    expect(await b?.next()).toEqual({ folders: [''], whole: undefined });
    await Promise.all([b?.stop(), c?.stop()]);
    expectHeld(0, 0);
  });

  it('goes on with the others when one of them fails, and begins anew after the last', async () => {
    const thread = new WatchThread();
    folders('a', 'b/below');
    const a = await thread.watch(join(root, 'a'), how);
    await expect(thread.watch(join(root, 'b'), { ...how, isLeftOut: fail })).rejects.toThrow('not asked');
    write('a/file');
    expect(await a.next()).toEqual({ folders: [''], whole: undefined });
    await a.stop();
    const again = await thread.watch(join(root, 'b'), how);
    write('b/below/file');
    expect(await again.next()).toMatchObject({ folders: ['below'] });
    await again.stop();
  });

  it('ends all when the signal aborts', async () => {
    const all = await watchAll();
    abort.abort();
    expect(await Promise.all(all.map(async (one) => await one.next()))).toEqual(NAMES.map(() => undefined));
    await Promise.all(all.map(async (one) => await one.stop()));
    expectHeld(0, 0);
  });
});

describe.runIf(ON_LINUX && existsSync('/proc/sys/fs/inotify'))('a watcher in need', () => {
  it('notices for real that the queue of the system ran over while it was stopped', async () => {
    folders('a', 'b');
    const other = otherProcess();
    try {
      await expect.poll(other.lines, { timeout: 20_000 }).toHaveLength(1);
      other.child.kill('SIGSTOP');
      for (let i = 0; i < 40_000; i++) write(`a/f${i}`);
      folders('c/d');
      other.child.kill('SIGCONT');
      await expect.poll(other.text, { timeout: 20_000 }).toContain('more events than the system holds');
      // The folder whose event was lost is watched.
      await expect.poll(() => (write('c/d/file'), other.text()), { timeout: 20_000 }).toContain('"c/d"');
    } finally {
      await other.end();
    }
  });

  it.runIf(CAN_LIMIT)('polls folders beyond the limit of watches, and says so', async () => {
    folders(...Array.from({ length: 30 }, (_, i) => `d${i}`));
    const other = otherProcess(['unshare', '-Ur', 'sh', '-c', `echo 20 > ${LIMIT}; exec "$@"`, 'sh']);
    try {
      await expect.poll(() => other.lines().length, { timeout: 20_000 }).toBeGreaterThan(2);
      const { polled } = other.lines()[0] ?? { polled: [] };
      expect(polled).toHaveLength(11);
      expect(polled[0]?.[1]).toContain('fs.inotify.max_user_watches');
      expect(other.lines()[1]?.folders).toEqual(polled.map(([path]) => path).toSorted());
    } finally {
      await other.end();
    }
  });
});
