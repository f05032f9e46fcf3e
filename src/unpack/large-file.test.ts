import {
  mkdirSync,
  mkdtempSync,
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
import { formatMap, sparseSkip } from '../format/sparse.ts';
import { type Blake3, type Hasher, loadBlake3 } from '../hash/blake3.ts';
import { LocalStore } from '../store/local/local-store.ts';
import { Target } from '../target/contained.ts';
import { fromText } from '../tree/path.ts';
import { Damaged } from './damage.ts';
import { writeLarge } from './large-file.ts';
import { inTar, inZip, OneThread, type Packed } from './unpack.lab.ts';

/** What lies before the content in its archive, and behind it. */
const [BEFORE, BEHIND] = [Buffer.from('what comes before'), Buffer.from('what follows')];

let blake3: Blake3;
let hasher: Hasher;
beforeAll(async () => {
  blake3 = await loadBlake3();
  hasher = await blake3.create();
});

let folder: string;
let root: string;
let told: number[];
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'snapshot-large-')));
  root = join(folder, 'target');
  mkdirSync(root);
  told = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

async function write(
  { path, content, archive, bytes, skip }: Packed,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const store = new LocalStore(folder);
  if (!readdirSync(folder).includes(archive.key))
    writeFileSync(join(folder, archive.key), Buffer.concat([BEFORE, bytes, BEHIND]));
  const meta = { uid: 0, gid: 0, mode: 0o644, mtimeNs: 0n };
  const order = {
    path: fromText(path),
    size: content.length,
    skip,
    replaces: false,
    twin: undefined,
    ...meta,
  };
  const place = { offset: BEFORE.length, length: bytes.length, skip };
  const file = { store, archive, place, order, size: content.length, signal, hash: blake3.hash(content) };
  await writeLarge(root, file, hasher, new OneThread().asPool, (more) => told.push(more));
}

const MIB = 1024 * 1024;
const PARTS = ['one', 'two and a half', 'three'].map((text) => Buffer.from(text));
const WHOLE = Buffer.concat(PARTS);
const LONGER = Buffer.concat([WHOLE, Buffer.from('x')]);
const OTHER = Buffer.alloc(WHOLE.length, 'x');

/** A file of so many bytes that is zeros, in no archive, from the end of `data` on. */
function sparse(data: Buffer, size: number): Packed {
  const stretches = data.length === 0 ? [] : [{ offset: 0, length: data.length }];
  const header = Buffer.alloc(512);
  const packed = inTar('a', [Buffer.concat([header, formatMap(stretches, size)]), data]);
  return { ...packed, skip: sparseSkip(header.length), content: Buffer.concat([data], size) };
}

function cut(packed: Packed, bytes: number): Packed {
  return { ...packed, bytes: packed.bytes.subarray(0, -bytes) };
}

function broken(packed: Packed, at: number): Packed {
  const bytes = Buffer.from(packed.bytes);
  bytes.fill(0xff, at < 0 ? bytes.length + at : at);
  return { ...packed, bytes };
}

function saying(packed: Packed, content: Buffer): Packed {
  return { ...packed, content };
}

