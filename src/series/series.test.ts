import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SnapshotError } from '../base/errors.ts';
import { LocalStore } from '../store/local/local-store.ts';
import type { Store } from '../store/store.ts';
import { FILE_ENTRY } from '../tree/entry.lab.ts';
import type { BytePath } from '../tree/path.ts';
import { type DeadMember, formatDead, formatLine, formatNone, type IndexEntry } from './index/index-line.ts';
import { type ArchiveInfo, type FileInfo, formatInfo, type Info } from './info.ts';
import { writeLines } from './index/lines.ts';
import { appendRecord, type RunRecord } from './runs-log.ts';
import { Series, type Snapshot } from './series.ts';

const NAME = '2026-11-19T02-00-00Z';
const HASH = 'a'.repeat(64);

const INFO: Info = {
  version: 1,
  tool: 'snapshot 0.1.0',
  name: 'documents',
  host: 'laptop',
  source: '/home/alice',
  destination: '/mnt',
  time: { started: '2026-11-19T02:00:00.000Z', finished: '2026-11-19T02:00:01.000Z' },
  strategy: 'incremental',
  format: 'zip',
  hash: { algorithm: 'blake3', tree: HASH, folders: {} },
  count: { files: 0, folders: 0, links: 0 },
  bytes: 0,
  change: { added: 0, modified: 0, removed: 0 },
  previous: null,
  archives: [],
  index: { file: 'index.jsonl.zst', bytes: 1, sha256: HASH },
  changes: null,
  dead: null,
  skipped: [],
};

let folder: string;
let series: Series;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'series-'));
  series = new Series(new LocalStore(folder), 'documents');
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

function archiveOf(name: string): ArchiveInfo {
  return { number: 0, file: name, bytes: 1, sha256: HASH, entries: 1, liveBytes: 1 };
}

async function file(path: string, content = ''): Promise<void> {
  await mkdir(dirname(join(folder, 'documents', path)), { recursive: true });
  await writeFile(join(folder, 'documents', path), content);
}

/** What a whole snapshot's folder holds, archives first. */
async function makeSnapshot(name = NAME): Promise<string[]> {
  const files = [
    'info.json',
    'index.jsonl.zst',
    'changes.jsonl.zst',
    'dead.jsonl.zst',
    'SHA256SUMS',
    'RESTORE.txt',
    `documents-${name}.zip`,
    `documents-${name}-2.zip`,
    `documents-${name}~tree.zip`,
    'documents-2026-11-18T02-00-00Z.tar.zst',
  ];
  for (const one of files) await file(`${name}/${one}`, one === 'info.json' ? formatInfo(INFO) : '');
  return files;
}

const NOTHING = { snapshots: [], unfinished: [], kept: [], damaged: [], foreign: [], parts: [] };

/** Nothing is left. */
const GONE = { foreign: [], shared: [] };

async function names(path = ''): Promise<string[]> {
  return (await readdir(join(folder, 'documents', path))).toSorted();
}

describe('place()', () => {
  it('has one slash behind the root of a disk', () => {
    expect(new Series(new LocalStore('/'), 'tmp').place('x')).toBe('/tmp/x');
    expect(new Series(new LocalStore('/mnt'), 'tmp').place()).toBe('/mnt/tmp');
  });
});

