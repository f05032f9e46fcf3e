import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ArchiveSource } from '../format/found-member.ts';
import { END_OF_ARCHIVE, paddedBytes } from '../format/tar/tar.ts';
import { type FrameSize, FULL_FRAME_BYTES, seekTable } from '../format/zstd/seek-table.ts';
import { loadBlake3 } from '../hash/blake3.ts';
import { framed, memberOf } from './archive.lab.ts';
import { partsOf } from './archive-parts.ts';
import { pieceAt } from './piece-list.ts';
import { readAll, readShare } from './read-members.ts';
import type { ArchiveFile, FoundPart, ReadResult } from './tasks.ts';

const blake3 = await loadBlake3();

function sourceOf(bytes: Buffer): ArchiveSource {
  return {
    sizeBytes: bytes.length,
    read: async (offset, length) =>
      await Promise.resolve(Buffer.from(bytes.subarray(offset, offset + length))),
  };
}

function fileOf(bytes: Buffer): ArchiveFile {
  return { folder: undefined, key: 'a', where: 'a', format: 'tar.zst', sizeBytes: bytes.length };
}

const NONE: FrameSize = { compressedBytes: 0, contentBytes: 0 };

/** `bytes` with another one, `at` from the beginning or the end. */
function changed(bytes: Uint8Array, at: number, to: number): Uint8Array {
  return Uint8Array.from(bytes).with(at, to);
}

/** What two that share an archive have read of it; undefined when one of them could not. */
async function shared(bytes: Buffer, partBytes: number): Promise<ReadResult | undefined> {
  const next = new Int32Array(new SharedArrayBuffer(4));
  const source = sourceOf(bytes);
  const share = async (): Promise<ReadResult | undefined> =>
    await readShare(fileOf(bytes), source, await blake3.create(), { sum: source, next, partBytes });
  const [one, other] = await Promise.all([share(), share()]);
  if (one === undefined || other === undefined) return undefined;
  return {
    ...one,
    ...other,
    sha256: one.sha256 ?? other.sha256,
    parts: [...(one.parts ?? []), ...(other.parts ?? [])],
  };
}

async function whole(bytes: Buffer): Promise<ReadResult> {
  return await readAll(fileOf(bytes), sourceOf(bytes), await blake3.create());
}

function listed(parts: readonly FoundPart[]): readonly string[] {
  return parts
    .toSorted((a, b) => a.n - b.n)
    .flatMap(({ pieces }) =>
      Array.from({ length: pieces.length }, (_, slot) => {
        const { offset, length, skip, size, hash } = pieceAt(pieces, slot);
        return [offset, length, skip, size, Buffer.from(hash).toString('hex')].join(' ');
      }),
    );
}

/** That `bytes` are read together as by one alone. @returns How many parts there were. */
async function expectSame(bytes: Buffer, partBytes: number): Promise<number> {
  const one = await whole(bytes);
  const many = await shared(bytes, partBytes);
  expect(one.broken).toBeUndefined();
  expect(many).toMatchObject({ sha256: createHash('sha256').update(bytes).digest('hex') });
  expect(listed(many?.parts ?? [])).toEqual(listed(one.parts ?? []));
  expect(one.count).toBe(listed(one.parts ?? []).length);
  return (await partsOf(sourceOf(bytes), partBytes)).length;
}

/** Contents of files, by the frames that hold them. */
const frames = fc.array(fc.array(fc.uint8Array({ maxLength: 1500 }), { minLength: 1, maxLength: 4 }), {
  minLength: 1,
  maxLength: 12,
});

function tarOf(files: readonly (readonly Uint8Array[])[]): Buffer[] {
  const long = 'a name that needs a pax header, as it is longer than what a field of a tar holds'.repeat(4);
  return files.map((group, n) =>
    Buffer.concat(group.map((content, i) => memberOf(i === 1 ? `${long} ${n}` : `${n}-${i}`, content))),
  );
}

/** What a large file has as frames: its header, then its content in pieces. */
function large(bytes: number): Buffer[] {
  const all = memberOf('large', new Uint8Array(bytes).fill(bytes));
  const headerBytes = all.length - paddedBytes(bytes);
  const pieces = Array.from({ length: Math.ceil(bytes / FULL_FRAME_BYTES) }, (_, i) =>
    all.subarray(headerBytes + i * FULL_FRAME_BYTES, headerBytes + (i + 1) * FULL_FRAME_BYTES),
  );
  return [all.subarray(0, headerBytes), ...pieces];
}

