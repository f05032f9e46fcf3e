import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import { newIdentity } from '../../format/age/keys.ts';
import { testStore } from '../../store/contract.lab.ts';
import { FolderObjects } from '../../store/local/folder-objects.ts';
import { MemoryObjects } from '../../store/memory-objects.lab.ts';
import { ObjectStore } from '../../store/object-store.ts';
import type { Objects } from '../../store/objects.ts';
import { recipientsOf, stubFor } from './stub.ts';
import type { Store } from '../../store/store.ts';
import { parseSums } from '../sums.ts';
import { CryptObjects } from './crypt-objects.ts';
import { isPlain } from './crypt-names.ts';
import { isForSame, type Keys } from './keys.ts';

const { identity } = newIdentity();
const keys: Keys = {
  recipients: [identity.recipient],
  identities: async () => await Promise.resolve([identity]),
};

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'snapshot-crypt-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

function encrypted(objects: Objects, identities: Keys['identities'] = keys.identities): Store {
  const store = new ObjectStore(
    objects.label,
    async () => await Promise.resolve(new CryptObjects(objects, { ...keys, identities })),
  );
  onTestFinished(async () => await store.close());
  return store;
}

testStore('folder, encrypted', async () => await Promise.resolve(encrypted(new FolderObjects(folder()))));
testStore('place far away, encrypted', async () => await Promise.resolve(encrypted(new MemoryObjects())));

const DAY = 's/2026-11-19T02-00-00Z';

/** What a snapshot is made of, in the order in which it is written. */
async function writeSnapshot(store: Store): Promise<void> {
  await store.put(`${DAY}/a.tar.zst`, Buffer.from('an archive'));
  await store.put(`${DAY}/SHA256SUMS`, Buffer.from(`${'0'.repeat(64)}  a.tar.zst\n`));
  await store.put(`${DAY}/info.json`, Buffer.from('{"version":1}'));
}

/** SHA256SUMS for all to see names these files, and says what is stored. */
function expectSums(objects: MemoryObjects, day: string, files: readonly string[]): void {
  const sums = parseSums(String(objects.kept.get(`${day}/SHA256SUMS`)?.bytes), 'SHA256SUMS');
  expect([...sums.keys()]).toEqual(files);
  for (const [file, sum] of sums) {
    const bytes = objects.kept.get(posix.join(day, file))?.bytes ?? '';
    expect(createHash('sha256').update(bytes).digest('hex'), file).toBe(sum);
  }
}

function names(objects: MemoryObjects): readonly string[] {
  return [...objects.kept.keys()].map((key) => key.replace(`${DAY}/`, ''));
}

async function listed(store: Store, key: string): Promise<readonly string[]> {
  return (await store.list(key)).map(({ name }) => name);
}

