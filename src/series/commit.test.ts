import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { files as systemFiles, interpose } from '../base/file-calls.ts';
import { LocalStore } from '../store/local/local-store.ts';
import { MemoryObjects } from '../store/memory-objects.lab.ts';
import { ObjectStore } from '../store/object-store.ts';
import type { Objects } from '../store/objects.ts';
import type { Store, StoreWriter } from '../store/store.ts';
import { FILE_ENTRY } from '../tree/entry.lab.ts';
import type { BytePath } from '../tree/path.ts';
import { commitSnapshot, type SnapshotParts } from './commit.ts';
import { type DeadMember, formatDead, formatLine, formatNone, type IndexEntry } from './index/index-line.ts';
import { type FileInfo, type Info, parseInfo } from './info.ts';
import { INDEX_FILE, INFO_FILE, RESTORE_FILE, SUMS_FILE } from './names.ts';
import { WrappedStore } from '../store/wrap/wrapped-store.ts';
import { Series, type Snapshot } from './series.ts';

const NAME = '2026-11-19T02-00-00Z';
const ARCHIVE = `documents-${NAME}.tar.zst`;
const ARCHIVE_CONTENT = Buffer.from('as good as an archive');

/** Wraps a store: writes down what becomes visible, in order, and fails at the step it is told to. */
class WatchedStore extends WrappedStore {
  readonly steps: string[] = [];
  readonly #failAt: number;

  constructor(store: Store, failAt = Number.POSITIVE_INFINITY) {
    super(store);
    this.#failAt = failAt;
  }

  async #step(what: string): Promise<void> {
    if (this.steps.length >= this.#failAt) throw new Error(`power cut before ${what}`);
    this.steps.push(what);
    await Promise.resolve();
  }

  override async create(key: string): Promise<StoreWriter> {
    const writer = await this.inner.create(key);
    return {
      write: async (bytes) => {
        await this.#step(`write ${key}`);
        await writer.write(bytes);
      },
      rewind: async (bytes) => await writer.rewind(bytes),
      commit: async () => {
        await this.#step(`commit ${key}`);
        await writer.commit();
      },
      discard: async () => {
        await writer.discard();
        // Nothing is tidied up once the power is gone.
        if (this.steps.length >= this.#failAt) await writeFile(join(this.folder ?? '', `${key}.part`), '');
      },
    };
  }

  override async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.#step(`put ${key}`);
    await this.inner.put(key, bytes);
  }

  override async link(from: string, to: string): Promise<boolean> {
    await this.#step(`link ${to}`);
    return await this.inner.link(from, to);
  }

  override async remove(key: string): Promise<void> {
    await this.#step(`remove ${key}`);
    await this.inner.remove(key);
  }

  override async removeFolder(key: string): Promise<boolean> {
    await this.#step(`remove ${key}/`);
    return await this.inner.removeFolder(key);
  }

  override async appendLine(key: string, line: string): Promise<void> {
    await this.#step(`append ${key}`);
    await this.inner.appendLine(key, line);
  }

  override async freeBytes(): Promise<number | undefined> {
    return await this.inner.freeBytes();
  }
}

/** What ends when a test says so. */
class Held {
  resolve: () => void = () => {};
  reject: (error: Error) => void = () => {};
  readonly promise: Promise<void> = new Promise((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}

/** A place far away that holds what is put, but for info.json, until it is told to go on. */
class HeldObjects extends MemoryObjects {
  /** By name. */
  readonly held = new Map<string, Held>();

  override async put(key: string, bytes: Uint8Array): Promise<void> {
    const name = key.slice(key.lastIndexOf('/') + 1);
    if (name !== INFO_FILE) {
      const held = new Held();
      this.held.set(name, held);
      await held.promise;
    }
    await super.put(key, bytes);
  }
}

async function commitFar(
  objects: Objects,
  archives: Promise<void>,
  index: Iterable<string> = LINES,
  lock?: Parameters<typeof commitSnapshot>[3],
): Promise<Info> {
  const store = new ObjectStore('memory://test', async () => await Promise.resolve(objects));
  const parts = { info: infoFor(), index, changes: undefined, dead: undefined, restore: '#\n' };
  return await commitSnapshot(new Series(store, 'documents'), NAME, parts, lock, archives);
}

async function fail(): Promise<void> {
  await Promise.reject(new Error('no space left'));
}

let folder: string;
let store: LocalStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'commit-'));
  store = new LocalStore(folder);
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const ITEMS: IndexEntry[] = ['a', 'b'].map((path) => ({
  entry: { ...FILE_ENTRY, path: path as BytePath, size: 1 },
  user: undefined,
  group: undefined,
  hash: Buffer.alloc(32, path),
  at: [0, 1, 2, 3],
  changed: false,
}));