describe('an archive that several read together', () => {
  it('is found to hold what one alone finds, wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(frames, fc.integer({ min: 1, max: 20_000 }), async (files, partBytes) => {
        await expectSame(framed([...tarOf(files), END_OF_ARCHIVE]).bytes, partBytes);
      }),
      { numRuns: 60 },
    );
  });

  it('is cut around large files, and never within one', async () => {
    const small = tarOf([[Buffer.from('one')], [Buffer.from('two')], [Buffer.from('three')]]);
    const contents = [...small, ...large(FULL_FRAME_BYTES * 2 + 100), ...small];
    expect(await expectSame(framed([...contents, END_OF_ARCHIVE]).bytes, 1)).toBe(8);
    const two = [...large(FULL_FRAME_BYTES + 5), ...large(FULL_FRAME_BYTES * 2), ...small];
    expect(await expectSame(framed([...two, END_OF_ARCHIVE]).bytes, 1)).toBe(5);
  });

  it('gives an empty file the empty frames that follow it', async () => {
    const empty = memberOf('empty', new Uint8Array());
    const contents = [memberOf('first', Buffer.from('first')), empty, Buffer.alloc(0), empty, END_OF_ARCHIVE];
    expect(await expectSame(framed(contents).bytes, 1)).toBe(4);
  });

  it('is left to one where frames cut members', async () => {
    const tar = Buffer.concat(tarOf([[new Uint8Array(700)], [new Uint8Array(900)]]));
    const { bytes } = framed([tar.subarray(0, 600), tar.subarray(600), END_OF_ARCHIVE]);
    expect((await whole(bytes)).broken).toBeUndefined();
    expect(await shared(bytes, 1)).toBeUndefined();
  });

  it('is never taken for whole where a byte of it is another one', async () => {
    const { bytes } = framed([
      ...tarOf([[Buffer.from('a')], [Buffer.from('b'), Buffer.from('c')]]),
      END_OF_ARCHIVE,
    ]);
    const before = await whole(bytes);
    for (let at = 0; at < bytes.length; at++) {
      const other = Buffer.from(changed(bytes, at, (bytes[at] ?? 0) ^ 0x10));
      const many = await shared(other, 1);
      const isSaid = many === undefined || many.broken !== undefined || many.sha256 !== before.sha256;
      expect(isSaid, `byte ${at}`).toBe(true);
      if (many === undefined) expect((await whole(other)).broken, `byte ${at}`).toBeDefined();
    }
  });

  const two = tarOf([[Buffer.from('a')], [Buffer.from('b')]]);
  it.each([
    ['its end in the middle', [...two, END_OF_ARCHIVE, ...two, END_OF_ARCHIVE]],
    ['its end in the middle of a frame', [Buffer.concat([...two, END_OF_ARCHIVE]), ...two, END_OF_ARCHIVE]],
    ['no end', two],
    ['half an end', [...two, END_OF_ARCHIVE.subarray(512)]],
    ['something after its end', [...two, END_OF_ARCHIVE, Buffer.from('x')]],
  ])('is left to one when it has %s', async (_, contents) => {
    const { bytes } = framed(contents);
    expect((await whole(bytes)).broken).toBeDefined();
    expect(await shared(bytes, 1)).toBeUndefined();
  });

  it('is left to one when its seek table is not that of its frames', async () => {
    const contents = [...tarOf([[Buffer.from('a')], [Buffer.from('b')], [Buffer.from('c')]]), END_OF_ARCHIVE];
    const ends: readonly ((sizes: readonly FrameSize[]) => Uint8Array)[] = [
      // Two frames are said to be one.
      ([a = NONE, b = NONE, ...rest]) =>
        seekTable([{ ...a, compressedBytes: a.compressedBytes + b.compressedBytes }, ...rest]),
      ([a = NONE, ...rest]) => seekTable([{ ...a, contentBytes: a.contentBytes + 1 }, ...rest]),
      (sizes) => seekTable([...sizes, NONE]),
      (sizes) => changed(seekTable(sizes), -5, 1),
      (sizes) => changed(seekTable(sizes), 0, 0x50),
      // A frame that the table does not know.
      (sizes) =>
        Buffer.concat([framed([new Uint8Array(512)], () => new Uint8Array()).bytes, seekTable(sizes)]),
    ];
    for (const end of ends) {
      const { bytes } = framed(contents, end);
      expect((await whole(bytes)).broken).toBeDefined();
      const many = await shared(bytes, 1);
      expect(many === undefined || many.broken !== undefined).toBe(true);
    }
  });
});
