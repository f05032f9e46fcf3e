import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ArchiveFormat } from '../base/archive-format.ts';
import { formatMap, sparseSkip } from '../format/sparse.ts';
import { loadCompressor } from '../format/zstd/zstd.ts';
import { type Blake3, type Hasher, loadBlake3 } from '../hash/blake3.ts';
import { HashingSource } from '../format/hashing-source.ts';
import type { Piece } from './piece-list.ts';
import { PieceTable } from './piece-table.ts';
import { readPieces } from './read-pieces.ts';
import { BAD, GOOD, UNREAD } from './tasks.ts';

let blake3: Blake3;
let frames: readonly Buffer[];
const CONTENTS = [Buffer.from('first frame'), Buffer.from('the second one'), Buffer.from('third')];

beforeAll(async () => {
  blake3 = await loadBlake3();
  const zstd = await loadCompressor();
  frames = CONTENTS.map((content) => Buffer.from(zstd.compress(content)));
});

/** Where frame `n` begins. */
function startOf(n: number): number {
  return frames.slice(0, n).reduce((sum, { length }) => sum + length, 0);
}

/** `size` bytes from `skip` on of what frames `n` to `last` hold. */
function piece(n: number, skip: number, size: number, last = n): Piece {
  const content = Buffer.concat(CONTENTS.slice(n, last + 1)).subarray(skip, skip + size);
  const offset = startOf(n);
  return { offset, length: startOf(last + 1) - offset, skip, size, hash: blake3.hash(content) };
}

interface Read {
  readonly states: readonly number[];
  readonly flaws: readonly string[];
  readonly readBytes: number;
  readonly hashedBytes: number;
}

async function read(
  pieces: readonly Piece[],
  bytes: Buffer,
  isWanted = (_slot: number): boolean => true,
  format: ArchiveFormat = 'tar.zst',
): Promise<Read> {
  const table = new PieceTable();
  for (const one of pieces) table.add(one);
  let [readBytes, hashedBytes] = [0, 0];
  const source = {
    sizeBytes: bytes.length,
    async read(offset: number, length: number): Promise<Buffer> {
      readBytes += length;
      return await Promise.resolve(Buffer.from(bytes.subarray(offset, offset + length)));
    },
  };
  const hasher = await blake3.create();
  const counting: Hasher = {
    reset: () => hasher.reset(),
    update(content) {
      hashedBytes += content.length;
      hasher.update(content);
    },
    digest: () => hasher.digest(),
  };
  const states = new Uint8Array(table.length);
  const task = { format, pieces: table.share() };
  const flaws = await readPieces(task, source, counting, isWanted, states);
  return { states: [...states], flaws: flaws.map(({ what }) => what), readBytes, hashedBytes };
}

