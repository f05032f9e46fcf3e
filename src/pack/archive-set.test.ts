import type { ArchiveFormat } from '../base/archive-format.ts';
import { mkdtempSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Place } from '../format/contents.ts';
import { isSparse } from '../format/sparse.ts';
import { loadCompressor } from '../format/zstd/zstd.ts';
import { LocalStore } from '../store/local/local-store.ts';
import type { StoreWriter } from '../store/store.ts';
import type { Entry } from '../tree/entry.ts';
import type { BytePath } from '../tree/path.ts';
import { ArchiveSet, type CreateArchive } from './archive-set.ts';
import type { End } from './large-file.ts';

const FORMATS: ArchiveFormat[] = ['tar.zst', 'zip'];

const ENTRY: Entry = {
  path: 'large' as BytePath,
  type: 'file',
  size: 1000,
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtimeNs: 0n,
  ctimeNs: 0n,
  inode: 1n,
  target: undefined,
  hardlink: undefined,
};

const READ: End['outcome'] = { kind: 'read', changed: false, hash: new Uint8Array(32), crc: 0 };

let folder: string;
let store: LocalStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'archive-set-'));
  store = new LocalStore(join(folder, 'store'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function names(): Promise<string[]> {
  return (await store.list('')).map(({ name }) => name);
}

async function create(n: number): ReturnType<CreateArchive> {
  return { file: `${n}`, writer: await store.create(`${n}`) };
}

async function addLarge(set: ArchiveSet, outcome: End['outcome']): Promise<Place | undefined> {
  await set.beginLarge(ENTRY, { kind: 'begin', i: 0, seen: ENTRY });
  await set.addPiece(Buffer.from('as good as a compressed piece'), 1000, () => {});
  return await set.endLarge(outcome);
}

async function ended(set: ArchiveSet): Promise<string[]> {
  const archives = await set.end();
  await set.committed();
  return archives.map(({ file }) => file);
}

describe.each(FORMATS)('archives written as %s', (format) => {
  const opened = async (): Promise<ArchiveSet> => {
    return new ArchiveSet(create, 7, 1, format === 'zip' ? undefined : await loadCompressor());
  };

  it.each<[string, End['outcome']]>([
    ['vanished', { kind: 'vanished', reason: 'vanished' }],
    ['could not be read', { kind: 'unreadable', reason: 'input/output error' }],
    ['is to be read again', { kind: 'again' }],
  ])('are none when the only file %s', async (_, outcome) => {
    const set = await opened();
    expect(await addLarge(set, outcome)).toBeUndefined();
    expect(await names()).toEqual([]);
    expect([await ended(set), await names()]).toEqual([[], []]);
  });

  it('are one, and the same, after the first try at the only file was void', async () => {
    const set = await opened();
    await addLarge(set, { kind: 'again' });
    expect(await addLarge(set, READ)).toMatchObject({ archive: 7, offset: 0 });
    expect([await ended(set), await names()]).toEqual([['0'], ['0']]);
  });

  it('end with the last file that stayed', async () => {
    const set = await opened();
    await addLarge(set, READ);
    await addLarge(set, { kind: 'vanished', reason: 'vanished' });
    expect(await addLarge(set, READ)).toMatchObject({ archive: 8, offset: 0 });
    await addLarge(set, { kind: 'vanished', reason: 'vanished' });
    expect([await ended(set), await names()]).toEqual([
      ['0', '1'],
      ['0', '1'],
    ]);
  });

  it('leave nothing of one that could not be put in its place, and say why', async () => {
    const failure = new Error('the disk is full');
    const failing: CreateArchive = async (n) => {
      const { file, writer } = await create(n);
      const full: StoreWriter = {
        write: async (bytes) => await writer.write(bytes),
        rewind: async (bytes) => await writer.rewind(bytes),
        commit: async () => await Promise.reject(failure),
        discard: async () => await writer.discard(),
      };
      return { file, writer: full };
    };
    const zstd = format === 'zip' ? undefined : await loadCompressor();
    const set = new ArchiveSet(failing, 7, 1, zstd);
    await addLarge(set, READ);
    await set.end();
    await expect(set.committed()).rejects.toBe(failure);
    expect(readdirSync(store.folder)).toEqual([]);
  });
});

it('a file with holes has a place that says so', async () => {
  const set = new ArchiveSet(create, 7, 1, await loadCompressor());
  await set.beginLarge(ENTRY, { kind: 'begin', i: 0, seen: ENTRY, stored: 512 });
  const place = await set.endLarge(READ);
  expect(isSparse(place?.skip ?? 0)).toBe(true);
  await set.discard();
});