describe('Series.survey()', () => {
  it('finds nothing where there is nothing', async () => {
    expect(await series.survey()).toEqual(NOTHING);
  });

  it('tells whole snapshots, oldest first, from unfinished and damaged ones', async () => {
    for (const name of ['2026-11-20T02-00-00Z', NAME]) await makeSnapshot(name);
    await file('2026-11-21T02-00-00Z/index.jsonl.zst.part');
    await file('2026-11-22T02-00-00Z/info.json.part', formatInfo(INFO));
    await file('2026-11-23T02-00-00Z/info.json', '{');
    await file('2026-11-24T02-00-00Z/info.json', '');
    const { snapshots, unfinished, damaged } = await series.survey();
    expect(snapshots).toEqual([
      { name: NAME, at: new Date('2026-11-19T02:00:00Z'), info: INFO },
      { name: '2026-11-20T02-00-00Z', at: expect.any(Date), info: INFO },
    ]);
    expect(unfinished).toEqual(['2026-11-21T02-00-00Z', '2026-11-22T02-00-00Z']);
    expect(damaged.map(({ name, error }) => [name, error.code, error.message])).toEqual([
      [
        '2026-11-23T02-00-00Z',
        'E_DAMAGED',
        expect.stringContaining('2026-11-23T02-00-00Z/info.json" is damaged'),
      ],
      ['2026-11-24T02-00-00Z', 'E_DAMAGED', expect.stringContaining('is damaged: it is not JSON')],
    ]);
  });

  it('does not look at what is not a dated folder', async () => {
    for (const path of [
      'runs.jsonl',
      'held.json',
      '2026-11-19T02-00-01Z',
      'mine/info.json',
      '2026/info.json',
    ]) {
      await file(path, formatInfo(INFO));
    }
    expect(await series.survey()).toEqual({ ...NOTHING, foreign: ['2026-11-19T02-00-01Z'] });
  });
});