function infoFor(name = 'documents'): SnapshotParts['info'] {
  return {
    version: 1,
    tool: 'snapshot 0.1.0',
    name,
    host: 'laptop',
    source: '/home/alice',
    destination: folder,
    time: { started: '2026-11-19T02:00:00.000Z', finished: '2026-11-19T02:00:01.000Z' },
    strategy: 'incremental',
    format: 'tar.zst',
    hash: { algorithm: 'blake3', tree: 'a'.repeat(64), folders: {} },
    count: { files: 2, folders: 0, links: 0 },
    bytes: 2,
    change: { added: 2, modified: 0, removed: 0 },
    previous: null,
    archives: [
      {
        number: 0,
        file: ARCHIVE,
        bytes: ARCHIVE_CONTENT.length,
        sha256: sha256(ARCHIVE_CONTENT),
        entries: 2,
        liveBytes: 2,
      },
    ],
    skipped: [],
  };
}

const LINES = ITEMS.map(formatLine);

/** As a run does: the archives are there already. */
async function commit(into: Store, changes: Partial<SnapshotParts> = {}, name = NAME): Promise<Info> {
  await store.put(`documents/${name}/${ARCHIVE}`, ARCHIVE_CONTENT);
  return await commitSnapshot(new Series(into, 'documents'), name, {
    info: infoFor(),
    index: LINES,
    changes: undefined,
    dead: undefined,
    restore: '# how to restore \xe9\n',
    ...changes,
  });
}

function* failingLines(): Generator<string> {
  yield* LINES;
  throw new Error('a bug');
}

/** What the series has. */
async function survey(): Promise<readonly Snapshot[]> {
  return (await new Series(store, 'documents').survey()).snapshots;
}

