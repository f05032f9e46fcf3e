import { once } from 'node:events';
import {
  mkdtempSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SnapshotError } from '../base/errors.ts';
import { type Blake3, loadBlake3 } from '../hash/blake3.ts';
import { LocalStore } from '../store/local/local-store.ts';
import { fromText } from '../tree/path.ts';
import { Places } from './places.ts';
import { inTar, inZip, OneThread, type Packed, TAR, ZIP } from './unpack.lab.ts';
import { unpackFiles, type UnpackOptions, type WhyNot } from './unpack.ts';

const MIB = 1024 * 1024;
/** So that it is streamed. */
const LARGE = 16 * MIB + 1;
const META = {
  uid: process.getuid?.() ?? 0,
  gid: process.getgid?.() ?? 0,
  mode: 0o640,
  mtimeNs: 5_000_000_000n,
};

let blake3: Blake3;
beforeAll(async () => {
  blake3 = await loadBlake3();
});

let folder: string;
let root: string;
let store: LocalStore;
let pool: OneThread;
let failed: [path: string, why: WhyNot][];
let told: [files: number, bytes: number][];

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'snapshot-unpack-')));
  root = join(folder, 'target');
  mkdirSync(root);
  mkdirSync(join(folder, 'store'));
  store = new LocalStore(join(folder, 'store'));
  pool = new OneThread();
  [failed, told] = [[], []];
});
afterEach(() => rmSync(folder, { recursive: true }));

function small(path: string, text = path): Packed {
  return inTar(path, [Buffer.from(text)]);
}

/** Some that do not repeat. */
function random(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size);
  for (let i = 0, x = seed; i < size; i += 997) {
    x = (x * 48_271) % 0x7fff_ffff;
    bytes[i] = x & 0xff;
  }
  return bytes;
}

/** Puts archives with these into the store, and restores them. */
async function unpack(packed: readonly Packed[], more: Partial<UnpackOptions> = {}): Promise<void> {
  const places = new Places();
  const archives = new Map<string, Buffer[]>();
  for (const [i, { archive, bytes, skip }] of packed.entries()) {
    const parts = archives.get(archive.key) ?? [];
    const offset = parts.reduce((sum, { length }) => sum + length, 0);
    archives.set(archive.key, [...parts, bytes]);
    places.set(i, archive, { offset, length: bytes.length, skip });
  }
  for (const [key, parts] of archives)
    if (!readdirSync(join(folder, 'store')).includes(key)) await store.put(key, Buffer.concat(parts));
  const one = (i: number): Packed => {
    const found = packed[i];
    if (found === undefined) throw new Error(`no file ${i}`);
    return found;
  };
  await unpackFiles([...packed.keys()], {
    root,
    store,
    pool: pool.asPool,
    signal: new AbortController().signal,
    places,
    size: (i) => one(i).content.length,
    order: (i) => ({
      file: {
        ...META,
        path: fromText(one(i).path),
        size: one(i).content.length,
        replaces: false,
        twin: undefined,
      },
      hash: blake3.hash(one(i).content),
    }),
    progress: (files, bytes) => told.push([files, bytes]),
    failed: (i, why) => failed.push([one(i).path, why]),
    ...more,
  });
}

/** Whether each of these is there as it was. */
function restored(packed: readonly Packed[]): boolean[] {
  const there = new Set(readdirSync(root));
  return packed.map(({ path, content }) => there.has(path) && readFileSync(join(root, path)).equals(content));
}

function done(): { files: number; bytes: number } {
  return told.reduce((sum, [files, bytes]) => ({ files: sum.files + files, bytes: sum.bytes + bytes }), {
    files: 0,
    bytes: 0,
  });
}