describe('Series.remove()', () => {
  it('removes all that a snapshot has', async () => {
    await makeSnapshot();
    expect(await series.remove(NAME, [])).toEqual(GONE);
    expect(await names()).toEqual([]);
  });

  it('removes parts that a run left which was cut short', async () => {
    for (const path of [`documents-${NAME}.zip.part`, 'index.jsonl.zst.part', 'info.json.part']) {
      await file(`${NAME}/${path}`);
    }
    expect(await series.remove(NAME, [])).toEqual(GONE);
    expect(await names()).toEqual([]);
  });

  it('says that it is to go, then removes info.json, and that it was to go last', async () => {
    await makeSnapshot();
    const removed: string[] = [];
    const store = new LocalStore(folder);
    const watched = Object.assign(Object.create(store) as LocalStore, {
      list: async (key: string) => await store.list(key),
      put: async (key: string, bytes: Uint8Array) => {
        removed.push(`put ${key}`);
        await store.put(key, bytes);
      },
      removeFolder: async (key: string) => await store.removeFolder(key),
      remove: async (key: string) => {
        removed.push(key);
        await store.remove(key);
      },
    });
    await new Series(watched, 'documents').remove(NAME, []);
    expect(removed.slice(0, 2)).toEqual([`put documents/${NAME}/LET-GO`, `documents/${NAME}/info.json`]);
    expect(removed.at(-1)).toBe(`documents/${NAME}/LET-GO`);
    expect(removed.length).toBeGreaterThan(6);
  });

  it('is no snapshot any more when it is cut short at any step', async () => {
    const store = new LocalStore(folder);
    for (let steps = 1; steps < 8; steps++) {
      await makeSnapshot();
      let left = steps;
      const failing = Object.assign(Object.create(store) as LocalStore, {
        list: async (key: string) => await store.list(key),
        put: async (key: string, bytes: Uint8Array) => await store.put(key, bytes),
        removeFolder: async (key: string) => await store.removeFolder(key),
        remove: async (key: string) => {
          if (left-- === 0) throw new Error('power cut');
          await store.remove(key);
        },
      });
      await expect(new Series(failing, 'documents').remove(NAME, [])).rejects.toThrow('power cut');
      expect(await series.survey()).toMatchObject({ snapshots: [], unfinished: [NAME] });
      expect(await series.remove(NAME, [])).toEqual(GONE);
    }
  });

  it('says of an unfinished one that it is one to the end, where there is no room to say that it is to go', async () => {
    const store = new LocalStore(folder);
    for (let steps = 1; steps < 5; steps++) {
      for (const name of ['UNFINISHED', `documents-${NAME}.zip`, `documents-${NAME}-2.zip`, 'RESTORE.txt'])
        await file(`${NAME}/${name}`);
      let left = steps;
      const full = Object.assign(Object.create(store) as LocalStore, {
        list: async (key: string) => await store.list(key),
        put: async () => await Promise.reject(new SnapshotError('E_SPACE', 'full')),
        removeFolder: async (key: string) => await store.removeFolder(key),
        remove: async (key: string) => {
          await store.remove(key);
          if (left-- === 0) throw new Error('cannot flush');
        },
      });
      await expect(new Series(full, 'documents').remove(NAME, [])).rejects.toThrow('cannot flush');
      if (steps < 4)
        expect(await series.survey()).toMatchObject({ snapshots: [], damaged: [], unfinished: [NAME] });
      await rm(join(folder, 'documents', NAME), { recursive: true, force: true });
    }
  });

  it('goes whole, where there is no room to say that it is to go, nor to flush what went', async () => {
    const store = new LocalStore(folder);
    await makeSnapshot();
    const full = Object.assign(Object.create(store) as LocalStore, {
      list: async (key: string) => await store.list(key),
      put: async () => await Promise.reject(new SnapshotError('E_SPACE', 'full')),
      removeFolder: async (key: string) => await store.removeFolder(key),
      remove: async (key: string) => {
        await store.remove(key);
        throw new SnapshotError('E_SPACE', 'cannot flush');
      },
    });
    expect(await new Series(full, 'documents').remove(NAME, [])).toEqual(GONE);
    expect(await names()).toEqual([]);
  });

  it('stays as it is where its listing was empty, wrongly', async () => {
    const store = new LocalStore(folder);
    const files = await makeSnapshot();
    let isFirst = true;
    const lying = Object.assign(Object.create(store) as LocalStore, {
      list: async (key: string) => {
        const items = isFirst ? [] : await store.list(key);
        isFirst = false;
        return items;
      },
      remove: async (key: string) => await store.remove(key),
      removeFolder: async (key: string) => await store.removeFolder(key),
    });
    await expect(new Series(lying, 'documents').remove(NAME, [])).rejects.toThrow('is still there');
    expect(await names(NAME)).toEqual(files.toSorted());
  });

  it.each(['info.json', 'RESTORE.txt', 'index.jsonl.zst'])(
    'goes with the next try when the answer for its %s was wrong: that it was not there',
    async (name) => {
      const store = new LocalStore(folder);
      const files = await makeSnapshot();
      const lying = Object.assign(Object.create(store) as LocalStore, {
        list: async (key: string) => await store.list(key),
        put: async (key: string, bytes: Uint8Array) => await store.put(key, bytes),
        removeFolder: async (key: string) => await store.removeFolder(key),
        remove: async (key: string) => {
          if (!key.endsWith(name)) await store.remove(key);
        },
      });
      const removing = new Series(lying, 'documents').remove(NAME, []);
      await expect(removing).rejects.toThrow(`${name}" is still there, after it was removed`);
      const left = (await readdir(join(folder, 'documents', NAME))).toSorted();
      expect(left).toContain('LET-GO');
      // As long as it says that it is a snapshot, it is a whole one.
      if (name === 'info.json') expect(left).toEqual([...files, 'LET-GO'].toSorted());
      expect(await series.remove(NAME, [])).toEqual(GONE);
      expect(await names()).toEqual([]);
    },
  );

  it('leaves what this program did not write, says so, and still is no snapshot', async () => {
    await makeSnapshot();
    const foreign = ['notes.txt', `other-${NAME}.zip`, 'info.json.bak'];
    for (const one of foreign) await file(`${NAME}/${one}`);
    await file(`${NAME}/folder/info.json`);
    expect(await series.remove(NAME, [])).toEqual({ foreign: [...foreign, 'folder'].toSorted(), shared: [] });
    expect(await names(NAME)).toEqual([...foreign, 'folder'].toSorted());
    expect(await names(`${NAME}/folder`)).toEqual(['info.json']);
  });

  it('leaves a folder that is called like a file of ours', async () => {
    await file(`${NAME}/SHA256SUMS/mine`);
    expect(await series.remove(NAME, [])).toEqual({ foreign: ['SHA256SUMS'], shared: [] });
    expect(await names(`${NAME}/SHA256SUMS`)).toEqual(['mine']);
  });

  it('says that a folder stays because of a link in it, wherever that leads', async () => {
    for (const target of ['nowhere', '/etc/passwd']) {
      await makeSnapshot();
      await symlink(target, join(folder, 'documents', NAME, 'link'));
      expect(await series.remove(NAME, [])).toEqual({ foreign: ['link'], shared: [] });
      expect(await names(NAME)).toEqual(['link']);
      await rm(join(folder, 'documents', NAME), { recursive: true });
    }
  });

  it('touches no other snapshot, and does not mind when there is none', async () => {
    await makeSnapshot();
    const files = await makeSnapshot('2026-11-20T02-00-00Z');
    await series.remove(NAME, []);
    await series.remove(NAME, []);
    expect(await names()).toEqual(['2026-11-20T02-00-00Z']);
    expect(await names('2026-11-20T02-00-00Z')).toEqual(files.toSorted());
  });
});