describe('an encrypted snapshot', () => {
  it('is there with its true info.json, which comes last', async () => {
    const objects = new MemoryObjects();
    const store = encrypted(objects);
    await writeSnapshot(store);
    expect(names(objects)).toEqual([
      'a.tar.zst.age',
      'SHA256SUMS.age',
      'SHA256SUMS',
      'info.json',
      'info.json.age',
    ]);
    expect(await listed(store, DAY)).toEqual(['SHA256SUMS', 'a.tar.zst', 'info.json']);
    expect(String(await store.read(`${DAY}/info.json`))).toBe('{"version":1}');
    expect(recipientsOf(objects.kept.get(`${DAY}/info.json`)?.bytes)).toEqual([identity.recipient.text]);
  });

  it('that was cut short right before has begun its info.json, and no more', async () => {
    const objects = new MemoryObjects();
    await writeSnapshot(encrypted(objects));
    objects.kept.delete(`${DAY}/info.json.age`);
    const store = encrypted(objects);
    expect(await store.read(`${DAY}/info.json`)).toBeUndefined();
    expect(await listed(store, DAY)).toEqual(['SHA256SUMS', 'a.tar.zst', 'info.json.part']);
    for (const name of await listed(store, DAY)) await store.remove(`${DAY}/${name}`);
    expect(names(objects)).toEqual([]);
  });

  it.each(['info.json', 'SHA256SUMS'])(
    'goes with both of its two %s, the one for all to see first',
    async (name) => {
      const objects = new MemoryObjects();
      const store = encrypted(objects);
      await writeSnapshot(store);
      const gone: string[] = [];
      const remove = objects.remove.bind(objects);
      objects.remove = async (key) => {
        gone.push(key);
        await remove(key);
      };
      await store.list(DAY);
      await store.remove(`${DAY}/${name}`);
      expect(gone).toEqual([`${DAY}/${name}`, `${DAY}/${name}.age`]);
    },
  );

  it('has check sums of what is stored, also of an archive that another process has written', async () => {
    const objects = new MemoryObjects();
    await encrypted(objects).put(`${DAY}/a.tar.zst`, Buffer.from('an archive'));
    const store = encrypted(objects);
    await store.put(`${DAY}/SHA256SUMS`, Buffer.from(`${'0'.repeat(64)}  a.tar.zst\n`));
    await store.put(`${DAY}/info.json`, Buffer.from('{}'));
    expectSums(objects, DAY, ['a.tar.zst.age', 'SHA256SUMS.age', 'info.json.age']);
  });

  it('has check sums of what a repair has written anew, and of what it has left', async () => {
    const objects = new MemoryObjects();
    await writeSnapshot(encrypted(objects));
    // Another process, and so other keys.
    const store = encrypted(objects);
    await store.put(`${DAY}/RESTORE.txt`, Buffer.from('anew'));
    const text = ['a.tar.zst', 'RESTORE.txt'].map((file) => `${'0'.repeat(64)}  ${file}\n`);
    await store.put(`${DAY}/SHA256SUMS`, Buffer.from(text.join('')));
    await store.put(`${DAY}/info.json`, Buffer.from('{"version":2}'));
    expectSums(objects, DAY, ['a.tar.zst.age', 'RESTORE.txt.age', 'SHA256SUMS.age', 'info.json.age']);
  });

  it('reads no old archive for its check sums, also where the folder of that was rotated out', async () => {
    const objects = new MemoryObjects();
    await writeSnapshot(encrypted(objects));
    const later = async (day: string): Promise<void> => {
      const store = encrypted(objects);
      await store.put(`s/${day}/b.tar.zst`, Buffer.from('more'));
      const files = ['b.tar.zst', `../${DAY.slice(2)}/a.tar.zst`];
      const text = files.map((file) => `${'0'.repeat(64)}  ${file}\n`).join('');
      await store.put(`s/${day}/SHA256SUMS`, Buffer.from(text));
      await store.put(`s/${day}/info.json`, Buffer.from('{}'));
    };
    const get = objects.get.bind(objects);
    objects.get = async (key, range) => {
      expect(key).not.toContain('a.tar.zst');
      return await get(key, range);
    };
    await later('2026-11-20T02-00-00Z');
    for (const name of ['info.json', 'info.json.age', 'SHA256SUMS', 'SHA256SUMS.age'])
      objects.kept.delete(`${DAY}/${name}`);
    await later('2026-11-21T02-00-00Z');
    const archive = `../${DAY.slice(2)}/a.tar.zst.age`;
    const files = ['b.tar.zst.age', archive, 'SHA256SUMS.age', 'info.json.age'];
    expectSums(objects, 's/2026-11-21T02-00-00Z', files);
    // It was stored anew since, encrypted with another key: the newest ones are right.
    const old = 's/2026-11-20T02-00-00Z/SHA256SUMS';
    const text = String(objects.kept.get(old)?.bytes).replace(/[0-9a-f]{64}(?=  \.\.\/)/, '0'.repeat(64));
    await objects.put(old, Buffer.from(text));
    await later('2026-11-22T02-00-00Z');
    expectSums(objects, 's/2026-11-22T02-00-00Z', files);
  });

  it('has check sums also where those of an older one are damaged', async () => {
    const objects = new MemoryObjects();
    await writeSnapshot(encrypted(objects));
    await objects.put(`${DAY}/SHA256SUMS`, Buffer.from('no check sums\n'));
    const [store, day] = [encrypted(objects), 's/2026-11-20T02-00-00Z'];
    const text = `${'0'.repeat(64)}  ../${DAY.slice(2)}/a.tar.zst\n`;
    await store.put(`${day}/SHA256SUMS`, Buffer.from(text));
    await store.put(`${day}/info.json`, Buffer.from('{}'));
    expectSums(objects, day, [`../${DAY.slice(2)}/a.tar.zst.age`, 'SHA256SUMS.age', 'info.json.age']);
  });

  it('is damaged where it is cut short, also in its first line', async () => {
    const objects = new MemoryObjects();
    await writeSnapshot(encrypted(objects));
    const { bytes = Buffer.alloc(0) } = objects.kept.get(`${DAY}/a.tar.zst.age`) ?? {};
    for (const length of [0, 5, 100, bytes.length - 30, bytes.length - 1]) {
      await objects.put(`${DAY}/a.tar.zst.age`, Buffer.from(bytes.subarray(0, length)));
      await expect(encrypted(objects).read(`${DAY}/a.tar.zst`), String(length)).rejects.toMatchObject({
        code: 'E_DAMAGED',
      });
    }
  });

  it('has sizes that are those of its content, whoever asks', async () => {
    const objects = new MemoryObjects();
    const sizes = [0, 1, 65_535, 65_536, 65_537, 1_500_000];
    const writing = encrypted(objects);
    for (const size of sizes) await writing.put(`${DAY}/${size}`, Buffer.alloc(size));
    const store = encrypted(objects);
    for (const { name, sizeBytes } of await store.list(DAY)) expect(sizeBytes).toBe(Number(name));
    // One that is damaged says nothing of the others.
    objects.kept.get(`${DAY}/0.age`)?.bytes.fill(0);
    for (const { name, sizeBytes } of await encrypted(objects).list(DAY))
      expect(sizeBytes).toBe(Number(name));
    expect((await store.readRange(`${DAY}/1500000`, 1_000_000, 500_000)).length).toBe(500_000);
    await expect(store.readRange(`${DAY}/1500000`, 1_000_000, 500_001)).rejects.toMatchObject({
      code: 'E_STORE',
    });
  });

  it('can be listed, and its marks read, without a key', async () => {
    const objects = new MemoryObjects();
    await writeSnapshot(encrypted(objects));
    const store = encrypted(objects, async () => await Promise.reject(new SnapshotError('E_KEY', 'no key')));
    await store.put(`${DAY}/UNFINISHED`, Buffer.from('text'));
    await store.put('s/names.json', Buffer.from('names'));
    expect(String(await store.read('s/names.json'))).toBe('names');
    expect(await listed(store, DAY)).toEqual(['SHA256SUMS', 'UNFINISHED', 'a.tar.zst', 'info.json']);
    expect(String(objects.kept.get(`${DAY}/UNFINISHED`)?.bytes)).toBe('text');
    await expect(store.read(`${DAY}/info.json`)).rejects.toMatchObject({ code: 'E_KEY' });
  });

  it('says what of it was changed', async () => {
    const objects = new MemoryObjects();
    await writeSnapshot(encrypted(objects));
    const { bytes } = objects.kept.get(`${DAY}/a.tar.zst.age`) ?? {};
    bytes?.fill(0, bytes.length - 5);
    const store = encrypted(objects);
    const damaged = { code: 'E_DAMAGED', message: expect.stringContaining(`${DAY}/a.tar.zst.age`) as string };
    await expect(store.read(`${DAY}/a.tar.zst`)).rejects.toMatchObject(damaged);
    await expect(store.readRange(`${DAY}/a.tar.zst`, 0, 5)).rejects.toMatchObject(damaged);
  });
});