describe('unpackFiles()', () => {
  it('restores what lies in several archives, and tells how much', async () => {
    const packed = [
      small('a'),
      inZip('z', Buffer.from('deflated')),
      inTar('skipped', [Buffer.from('xxxcontent')], 3),
      inZip('y', Buffer.from('stored'), false),
      { ...small('empty', ''), content: Buffer.alloc(0) },
    ];
    await unpack(packed);
    expect([restored(packed), failed]).toEqual([packed.map(() => true), []]);
    expect(done()).toEqual({ files: 5, bytes: 1 + 8 + 7 + 6 });
  });

  it('leaves out what is damaged, and all that it can have of a reading that fails', async () => {
    const packed = ['a', 'b', 'c'].map((path) => small(path));
    const readRange = store.readRange.bind(store);
    let asked = 0;
    const lengths = packed.map(({ bytes }) => bytes.length);
    store.readRange = async (key, offset, length) => {
      asked++;
      if (offset <= (lengths[0] ?? 0) && offset + length > (lengths[0] ?? 0))
        throw new SnapshotError('E_STORE', 'a bad sector');
      return await readRange(key, offset, length);
    };
    await unpack(packed);
    expect(asked).toBe(4);
    expect(restored(packed)).toEqual([true, false, true]);
    expect(failed).toEqual([['b', { kind: 'damaged', reason: 'a bad sector', code: undefined }]]);
    expect(done()).toEqual({ files: 2, bytes: 2 });
  });

  it('counts what lacks only its attributes, and tells of it', async () => {
    const [why, packed] = [
      { kind: 'attributes', reason: 'its mode', code: undefined } as const,
      [small('a'), small('b')],
    ];
    const run = pool.run.bind(pool);
    pool.run = async (task) => {
      const result = await run(task);
      return (task.kind === 'files' ? [{ n: 1, ...why }] : result) as typeof result;
    };
    await unpack(packed);
    expect(failed).toEqual([['b', why]]);
    expect(done()).toEqual({ files: 2, bytes: 2 });
  });

  it('names what lies nowhere', async () => {
    await unpack([small('a')], { places: new Places() });
    const reason = 'the index does not say where its content lies';
    expect(failed).toEqual([['a', { kind: 'damaged', reason, code: undefined }]]);
  });

  it.each(['ENOSPC', 'EDQUOT'])('ends at %s, with what to do', async (code) => {
    pool.run = (async () => [{ n: 0, kind: 'failed', reason: 'no space is left', code }]) as never;
    await expect(unpack([small('a')])).rejects.toMatchObject({
      code: 'E_SPACE',
      message: 'Cannot write "a": no space is left',
      hint: 'Make room and start again: what is restored already is not done again.',
    });
    expect([failed, done()]).toEqual([[], { files: 0, bytes: 0 }]);
  });

  it('goes on where the system refuses one file', async () => {
    mkdirSync(join(root, 'a'));
    const packed = [small('none/a', 'a'), small('a'), small('b')];
    await unpack(packed);
    expect(failed).toEqual([
      ['none/a', { kind: 'failed', reason: 'no such file or folder', code: 'ENOENT' }],
      ['a', { kind: 'refused', reason: 'something is there that was not there before', code: undefined }],
    ]);
    expect(done()).toEqual({ files: 1, bytes: 1 });
  });

  it('hides no bug, and waits for what is under way', async () => {
    const bug = new TypeError('a bug');
    let isOver = false;
    const readRange = store.readRange.bind(store);
    store.readRange = async (key, offset, length) => {
      if (key === 'two.zip') throw bug;
      const bytes = await readRange(key, offset, length);
      isOver = true;
      return bytes;
    };
    const two = { ...inZip('b', Buffer.from('b')), archive: { ...ZIP, key: 'two.zip' } };
    await expect(unpack([two, small('a')])).rejects.toBe(bug);
    expect([isOver, failed]).toEqual([true, []]);
  });

  it('begins nothing once it is stopped', async () => {
    const stop = new AbortController();
    const two = { ...inZip('b', Buffer.from('b')), archive: { ...ZIP, key: 'two.zip' } };
    const packed = [small('a'), two];
    const progress = (): void => stop.abort(new Error('stopped'));
    await expect(unpack(packed, { signal: stop.signal, window: 1, progress })).rejects.toThrow('stopped');
    expect([restored(packed), failed]).toEqual([[true, false], []]);
    await expect(unpack(packed, { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow(
      'before',
    );
  });

  describe('of a file that is too large for memory', () => {
    const parts = [random(6 * MIB), random(6 * MIB, 2), random(6 * MIB, 3)];
    const whole = Buffer.concat(parts);
    const other = Buffer.from(whole);
    other[0] = (other[0] ?? 0) ^ 1;

    it.each<[string, () => Packed]>([
      ['frames, with something before and behind', () => inTar('a', parts, 7, LARGE)],
      ['a record of a zip', () => inZip('a', whole)],
    ])('restores one from %s', async (_, make) => {
      const packed = [make(), small('b')];
      await unpack(packed);
      expect([restored(packed), failed]).toEqual([[true, true], []]);
      const { mode, mtimeMs } = statSync(join(root, 'a'));
      expect([process.platform === 'win32' ? 0o640 : mode & 0o7777, mtimeMs]).toEqual([0o640, 5000]);
      expect(done()).toEqual({ files: 2, bytes: (packed[0]?.content.length ?? 0) + 1 });
      expect(told.length).toBeGreaterThan(3);
    });

    it('names an archive that is gone or cut short', async () => {
      writeFileSync(join(folder, 'store', TAR.key), inTar('a', parts).bytes.subarray(0, 5000));
      const packed = [inTar('a', parts)];
      await unpack(packed);
      expect(failed).toMatchObject([['a', { kind: 'damaged', code: undefined }]]);
      expect([readdirSync(root), done()]).toEqual([[], { files: 0, bytes: 0 }]);
    });

    it('restores two, one after the other, also when the first one fails', async () => {
      const packed = [{ ...inTar('a', parts), content: other }, inTar('b', parts)];
      await unpack(packed, { window: 8 });
      expect([restored(packed), failed.map(([path]) => path)]).toEqual([[false, true], ['a']]);
      expect(done()).toEqual({ files: 1, bytes: whole.length });
    });

    it('tells what is refused when it gets its name, and what the system says before', async () => {
      mkdirSync(join(root, 'a'));
      const packed = [inTar('a', parts), inTar('none/b', parts)];
      await unpack(packed);
      expect(failed).toEqual([
        [
          'a',
          { n: 0, kind: 'refused', reason: 'something is there that was not there before', code: undefined },
        ],
        ['none/b', { kind: 'failed', reason: 'no such file or folder', code: 'ENOENT' }],
      ]);
      expect([readdirSync(root), done()]).toEqual([['a'], { files: 0, bytes: 0 }]);
    });

    it('leaves nothing of one that is stopped', async () => {
      const stop = new AbortController();
      const progress = (): void => stop.abort(new Error('stopped'));
      for (const packed of [inTar('a', parts), inZip('a', whole)])
        await expect(unpack([packed], { signal: stop.signal, progress })).rejects.toThrow('stopped');
      expect([readdirSync(root), failed]).toEqual([[], []]);
    });
  });
});

/** A store whose archives nobody may read, or that never answers. */
class HardStore extends LocalStore {
  reads = 0;
  readonly #answer: (signal: AbortSignal | undefined) => Promise<never>;

  constructor(at: string, answer: (signal: AbortSignal | undefined) => Promise<never>) {
    super(at);
    this.#answer = answer;
  }

  override async readRange(_: string, _at: number, _length: number, signal?: AbortSignal): Promise<never> {
    this.reads++;
    return await this.#answer(signal);
  }
}

function refusing(code: 'E_AWAY' | 'E_AUTH'): HardStore {
  const answer = async (): Promise<never> => await Promise.reject(new SnapshotError(code, 'no'));
  return new HardStore(join(folder, 'store'), answer);
}

describe.each([
  ['small', 10],
  ['large', LARGE],
])('unpackFiles() of %s files from a store', (_, size) => {
  const two = ['a', 'b'].map((path) => ({ ...small(path), content: Buffer.alloc(size, path) }));

  it('ends where nobody answers, and asks for no piece by itself', async () => {
    const hard = refusing('E_AWAY');
    await expect(unpack(two, { store: hard, window: 1 })).rejects.toMatchObject({ code: 'E_AWAY' });
    expect([hard.reads, failed, readdirSync(root)]).toEqual([1, [], []]);
  });

  it('names what may not be read, which may well be whole', async () => {
    await unpack(two, { store: refusing('E_AUTH') });
    const why = { kind: 'damaged', reason: 'no', code: undefined, isDenied: true };
    expect(failed).toEqual(two.map(({ path }) => [path, why]));
  });

  it('stops while it waits for an answer', async () => {
    const stop = new AbortController();
    const hard = new HardStore(join(folder, 'store'), async (signal) => {
      setImmediate(() => stop.abort(new Error('enough')));
      if (signal !== undefined) await once(signal, 'abort');
      return await Promise.reject(signal?.reason ?? new Error('nobody can stop it'));
    });
    await expect(unpack(two, { store: hard, signal: stop.signal })).rejects.toThrow('enough');
    expect(readdirSync(root)).toEqual([]);
  });
});