/** A snapshot that names these files. */
function naming(name: string, files: Partial<Info>): Snapshot {
  return { name, at: new Date(), info: { ...INFO, ...files } };
}

describe('Series.remove(), of what is shared by name', () => {
  const [FIRST, SECOND, THIRD] = [NAME, '2026-11-20T02-00-00Z', '2026-11-21T02-00-00Z'] as const;

  it('stays as it is where others need some of it, and there is no room to say that it is to go', async () => {
    const files = await makeSnapshot(FIRST);
    const second = naming(SECOND, { archives: [archiveOf(`${FIRST}/documents-${FIRST}.zip`)] });
    const store = new LocalStore(folder);
    const full = Object.assign(Object.create(store) as LocalStore, {
      list: async (key: string) => await store.list(key),
      put: async () => await Promise.reject(new SnapshotError('E_SPACE', 'full')),
      remove: async (key: string) => await store.remove(key),
    });
    const removing = new Series(full, 'documents').remove(FIRST, [naming(FIRST, {}), second]);
    await expect(removing).rejects.toMatchObject({ code: 'E_SPACE' });
    expect(await names(FIRST)).toEqual(files.toSorted());
  });

  it('leaves what another snapshot names, and removes it once none does', async () => {
    await makeSnapshot(FIRST);
    const archive = `documents-${FIRST}.zip`;
    const fileOf = (name: string): FileInfo => ({ ...INFO.index, file: `${FIRST}/${name}` });
    const second = naming(SECOND, { archives: [archiveOf(`${FIRST}/${archive}`)] });
    const third = naming(THIRD, {
      index: fileOf('index.jsonl.zst'),
      changes: fileOf('changes.jsonl.zst'),
      dead: fileOf('dead.jsonl.zst'),
    });
    const lines = ['changes.jsonl.zst', 'dead.jsonl.zst', 'index.jsonl.zst'];
    expect(await series.remove(FIRST, [naming(FIRST, {}), second, third])).toEqual({
      foreign: [],
      shared: [...lines, archive].toSorted(),
    });
    expect(await names(FIRST)).toEqual([...lines, archive, 'LET-GO'].toSorted());
    expect((await series.survey()).unfinished).toEqual([FIRST]);
    expect(await series.remove(FIRST, [third])).toEqual({ foreign: [], shared: lines });
    expect(await names(FIRST)).toEqual(['LET-GO', ...lines]);
    expect(await series.remove(FIRST, [])).toEqual(GONE);
    expect(await names()).toEqual([]);
  });

  it('does not count what the snapshot itself names', async () => {
    await makeSnapshot(FIRST);
    const itself = naming(FIRST, { archives: [archiveOf(`${FIRST}/documents-${FIRST}.zip`)] });
    expect(await series.remove(FIRST, [itself])).toEqual(GONE);
  });

  it('does not count files of that name in folders of others', async () => {
    await makeSnapshot(FIRST);
    const other = naming(THIRD, { archives: [archiveOf(`${SECOND}/documents-${FIRST}.zip`)] });
    expect(await series.remove(FIRST, [other, naming(SECOND, {})])).toEqual(GONE);
  });

  it('tells what is not ours from what is shared', async () => {
    await makeSnapshot(FIRST);
    await file(`${FIRST}/notes.txt`);
    const second = naming(SECOND, { archives: [archiveOf(`${FIRST}/documents-${FIRST}.zip`)] });
    const left = { foreign: ['notes.txt'], shared: [`documents-${FIRST}.zip`] };
    expect(await series.remove(FIRST, [second])).toEqual(left);
    expect(await names(FIRST)).toEqual(['LET-GO', `documents-${FIRST}.zip`, 'notes.txt']);
  });

  it('knows whether a series shares by name at all', () => {
    expect(series.sharesByName([])).toBe(false);
    expect(series.sharesByName([naming(FIRST, { archives: [archiveOf('a.zip')] })])).toBe(false);
    for (const files of [
      { archives: [archiveOf('a.zip'), archiveOf(`${FIRST}/a.zip`)] },
      { index: { ...INFO.index, file: `${FIRST}/index.jsonl.zst` } },
      { changes: { ...INFO.index, file: `${FIRST}/changes.jsonl.zst` } },
      { dead: { ...INFO.index, file: `${FIRST}/dead.jsonl.zst` } },
    ]) {
      expect(series.sharesByName([naming(FIRST, {}), naming(SECOND, files)])).toBe(true);
    }
  });
});

