import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SnapshotError } from '../base/errors.ts';
import { loadBlake3 } from '../hash/blake3.ts';
import { LocalStore } from '../store/local/local-store.ts';
import { Places } from './places.ts';
import { readContents } from './read-contents.ts';
import { inTar, OneThread, TAR } from './unpack.lab.ts';

const blake3 = await loadBlake3();

describe('readContents()', () => {
  it.each<[string, number, readonly (string | RegExp)[]]>([
    ['is whole', 0, ['one', 'two', 'three']],
    ['lacks its last byte', 1, ['one', 'two', /./]],
  ])('gives what can be had of an archive that %s', async (_, missing, expected) => {
    const folder = mkdtempSync(join(tmpdir(), 'snapshot-contents-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const files = ['one', 'two', 'three'].map((text) => inTar(text, [Buffer.from(text)]));
    const bytes = Buffer.concat(files.map((file) => file.bytes));
    writeFileSync(join(folder, TAR.key), bytes.subarray(0, bytes.length - missing));
    const places = new Places();
    let offset = 0;
    for (const [i, file] of files.entries()) {
      places.set(i, TAR, { offset, length: file.bytes.length, skip: 0 });
      offset += file.bytes.length;
    }
    const found: string[] = [];
    for await (const content of readContents([2, 1, 0], {
      store: new LocalStore(folder),
      pool: new OneThread().asPool,
      signal: new AbortController().signal,
      places,
      size: (i) => files[i]?.content.length ?? 0,
      hash: (i) => blake3.hash(files[i]?.content ?? Buffer.alloc(0)),
    })) {
      if (content.kind === 'large') throw new Error('none of them is large');
      found[content.i] = content.kind === 'whole' ? Buffer.from(content.bytes).toString() : content.reason;
    }
    expect(found).toEqual(
      expected.map((one) => (typeof one === 'string' ? one : (expect.stringMatching(one) as string))),
    );
    if (missing > 0) expect(found[2]).not.toBe('three');
  });

  it.each(['E_AWAY', 'E_AUTH'] as const)('calls nothing damaged where the store says %s', async (code) => {
    const places = new Places();
    for (const i of [0, 1]) places.set(i, TAR, { offset: i, length: 1, skip: 0 });
    let reads = 0;
    class Store extends LocalStore {
      override async readRange(): Promise<never> {
        reads++;
        return await Promise.reject(new SnapshotError(code, 'no'));
      }
    }
    const all = readContents([0, 1], {
      store: new Store(tmpdir()),
      pool: new OneThread().asPool,
      signal: new AbortController().signal,
      places,
      size: () => 1,
      hash: () => blake3.hash(Buffer.from('x')),
    });
    await expect(all.next()).rejects.toMatchObject({ code });
    expect(reads).toBe(1);
  });

  it('gives nothing more once it is stopped, also of what was read ahead', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'snapshot-contents-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const places = new Places();
    const files = ['one', 'two', 'three'].map((text) => inTar(text, [Buffer.from(text)]));
    for (const [i, { path, bytes }] of files.entries()) {
      writeFileSync(join(folder, path), bytes);
      places.set(i, { ...TAR, key: path }, { offset: 0, length: bytes.length, skip: 0 });
    }
    const stop = new AbortController();
    const contents = readContents([0, 1, 2], {
      store: new LocalStore(folder),
      pool: new OneThread().asPool,
      signal: stop.signal,
      places,
      size: (i) => files[i]?.content.length ?? 0,
      hash: (i) => blake3.hash(files[i]?.content ?? Buffer.alloc(0)),
    });
    expect((await contents.next()).value).toMatchObject({ i: 0, kind: 'whole' });
    stop.abort(new Error('enough'));
    await expect(contents.next()).rejects.toThrow('enough');
  });
});