/** What SHA256SUMS lists. */
function sumsIn(name: string): string[] {
  const text = readFileSync(join(folder, 'documents', name, 'SHA256SUMS'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.slice(66))
    .toSorted();
}

async function filesIn(name: string): Promise<string[]> {
  const files = await readdir(join(folder, 'documents', name));
  return files.filter((file) => file !== 'SHA256SUMS').toSorted();
}

describe('commitSnapshot()', () => {
  it('makes a whole snapshot, and says what info.json says', async () => {
    const info = await commit(store);
    const path = join(folder, 'documents', NAME);
    expect(parseInfo(await readFile(join(path, 'info.json'), 'utf8'), 'info.json')).toEqual(info);
    expect((await readdir(path)).toSorted()).toEqual(
      ['RESTORE.txt', 'SHA256SUMS', ARCHIVE, 'index.jsonl.zst', 'info.json'].toSorted(),
    );
    const [snapshot] = await survey();
    if (snapshot === undefined) throw new Error('no snapshot');
    expect(snapshot.name).toBe(NAME);
    expect([...(await new Series(store, 'documents').entries(snapshot))]).toEqual(ITEMS);
    expect([info.changes, info.dead]).toEqual([null, null]);
    expect(await readFile(join(path, 'RESTORE.txt'))).toEqual(
      Buffer.from('# how to restore \xe9\n', 'latin1'),
    );
  });

  it('takes the index of an older snapshot and writes what differs, and what is dead', async () => {
    const older = await commit(store);
    const later = '2026-11-20T02-00-00Z';
    const dead: DeadMember = {
      path: 'c' as BytePath,
      size: 1,
      hash: Buffer.alloc(32, 'c'),
      at: [0, 4, 5, 6],
    };
    const series = new Series(store, 'documents');
    const index: FileInfo = await series.share(NAME, older.index, later);
    const changes = [formatNone('a' as BytePath)];
    const info = await commit(store, { index, changes, dead: [formatDead(dead)] }, later);
    expect(info.index).toEqual(older.index);
    expect([info.changes?.file, info.dead?.file]).toEqual(['changes.jsonl.zst', 'dead.jsonl.zst']);
    const snapshot = (await survey()).at(-1);
    if (snapshot === undefined) throw new Error('no snapshot');
    expect([...(await series.entries(snapshot))]).toEqual(ITEMS.slice(1));
    const found: DeadMember[] = [];
    for await (const member of series.dead(snapshot)) found.push(member);
    expect(found).toEqual([dead]);
    expect(sumsIn(later)).toEqual(await filesIn(later));
  });

  it('says in SHA256SUMS where files lie that are in the folder of another snapshot', async () => {
    const older = await commit(store);
    const later = '2026-11-20T02-00-00Z';
    const place = (file: string): string => `${NAME}/${file}`;
    const archives = infoFor().archives.map((archive) => ({ ...archive, file: place(archive.file) }));
    const index = { ...older.index, file: place(older.index.file) };
    await commit(store, { info: { ...infoFor(), archives }, index }, later);
    await rm(join(folder, 'documents', later, ARCHIVE));
    expect(sumsIn(later)).toEqual(
      [`../${NAME}/${ARCHIVE}`, `../${NAME}/index.jsonl.zst`, 'RESTORE.txt', 'info.json'].toSorted(),
    );
    const sha256sum = spawnSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], {
      cwd: join(folder, 'documents', later),
    });
    if (sha256sum.error === undefined) expect(sha256sum.status).toBe(0);
  });

  it('writes info.json last', async () => {
    const watched = new WatchedStore(store);
    await commit(watched);
    expect(watched.steps.at(-1)).toBe(`commit documents/${NAME}/info.json`);
    expect(watched.steps.filter((step) => step.endsWith('info.json'))).toHaveLength(2);
    expect(watched.steps).toContain(`commit documents/${NAME}/index.jsonl.zst`);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])(
    'makes no snapshot when the power fails at step %i, and the next run makes one',
    async (step) => {
      const changes = [formatNone('a' as BytePath)];
      const parts = { changes, dead: [] };
      const series = new Series(store, 'documents');
      await series.begin(NAME);
      await expect(commit(new WatchedStore(store, step), parts)).rejects.toThrow(/power cut/);
      expect(await series.survey()).toMatchObject({ snapshots: [], unfinished: [NAME], damaged: [] });
      expect(await series.remove(NAME, [])).toEqual({ foreign: [], shared: [] });
      expect(await readdir(join(folder, 'documents'))).toEqual([]);
      await commit(store);
      expect((await series.survey()).snapshots).toHaveLength(1);
    },
  );

  // SHA256SUMS without info.json is what a snapshot has that lost it; a part of info.json says otherwise.
  it('has begun info.json before SHA256SUMS is there', async () => {
    const seen: (readonly string[])[] = [];
    const watched = new WatchedStore(store);
    const put = watched.put.bind(watched);
    watched.put = async (key, bytes) => {
      await put(key, bytes);
      seen.push(await readdir(join(folder, 'documents', NAME)));
    };
    await commit(watched);
    expect(seen.at(-1)).toEqual(expect.arrayContaining(['SHA256SUMS', 'info.json.part']));
  });

  // Whatever is left of a commit after a power cut: that name may not be lost where the one of SHA256SUMS is kept.
  it.skipIf(process.platform === 'win32')(
    'has flushed the name of the part of info.json before SHA256SUMS is there',
    async () => {
      const folderOf = join(folder, 'documents', NAME);
      const before = systemFiles;
      onTestFinished(() => interpose(() => before));
      const deeds: string[] = [];
      interpose((calls) => ({
        ...calls,
        open: (async (path: string, flags?: string | number, mode?: number) => {
          const file = await calls.open(path, flags, mode);
          if (path === join(folderOf, 'info.json.part')) deeds.push('begun');
          if (path !== folderOf) return file;
          const sync = file.sync.bind(file);
          file.sync = async () => {
            await sync();
            deeds.push('flushed');
          };
          return file;
        }) as typeof calls.open,
        rename: (async (from: string, to: string) => {
          await calls.rename(from, to);
          if (to === join(folderOf, 'SHA256SUMS')) deeds.push('sums');
        }) as typeof calls.rename,
      }));
      await commit(store);
      expect(deeds.slice(deeds.indexOf('begun'), deeds.indexOf('sums'))).toContain('flushed');
    },
  );

  it('far away, waits for all that it has sent at once, and then writes info.json', async () => {
    const objects = new HeldObjects();
    const archives = new Held();
    // Whether the lock is still there counts when all else is.
    const looked: number[] = [];
    const check = async (): Promise<void> => {
      looked.push(objects.kept.size);
      await Promise.resolve();
    };
    const committing = commitFar(objects, archives.promise, LINES, { check });
    const names = [INDEX_FILE, RESTORE_FILE, SUMS_FILE];
    await vi.waitFor(() => expect([...objects.held.keys()].toSorted()).toEqual(names.toSorted()));
    archives.resolve();
    for (const name of names) {
      expect(objects.kept.size).toBe(names.indexOf(name));
      objects.held.get(name)?.resolve();
      await vi.waitFor(() => expect(objects.kept.size).toBeGreaterThan(names.indexOf(name)));
    }
    await committing;
    expect(looked).toEqual([names.length]);
    expect([...objects.kept.keys()].at(-1)).toBe(`documents/${NAME}/info.json`);
  });

  it.each(['archives', INDEX_FILE, RESTORE_FILE, SUMS_FILE])(
    'far away, makes no snapshot when %s cannot be written, and ends when nothing is under way',
    async (failing) => {
      const objects = new HeldObjects();
      const archives = new Held();
      let isEnded = false;
      const committing = commitFar(objects, archives.promise).finally(() => (isEnded = true));
      const told = expect(committing).rejects.toThrow('no space left');
      await vi.waitFor(() => expect(objects.held.size).toBe(3));
      const all = new Map([...objects.held, ['archives', archives]]);
      all.get(failing)?.reject(new Error('no space left'));
      for (const [name, held] of all) {
        if (name === failing) continue;
        await new Promise(setImmediate);
        expect(isEnded).toBe(false);
        held.resolve();
      }
      await told;
      const left = [...objects.kept.keys()].filter((key) => /info\.json|SHA256SUMS/.test(key));
      expect(left).toEqual([]);
    },
  );

  it('far away, ends only when nothing is under way also where a line cannot be made', async () => {
    const archives = new Held();
    let isEnded = false;
    const committing = commitFar(new HeldObjects(), archives.promise, failingLines()).finally(
      () => (isEnded = true),
    );
    const told = expect(committing).rejects.toThrow('a bug');
    for (let i = 0; i < 20; i++) await new Promise(setImmediate);
    expect(isEnded).toBe(false);
    archives.resolve();
    await told;
  });

  it('leaves neither SHA256SUMS nor a part when info.json cannot be written', async () => {
    const full = new WatchedStore(store);
    const begin = full.create.bind(full);
    full.create = async (key) => {
      const writer = await begin(key);
      return key.endsWith('info.json') ? { ...writer, commit: fail } : writer;
    };
    await expect(commit(full)).rejects.toThrow('no space left');
    const left = await readdir(join(folder, 'documents', NAME));
    expect(left.filter((name) => /^(?:SHA256SUMS|info)/.test(name))).toEqual([]);
  });

  it.each(['index', 'changes', 'dead'] as const)(
    'leaves no half %s when a line cannot be made',
    async (part) => {
      const index: FileInfo = { file: 'index.jsonl.zst', bytes: 1, sha256: 'a'.repeat(64) };
      await expect(commit(store, { index, [part]: failingLines() })).rejects.toThrow('a bug');
      expect(await readdir(join(folder, 'documents', NAME))).toEqual([ARCHIVE]);
    },
  );

  it('lists every other file of the folder in SHA256SUMS, as sha256sum reads it', async () => {
    await commit(store);
    const path = join(folder, 'documents', NAME);
    const check = (): ReturnType<typeof spawnSync> =>
      spawnSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: path, encoding: 'utf8' });
    const { status, stdout, error } = check();
    const files = await filesIn(NAME);
    if (error === undefined) {
      expect(status).toBe(0);
      expect(String(stdout).trimEnd().split('\n').toSorted()).toEqual(
        files.map((name) => `${name}: OK`).toSorted(),
      );
      await writeFile(join(path, ARCHIVE), 'damaged');
      expect(check().status).toBe(1);
    }
    expect(sumsIn(NAME)).toEqual(files);
  });
});