/** A store without hard links: on FAT, on some file servers. Counts how often one was tried. */
function withoutLinks(store: Store): { store: Store; tries: () => number } {
  let tries = 0;
  const wrapped = new Proxy<Store>(store, {
    get: (_, key: keyof Store) => {
      if (key === 'link')
        return async () => {
          tries++;
          return await Promise.resolve(false);
        };
      const value = store[key];
      return typeof value === 'function' ? value.bind(store) : value;
    },
  });
  return { store: wrapped, tries: () => tries };
}

describe('Series.share()', () => {
  const [FIRST, SECOND, THIRD] = [NAME, '2026-11-20T02-00-00Z', '2026-11-21T02-00-00Z'] as const;
  const ARCHIVE = `documents-${FIRST}.zip`;

  it('gives each snapshot a name of its own for the same file, and keeps all else that is said of it', async () => {
    await file(`${FIRST}/${ARCHIVE}`, 'content');
    const archive = { ...archiveOf(ARCHIVE), number: 5 };
    expect(await series.share(FIRST, archive, SECOND)).toEqual(archive);
    const path = (name: string): string => join(folder, 'documents', name, ARCHIVE);
    expect((await stat(path(SECOND))).ino).toBe((await stat(path(FIRST))).ino);
    expect(await series.remove(FIRST, [])).toEqual(GONE);
    expect(await readFile(path(SECOND), 'utf8')).toBe('content');
  });

  it('makes a link in the own folder as well of what lies in the folder of a third', async () => {
    await file(`${FIRST}/${ARCHIVE}`, 'content');
    const shared = await series.share(SECOND, archiveOf(`${FIRST}/${ARCHIVE}`), THIRD);
    expect(shared.file).toBe(ARCHIVE);
    expect(await readFile(join(folder, 'documents', THIRD, ARCHIVE), 'utf8')).toBe('content');
  });

  it('says where the file lies when there are no hard links, and tries no second time', async () => {
    await file(`${FIRST}/${ARCHIVE}`, 'content');
    const { store, tries } = withoutLinks(new LocalStore(folder));
    const poor = new Series(store, 'documents');
    const second = await poor.share(FIRST, archiveOf(ARCHIVE), SECOND);
    expect(second).toEqual(archiveOf(`${FIRST}/${ARCHIVE}`));
    const third = await poor.share(SECOND, second, THIRD);
    expect(third).toEqual(second);
    expect(tries()).toBe(1);
    expect(await names()).toEqual([FIRST]);
    expect(poor.keyOf(THIRD, third)).toBe(`documents/${FIRST}/${ARCHIVE}`);
    expect(poor.keyOf(FIRST, { file: ARCHIVE })).toBe(`documents/${FIRST}/${ARCHIVE}`);
  });
});