describe('writeLarge()', () => {
  it.each<[string, () => Packed]>([
    ['whole frames', () => inTar('a', PARTS)],
    ['frames, with something before and behind', () => inTar('a', PARTS, 1, 12)],
    ['frames, the first of which has nothing of it', () => inTar('a', PARTS, 3)],
    ['frames, the last of which has nothing of it', () => inTar('a', PARTS, 0, 3)],
    ['the last frame only', () => inTar('a', PARTS, 17)],
    ['frames, and a hole at its end', () => sparse(WHOLE, 3 * MIB)],
    ['nothing but a hole', () => sparse(Buffer.alloc(0), 3 * MIB)],
    ['a record of a zip', () => inZip('a', WHOLE)],
    ['a record that is stored', () => inZip('a', WHOLE, false)],
    ['a record of several MiB', () => inZip('a', Buffer.alloc(3 * 1024 * 1024 + 1, 'x'))],
    ['a stored record of several MiB', () => inZip('a', Buffer.alloc(3 * 1024 * 1024 + 1, 'x'), false)],
    ['a record with a long name', () => inZip('a'.repeat(60_000), WHOLE)],
  ])('writes one from %s under its temporary name, for its owner alone', async (_, make) => {
    const packed = { ...make(), path: 'a' };
    const part = new Target(root).partAt(fromText('a'));
    writeFileSync(part, 'left by another restore, and much longer than what there is to come', {
      mode: 0o644,
    });
    await write(packed);
    expect(readFileSync(part).equals(packed.content)).toBe(true);
    expect(readdirSync(root)).toHaveLength(1);
    if (process.platform !== 'win32') expect(statSync(part).mode & 0o777).toBe(0o600);
    expect(told.reduce((sum, bytes) => sum + bytes, 0)).toBe(packed.content.length);
  });

  it.each<[string, () => Packed, string | RegExp]>([
    ['other content', () => saying(inTar('a', PARTS), OTHER), 'its content is not what it was'],
    ['other content in a zip', () => saying(inZip('a', WHOLE), OTHER), 'its content is not what it was'],
    ['less in its frames', () => saying(inTar('a', PARTS), LONGER), 'it holds 22 bytes, not 23'],
    ['less in its record', () => saying(inZip('a', WHOLE), LONGER), 'it holds 22 bytes, not 23'],
    ['less in a stored record', () => saying(inZip('a', WHOLE, false), LONGER), 'it holds 22 bytes, not 23'],
    ['more in its record', () => saying(inZip('a', LONGER), WHOLE), 'it holds more than 22 bytes'],
    [
      'a frame that is cut short',
      () => cut(inTar('a', PARTS), 1),
      /^the frame at byte \d+ is cut short at byte \d+$/,
    ],
    ['a frame that is broken', () => broken(inTar('a', [WHOLE]), 8), /./],
    ['no frame', () => broken(inTar('a', PARTS), 0), 'no zstd frame begins at byte 17'],
    [
      'a frame that does not hold what its checksum says',
      () => broken(inTar('a', [WHOLE]), -2),
      'one of its frames cannot be decompressed',
    ],
    ['a record that is broken', () => broken(inZip('a', WHOLE), 32), /^it cannot be inflated: ./],
    ['a record that is cut short', () => cut(inZip('a', WHOLE), 3), /^it cannot be inflated: ./],
    ['no record', () => broken(inZip('a', WHOLE), 0), 'no record begins where the index says'],
  ])('leaves nothing of one with %s', async (_, make, reason) => {
    await expect(write(make())).rejects.toThrow(expect.objectContaining({ name: 'Damaged' }));
    await expect(write(make())).rejects.toThrow(reason);
    expect(readdirSync(root)).toEqual([]);
  });

  it.each<[string, () => Packed]>([
    ['frames', () => inTar('a', PARTS)],
    ['a record', () => inZip('a', WHOLE)],
  ])('leaves nothing of %s in an archive that is cut short', async (_, make) => {
    const packed = make();
    writeFileSync(join(folder, packed.archive.key), BEFORE);
    await expect(write(packed)).rejects.toThrow(Damaged);
    expect(readdirSync(root)).toEqual([]);
  });

  it('leaves nothing of one that is stopped, and says why', async () => {
    const stop = new AbortController();
    stop.abort(new Error('stopped'));
    for (const packed of [inTar('a', PARTS), inZip('a', WHOLE), inZip('a', WHOLE, false)])
      await expect(write(packed, stop.signal)).rejects.toThrow('stopped');
    expect([readdirSync(root), told]).toEqual([[], []]);
  });

  it('says what the system says', async () => {
    await expect(write(inTar('none/a', PARTS))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