describe('readPieces()', () => {
  it('finds pieces in one frame and over several, and reads only what is wanted', async () => {
    const bytes = Buffer.concat(frames);
    const pieces = [piece(0, 0, 5), piece(0, 5, 6), piece(1, 4, 14, 2)];
    expect(await read(pieces, bytes)).toEqual({
      states: [GOOD, GOOD, GOOD],
      flaws: [],
      readBytes: bytes.length,
      hashedBytes: 25,
    });
    const some = await read(pieces, bytes, (slot) => slot < 2);
    expect(some).toMatchObject({ states: [GOOD, GOOD, UNREAD], readBytes: frames[0]?.length });
  });

  it('loses only what lies in a frame that is damaged', async () => {
    const bytes = Buffer.concat(frames);
    const at = startOf(1) + 12;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    const { states, flaws } = await read([piece(0, 0, 11), piece(1, 0, 14), piece(2, 0, 5)], bytes);
    expect(states).toEqual([GOOD, BAD, GOOD]);
    expect(flaws).toHaveLength(1);
  });

  it.each([
    ['another hash', { hash: new Uint8Array(32) }],
    ['another size', { size: 4 }],
    ['a size beyond the end', { size: 1e15 }],
    ['a place beyond the end', { skip: 1e15 }],
  ])('finds %s', async (_, change) => {
    const { states, flaws } = await read([{ ...piece(0, 0, 5), ...change }], Buffer.concat(frames));
    expect(states).toEqual([BAD]);
    expect(flaws).toEqual(['the content of a file from byte 0 on is not what the index says']);
  });

  it('hashes each byte once, however many pieces are said to lie there', async () => {
    const pieces = Array.from({ length: 11 }, (_, skip) => piece(0, skip, 11 - skip));
    const { states, hashedBytes } = await read(pieces, Buffer.concat(frames));
    expect(states).toEqual([GOOD, ...Array.from({ length: 10 }, () => BAD)]);
    expect(hashedBytes).toBe(11);
  });

  it('takes the right one of two that are said to lie at one place', async () => {
    const right = piece(0, 0, 5);
    const wrong = { ...right, hash: new Uint8Array(32) };
    expect((await read([wrong, right], Buffer.concat(frames))).states).toEqual([BAD, GOOD]);
    expect((await read([right, wrong], Buffer.concat(frames))).states).toEqual([GOOD, BAD]);
  });

  it('hashes all of a file with holes, and takes no other for it', async () => {
    const zstd = await loadCompressor();
    const data = Buffer.alloc(4096, 'data');
    const size = 3_000_000;
    const content = Buffer.concat([Buffer.alloc(1_048_576), data, Buffer.alloc(size - 1_048_576 - 4096)]);
    const map = formatMap([{ offset: 1_048_576, length: 4096 }], size);
    const archived = [Buffer.alloc(1536, 'h'), map, data].map((part) => Buffer.from(zstd.compress(part)));
    const bytes = Buffer.concat(archived);
    const good = {
      offset: 0,
      length: bytes.length,
      skip: sparseSkip(1536),
      size,
      hash: blake3.hash(content),
    };
    expect(await read([good], bytes)).toMatchObject({ states: [GOOD], flaws: [], hashedBytes: size });
    for (const other of [
      { ...good, hash: blake3.hash(data) },
      { ...good, size: size - 1 },
      { ...good, size: size + 1 },
      { ...good, skip: sparseSkip(1024) },
      { ...good, skip: 1536 },
    ]) {
      expect((await read([other], bytes)).states, JSON.stringify(other)).toEqual([BAD]);
    }
    const both = await read([good, { ...good, skip: 1536, size: 5 }], bytes);
    expect(both.states).toEqual([GOOD, BAD]);
    const cut = { ...good, length: bytes.length - (archived[2]?.length ?? 0) };
    expect(await read([cut], bytes)).toMatchObject({
      states: [BAD],
      flaws: ['its sparse map says more than there is'],
    });
  });

  it('reads each byte once, however many parts are said to begin there', async () => {
    const bytes = Buffer.concat(frames);
    const whole = piece(0, 0, 5, 2);
    const parts = Array.from({ length: 20 }, (_, i) => ({ ...whole, offset: i, length: bytes.length - i }));
    const { states, readBytes } = await read(parts, bytes);
    expect(states).toEqual([GOOD, ...Array.from({ length: 19 }, () => BAD)]);
    expect(readBytes).toBe(bytes.length);
  });
});

describe('a part that leads past the end', () => {
  it.each(['tar.zst', 'zip'] as const)('is bad unread, in %s', async (format) => {
    const bytes = Buffer.concat(frames);
    const last = piece(2, 0, 5);
    const { states, readBytes } = await read(
      [{ ...last, length: last.length + 1 }],
      bytes,
      undefined,
      format,
    );
    expect([states, readBytes]).toEqual([[BAD], 0]);
  });
});

describe('HashingSource', () => {
  it.each<[string, readonly (readonly [number, number])[]]>([
    ['nothing was read', []],
    [
      'all was read in order',
      [
        [0, 4],
        [4, 6],
      ],
    ],
    [
      'the end was read first',
      [
        [8, 2],
        [0, 3],
      ],
    ],
    [
      'parts overlap',
      [
        [0, 5],
        [2, 5],
        [1, 2],
      ],
    ],
    [
      'a part was left out',
      [
        [0, 2],
        [5, 2],
        [2, 1],
      ],
    ],
  ])('has the SHA-256 of the whole when %s', async (_, reads) => {
    const bytes = Buffer.from('0123456789');
    const source = new HashingSource({
      sizeBytes: bytes.length,
      read: async (offset, length) => await Promise.resolve(bytes.subarray(offset, offset + length)),
    });
    for (const [offset, length] of reads) await source.read(offset, length);
    expect(await source.finish()).toBe(createHash('sha256').update(bytes).digest('hex'));
  });
});