describe('Series.finished()', () => {
  it('names whole archives with content of that snapshot, oldest first', async () => {
    expect(await series.finished(NAME)).toEqual([]);
    for (const name of [
      `documents-${NAME}.zip`,
      `documents-${NAME}-2.zip`,
      `documents-${NAME}-10.zip`,
      `documents-${NAME}-11.zip.part`,
      `documents-${NAME}~tree.zip`,
      'documents-2026-11-18T02-00-00Z.zip',
      'index.jsonl.zst',
      'notes.txt',
      `documents-${NAME}-3.zip/inside`,
    ]) {
      await file(`${NAME}/${name}`);
    }
    expect(await series.finished(NAME)).toEqual(['', '-2', '-10'].map((n) => `documents-${NAME}${n}.zip`));
  });
});

/** Of the file `path`, with content in an archive. */
function itemOf(
  path: string,
  archive: number,
  more: Partial<IndexEntry> = {},
  hardlink?: string,
): IndexEntry {
  return {
    entry: {
      ...FILE_ENTRY,
      path: path as BytePath,
      size: path.length,
      hardlink: hardlink as BytePath | undefined,
    },
    user: undefined,
    group: undefined,
    hash: Buffer.alloc(32, path),
    at: [archive, 1, 2, 3],
    changed: false,
    ...more,
  };
}

function deadOf(path: string, archive: number): DeadMember {
  return { path: path as BytePath, size: path.length, hash: Buffer.alloc(32, path), at: [archive, 1, 2, 3] };
}

/** Writes a file of lines into the snapshot. */
async function linesFile(name: string, lines: readonly string[]): Promise<FileInfo> {
  const writer = await series.store.create(series.key(NAME, name));
  const written = await writeLines(lines, writer);
  await writer.commit();
  return { file: name, ...written };
}

async function all<T>(generator: AsyncGenerator<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of generator) found.push(item);
  return found;
}

async function whole(): Promise<Snapshot> {
  const items = [
    itemOf('a', 1),
    itemOf('b', 2, { member: 'old/b' as BytePath }),
    itemOf('c', 12),
    itemOf('e', 1, {}, 'a'),
    // No place of its own, for all that its name says.
    itemOf('"at":[1,', 2),
  ];
  const [index, changes, dead] = [
    await linesFile('index.jsonl.zst', items.map(formatLine)),
    await linesFile('changes.jsonl.zst', [formatNone('b' as BytePath), formatLine(itemOf('d', 1))]),
    await linesFile('dead.jsonl.zst', [deadOf('x', 1), deadOf('y', 2)].map(formatDead)),
  ];
  return { name: NAME, at: new Date(), info: { ...INFO, format: 'tar.zst', index, changes, dead } };
}

describe('Series.dead() and Series.contentsOf()', () => {
  it('gives what no entry has', async () => {
    const snapshot = await whole();
    expect(await all(series.dead(snapshot))).toEqual([deadOf('x', 1), deadOf('y', 2)]);
    expect(await all(series.dead({ ...snapshot, info: { ...snapshot.info, dead: null } }))).toEqual([]);
  });

  it('gives what the archives hold, live or dead, by the names of the members', async () => {
    const snapshot = await whole();
    const contents = async (...archives: number[]): Promise<string[]> =>
      (await all(series.contentsOf(snapshot, new Set(archives)))).map(({ path, at }) => `${path} ${at[0]}`);
    expect(await contents()).toEqual([]);
    expect(await contents(7)).toEqual([]);
    expect(new Set(await contents(1))).toEqual(new Set(['a 1', 'd 1', 'x 1']));
    expect(await contents(2)).toEqual(['old/b 2', '"at":[1, 2', 'y 2']);
    expect(await contents(12, 2)).toEqual(['old/b 2', 'c 12', '"at":[1, 2', 'y 2']);
    // There, each name of a file has content of its own.
    const zip: Snapshot = { ...snapshot, info: { ...snapshot.info, format: 'zip' } };
    const inZip = (await all(series.contentsOf(zip, new Set([1])))).map(({ path }) => path);
    expect(new Set(inZip)).toEqual(new Set(['a', 'd', 'e', 'x']));
    const [found] = await all(series.contentsOf(snapshot, new Set([12])));
    expect(found).toEqual(deadOf('c', 12));
  });

  it('refuses files that are missing or damaged, with the name of the file', async () => {
    const snapshot = await whole();
    const path = join(folder, 'documents', NAME, 'dead.jsonl.zst');
    await writeFile(path, 'other');
    const message = expect.stringContaining(`"${path}" is damaged`) as string;
    const damaged = { code: 'E_DAMAGED', message };
    await expect(all(series.dead(snapshot))).rejects.toMatchObject(damaged);
    await expect(all(series.contentsOf(snapshot, new Set([1])))).rejects.toMatchObject(damaged);
    await rm(path);
    const missing = { code: 'E_DAMAGED', message: `"${path}" is missing` };
    await expect(all(series.dead(snapshot))).rejects.toMatchObject(missing);
  });
});

