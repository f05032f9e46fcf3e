import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LocalStore } from '../store/local-store.ts';
import { formatInfo, type Info } from './info.ts';
import { appendRun, type RunRecord } from './runs-log.ts';
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

async function file(path: string, content = ''): Promise<void> {
  await mkdir(dirname(join(folder, 'documents', path)), { recursive: true });
  await writeFile(join(folder, 'documents', path), content);
}

/** What a whole snapshot's folder holds, archives first. */
async function makeSnapshot(name = NAME): Promise<string[]> {
  const files = [
    'info.json',
    'index.jsonl.zst',
    'SHA256SUMS',
    'RESTORE.txt',
    `documents-${name}.zip`,
    `documents-${name}-2.zip`,
    'documents-2026-11-18T02-00-00Z.tar.zst',
  ];
  for (const one of files) await file(`${name}/${one}`, one === 'info.json' ? formatInfo(INFO) : '');
  return files;
}

async function names(path = ''): Promise<string[]> {
  return (await readdir(join(folder, 'documents', path))).toSorted();
}

describe('Series.survey()', () => {
  it('finds nothing where there is nothing', async () => {
    expect(await series.survey()).toEqual({ snapshots: [], unfinished: [], damaged: [] });
  });

  it('tells whole snapshots, oldest first, from unfinished and damaged ones', async () => {
    for (const name of ['2026-11-20T02-00-00Z', NAME]) await makeSnapshot(name);
    await file('2026-11-21T02-00-00Z/index.jsonl.zst');
    await file('2026-11-22T02-00-00Z/info.json.part', formatInfo(INFO));
    await file('2026-11-23T02-00-00Z/info.json', '{');
    await file('2026-11-24T02-00-00Z/info.json', '');
    const { snapshots, unfinished, damaged } = await series.survey();
    expect(snapshots).toEqual([
      { name: NAME, at: new Date('2026-11-19T02:00:00Z'), info: INFO },
      { name: '2026-11-20T02-00-00Z', at: new Date('2026-11-20T02:00:00Z'), info: INFO },
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
    expect(await series.survey()).toEqual({ snapshots: [], unfinished: [], damaged: [] });
  });
});

describe('Series.remove()', () => {
  it('removes all that a snapshot has', async () => {
    await makeSnapshot();
    expect(await series.remove(NAME)).toEqual([]);
    expect(await names()).toEqual([]);
  });

  it('removes parts that a run left which was cut short', async () => {
    for (const path of [`documents-${NAME}.zip.part`, 'index.jsonl.zst.part', 'info.json.part']) {
      await file(`${NAME}/${path}`);
    }
    expect(await series.remove(NAME)).toEqual([]);
    expect(await names()).toEqual([]);
  });

  it('removes info.json first', async () => {
    await makeSnapshot();
    const removed: string[] = [];
    const store = new LocalStore(folder);
    const watched = Object.assign(Object.create(store) as LocalStore, {
      list: async (key: string) => await store.list(key),
      removeFolder: async (key: string) => await store.removeFolder(key),
      remove: async (key: string) => {
        removed.push(key);
        await store.remove(key);
      },
    });
    await new Series(watched, 'documents').remove(NAME);
    expect(removed[0]).toBe(`documents/${NAME}/info.json`);
    expect(removed.length).toBeGreaterThan(6);
  });

  it('is no snapshot any more when it is cut short at any step', async () => {
    const store = new LocalStore(folder);
    for (let steps = 1; steps < 8; steps++) {
      await makeSnapshot();
      let left = steps;
      const failing = Object.assign(Object.create(store) as LocalStore, {
        list: async (key: string) => await store.list(key),
        removeFolder: async (key: string) => await store.removeFolder(key),
        remove: async (key: string) => {
          if (left-- === 0) throw new Error('power cut');
          await store.remove(key);
        },
      });
      await expect(new Series(failing, 'documents').remove(NAME)).rejects.toThrow('power cut');
      expect(await series.survey()).toMatchObject({ snapshots: [], unfinished: [NAME] });
      expect(await series.remove(NAME)).toEqual([]);
    }
  });

  it('leaves what this program did not write, says so, and still is no snapshot', async () => {
    await makeSnapshot();
    const foreign = ['notes.txt', `other-${NAME}.zip`, 'info.json.bak'];
    for (const one of foreign) await file(`${NAME}/${one}`);
    await file(`${NAME}/folder/info.json`);
    expect(await series.remove(NAME)).toEqual([...foreign, 'folder'].toSorted());
    expect(await names(NAME)).toEqual([...foreign, 'folder'].toSorted());
    expect(await names(`${NAME}/folder`)).toEqual(['info.json']);
  });

  it('leaves a folder that is called like a file of ours', async () => {
    await file(`${NAME}/SHA256SUMS/mine`);
    expect(await series.remove(NAME)).toEqual(['SHA256SUMS']);
    expect(await names(`${NAME}/SHA256SUMS`)).toEqual(['mine']);
  });

  it('says that a folder stays because of a link in it, wherever that leads', async () => {
    for (const target of ['nowhere', '/etc/passwd']) {
      await makeSnapshot();
      await symlink(target, join(folder, 'documents', NAME, 'link'));
      expect(await series.remove(NAME)).toEqual(['link']);
      expect(await names(NAME)).toEqual(['link']);
      await rm(join(folder, 'documents', NAME), { recursive: true });
    }
  });

  it('touches no other snapshot, and does not mind when there is none', async () => {
    await makeSnapshot();
    const files = await makeSnapshot('2026-11-20T02-00-00Z');
    await series.remove(NAME);
    await series.remove(NAME);
    expect(await names()).toEqual(['2026-11-20T02-00-00Z']);
    expect(await names('2026-11-20T02-00-00Z')).toEqual(files.toSorted());
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

describe('appendRun()', () => {
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
    await appendRun(series, RECORD);
    await appendRun(series, { ...RECORD, outcome: 'unchanged', snapshot: null, error: null });
    expect(await records()).toEqual([
      RECORD,
      { ...RECORD, outcome: 'unchanged', snapshot: null, error: null },
    ]);
  });

  it('begins a line of its own after one that a crash cut short', async () => {
    await file('runs.jsonl', '{"started":"2026-11-1');
    await appendRun(series, RECORD);
    const text = String(await series.store.read(series.key('runs.jsonl')));
    expect(text).toBe(`{"started":"2026-11-1\n${JSON.stringify(RECORD)}\n`);
  });
});