describe('what was in the clear before', () => {
  it('is read as it is, until it is written anew', async () => {
    const objects = new MemoryObjects();
    await objects.put('s/held.json', Buffer.from('clear'));
    await objects.put('s/runs.jsonl/2026-11-19T02-00-00-000Z-00000000.jsonl', Buffer.from('one\n'));
    const store = encrypted(objects);
    expect(await listed(store, 's')).toEqual(['held.json', 'runs.jsonl']);
    expect(String(await store.read('s/held.json'))).toBe('clear');
    await store.appendLine('s/runs.jsonl', 'two');
    expect((await store.readLines('s/runs.jsonl', 1000)).text).toBe('one\ntwo\n');
    await store.put('s/held.json', Buffer.from('sealed'));
    expect(String(await store.read('s/held.json'))).toBe('sealed');
    expect([...objects.kept.keys()].filter((key) => key.includes('held'))).toEqual(['s/held.json.age']);
    await store.remove('s/held.json');
    expect(await store.read('s/held.json')).toBeUndefined();
  });
});

describe('what is stored as it is', () => {
  it.each([
    ['UNFINISHED', true],
    ['a/UNFINISHED.part', true],
    ['a/README.txt', true],
    ['.lock-x', true],
    ['a/.shared-x.part', true],
    ['UNFINISHED.old', false],
    ['a/lock-x', false],
    ['info.json', false],
    ['README.txt/info.json', false],
  ])('%s: %s', (key, plain) => {
    expect(isPlain(key)).toBe(plain);
  });
});

describe('whom two are encrypted for', () => {
  it.each<[readonly string[] | undefined, readonly string[] | undefined, boolean]>([
    [undefined, [], true],
    [['a', 'b'], ['b', 'a', 'a'], true],
    [['a'], ['a', 'b'], false],
    [['a', 'b'], ['a'], false],
    [undefined, ['a'], false],
  ])('%j and %j are the same: %s', (one, other, same) => {
    expect(isForSame(one, other)).toBe(same);
  });
});

describe('the info.json for all to see', () => {
  it('is told from a true one', () => {
    expect(recipientsOf(stubFor(['age1x']))).toEqual(['age1x']);
    for (const other of ['{"version":1,"name":"x"}', '{"version":2}', 'no json', ''])
      expect(recipientsOf(Buffer.from(other))).toBeUndefined();
    expect(recipientsOf(undefined)).toBeUndefined();
  });
});

it.each(['is removed', 'is gone with the folder, which has another name now', 'was refused'])(
  'what is written anew by another machine is read anew, once that which this one knew %s',
  async (how) => {
    const inner = new FolderObjects(folder());
    const [mine, other] = [new CryptObjects(inner, keys), new CryptObjects(inner, keys)];
    const part = async (): Promise<string> => String(await mine.get('data/x', { offset: 4, length: 3 }));
    await mine.put('data/x', Buffer.from('the old one'));
    expect(await part()).toBe('old');
    if (how === 'is removed') await mine.remove('data/x');
    else if (how !== 'was refused') await mine.renameFolder?.('data', 'former');
    await other.put('data/x', Buffer.from('the new one'));
    if (how === 'was refused') await expect(part()).rejects.toMatchObject({ code: 'E_DAMAGED' });
    expect(await part()).toBe('new');
  },
);