describe('Series.index()', () => {
  const snapshot: Snapshot = { name: NAME, at: new Date(), info: INFO };

  it('says when the index is missing', async () => {
    await file(`${NAME}/info.json`, formatInfo(INFO));
    await expect(series.index(snapshot)).rejects.toMatchObject({
      code: 'E_DAMAGED',
      message: `"${folder}/documents/${NAME}/index.jsonl.zst" is missing`,
    });
  });

  it('lays the changes over the index, also one that lies in the folder of another snapshot', async () => {
    const items = [itemOf('a', 0), itemOf('b', 0)];
    const index = await linesFile('index.jsonl.zst', items.map(formatLine));
    const changes = await linesFile('changes.jsonl.zst', [formatNone('a' as BytePath)]);
    const inFirst = (one: FileInfo): FileInfo => ({ ...one, file: `${NAME}/${one.file}` });
    const info = { ...INFO, index: inFirst(index), changes: inFirst(changes) };
    const later = { name: '2026-11-20T02-00-00Z', at: new Date(), info };
    expect([...(await series.entries(later))]).toEqual(items.slice(1));
    await rm(join(folder, 'documents', NAME, 'changes.jsonl.zst'));
    await expect(series.index(later)).rejects.toMatchObject({
      code: 'E_DAMAGED',
      message: `"${folder}/documents/${NAME}/changes.jsonl.zst" is missing`,
    });
  });

  it('says when the index is another one than info.json says', async () => {
    await makeSnapshot();
    await expect(series.index(snapshot)).rejects.toMatchObject({
      code: 'E_DAMAGED',
      message: expect.stringContaining('its SHA-256 is not what info.json says') as string,
    });
  });
});

async function records(): Promise<unknown[]> {
  const text = String(await series.store.read(series.key('runs.jsonl')));
  expect(text.endsWith('\n')).toBe(true);
  return text
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

describe('appendRecord()', () => {
  const RECORD: RunRecord = {
    started: '2026-11-19T02:00:00.000Z',
    finished: '2026-11-19T02:00:01.000Z',
    outcome: 'written',
    snapshot: NAME,
    change: { added: 1, modified: 2, removed: 3 },
    bytes: 10,
    newBytes: 5,
    skipped: 0,
    guards: ['mass-change'],
    error: 'two\nlines',
    removed: [],
  };

  it('adds one line of JSON per run', async () => {
    await appendRecord(series, RECORD);
    await appendRecord(series, { ...RECORD, outcome: 'unchanged', snapshot: null, error: null });
    expect(await records()).toEqual([
      RECORD,
      { ...RECORD, outcome: 'unchanged', snapshot: null, error: null },
    ]);
  });

  it('begins a line of its own after one that a crash cut short', async () => {
    await file('runs.jsonl', '{"started":"2026-11-1');
    await appendRecord(series, RECORD);
    const text = String(await series.store.read(series.key('runs.jsonl')));
    expect(text).toBe(`{"started":"2026-11-1\n${JSON.stringify(RECORD)}\n`);
  });
});
