import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LocalStore } from '../store/local-store.ts';
import type { Store, StoreItem, StoreWriter } from '../store/store.ts';
import type { Entry } from '../tree/entry.ts';
import type { BytePath } from '../tree/path.ts';
import { commitSnapshot } from './commit.ts';
import type { IndexEntry } from './index-line.ts';
import { type Info, parseInfo } from './info.ts';
import { Series } from './series.ts';

const NAME = '2026-11-19T02-00-00Z';
const ARCHIVE = `documents-${NAME}.tar.zst`;
const ARCHIVE_CONTENT = Buffer.from('as good as an archive');

/** Wraps a store: writes down what becomes visible, in order, and fails at the step it is told to. */
class WatchedStore implements Store {
  readonly location: string;
  readonly steps: string[] = [];
  readonly #store: Store;
  readonly #failAt: number;

  constructor(store: Store, failAt = Number.POSITIVE_INFINITY) {
    this.#store = store;
    this.#failAt = failAt;
    this.location = store.location;
  }

  async #step(what: string): Promise<void> {
    if (this.steps.length >= this.#failAt) throw new Error(`power cut before ${what}`);
    this.steps.push(what);
    await Promise.resolve();
  }

  async create(key: string): Promise<StoreWriter> {
    const writer = await this.#store.create(key);
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
      discard: async () => await writer.discard(),
    };
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await this.#step(`put ${key}`);
    await this.#store.put(key, bytes);
  }

  async remove(key: string): Promise<void> {
    await this.#step(`remove ${key}`);
    await this.#store.remove(key);
  }

  async removeFolder(key: string): Promise<boolean> {
    await this.#step(`remove ${key}/`);
    return await this.#store.removeFolder(key);
  }

  async list(key: string): Promise<readonly StoreItem[]> {
    return await this.#store.list(key);
  }

  async read(key: string): Promise<Buffer | undefined> {
    return await this.#store.read(key);
  }

  async readRange(key: string, offset: number, length: number): Promise<Buffer> {
    return await this.#store.readRange(key, offset, length);
  }

  async appendLine(key: string, line: string): Promise<void> {
    await this.#step(`append ${key}`);
    await this.#store.appendLine(key, line);
  }

  async freeBytes(): Promise<number | undefined> {
    return await this.#store.freeBytes();
  }
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
  entry: {
    path: path as BytePath,
    type: 'file',
    size: 1,
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtimeNs: 1n,
    ctimeNs: 2n,
    inode: 3n,
    target: undefined,
    hardlink: undefined,
  } satisfies Entry,
  user: undefined,
  group: undefined,
  hash: Buffer.alloc(32, path),
  at: [0, 1, 2, 3],
  changed: false,
}));

function infoFor(name = 'documents'): Omit<Info, 'index'> {
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

/** As a run does: the archives are there already. */
async function commit(into: Store, items: Iterable<IndexEntry> = ITEMS): Promise<Info> {
  await store.put(`documents/${NAME}/${ARCHIVE}`, ARCHIVE_CONTENT);
  return await commitSnapshot(new Series(into, 'documents'), NAME, infoFor(), items);
}

function* failingItems(): Generator<IndexEntry> {
  yield* ITEMS;
  throw new Error('a bug');
}

describe('commitSnapshot()', () => {
  it('makes a whole snapshot, and says what info.json says', async () => {
    const info = await commit(store);
    const path = join(folder, 'documents', NAME);
    expect(parseInfo(await readFile(join(path, 'info.json'), 'utf8'), 'info.json')).toEqual(info);
    expect((await readdir(path)).toSorted()).toEqual(
      ['RESTORE.txt', 'SHA256SUMS', ARCHIVE, 'index.jsonl.zst', 'info.json'].toSorted(),
    );
    const series = new Series(store, 'documents');
    const { snapshots } = await series.survey();
    expect(snapshots.map(({ name }) => name)).toEqual([NAME]);
    const [snapshot] = snapshots;
    if (snapshot === undefined) throw new Error('no snapshot');
    expect((await series.index(snapshot)).peek()).toEqual(ITEMS[0]);
  });

  it('writes info.json last', async () => {
    const watched = new WatchedStore(store);
    await commit(watched);
    expect(watched.steps.at(-1)).toBe(`put documents/${NAME}/info.json`);
    expect(watched.steps.filter((step) => step.endsWith('info.json'))).toHaveLength(1);
    expect(watched.steps).toContain(`commit documents/${NAME}/index.jsonl.zst`);
  });

  it.each([0, 1, 2, 3, 4])(
    'makes no snapshot when the power fails at step %i, and the next run makes one',
    async (step) => {
      await expect(commit(new WatchedStore(store, step))).rejects.toThrow(/power cut/);
      const series = new Series(store, 'documents');
      expect(await series.survey()).toEqual({ snapshots: [], unfinished: [NAME], damaged: [] });
      expect(await series.remove(NAME)).toEqual([]);
      expect(await readdir(join(folder, 'documents'))).toEqual([]);
      await commit(store);
      expect((await series.survey()).snapshots).toHaveLength(1);
    },
  );

  it('leaves no half index when an entry cannot be written', async () => {
    await expect(commit(store, failingItems())).rejects.toThrow('a bug');
    expect(await readdir(join(folder, 'documents', NAME))).toEqual([ARCHIVE]);
  });

  it('lists every other file of the folder in SHA256SUMS, as sha256sum reads it', async () => {
    await commit(store);
    const path = join(folder, 'documents', NAME);
    const check = (): ReturnType<typeof spawnSync> =>
      spawnSync('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: path, encoding: 'utf8' });
    const { status, stdout, error } = check();
    const files = (await readdir(path)).filter((name) => name !== 'SHA256SUMS').toSorted();
    if (error === undefined) {
      expect(status).toBe(0);
      expect(String(stdout).trimEnd().split('\n').toSorted()).toEqual(
        files.map((name) => `${name}: OK`).toSorted(),
      );
      await writeFile(join(path, ARCHIVE), 'damaged');
      expect(check().status).toBe(1);
    }
    const listed = (await readFile(join(path, 'SHA256SUMS'), 'utf8')).trimEnd().split('\n');
    expect(listed.map((line) => line.slice(66)).toSorted()).toEqual(files);
  });
});
