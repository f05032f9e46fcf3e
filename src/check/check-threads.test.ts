import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Member } from '../format/member.ts';
import { END_OF_ARCHIVE, maxHeaderBytes, paddedBytes, writeHeader } from '../format/tar/tar.ts';
import { seekTable } from '../format/zstd/seek-table.ts';
import { loadCompressor } from '../format/zstd/zstd.ts';
import { loadBlake3 } from '../hash/blake3.ts';
import { mayBeCut, partsOf } from './archive-parts.ts';
import { checkArchives } from './check-threads.ts';
import type { Piece } from './piece-list.ts';
import { PieceTable } from './piece-table.ts';
import { BAD, type CheckResult, GOOD } from './tasks.ts';

const FILES = 75;
const FILE_BYTES = 2 * 1024 * 1024;

let folder: string;
/** Frames with one file each, then the end and the table. */
let archive: Buffer;
let pieces: readonly Piece[];

function member(path: string, content: Buffer): Buffer {
  const facts: Member = {
    path,
    type: 'file',
    size: content.length,
    mode: 0o644,
    uid: 0,
    gid: 0,
    user: undefined,
    group: undefined,
    mtimeNs: 0n,
    target: undefined,
  };
  const header = Buffer.alloc(maxHeaderBytes(facts));
  const headerBytes = writeHeader(header, 0, facts);
  return Buffer.concat([header.subarray(0, headerBytes), content], headerBytes + paddedBytes(content.length));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'snapshot-check-'));
  const compressor = await loadCompressor();
  const blake3 = await loadBlake3();
  const frames: Buffer[] = [];
  const sizes: { compressedBytes: number; contentBytes: number }[] = [];
  const add = (content: Uint8Array): Buffer => {
    const frame = Buffer.from(compressor.compress(content));
    frames.push(frame);
    sizes.push({ compressedBytes: frame.length, contentBytes: content.length });
    return frame;
  };
  let offset = 0;
  pieces = Array.from({ length: FILES }, (_, i) => {
    // Much of it compresses.
    const content = Buffer.concat([randomBytes(FILE_BYTES / 8), Buffer.alloc(FILE_BYTES)], FILE_BYTES);
    const tar = member(`file ${i}`, content);
    const { length } = add(tar);
    const skip = tar.length - FILE_BYTES;
    const piece = { offset, length, skip, size: FILE_BYTES, hash: Buffer.from(blake3.hash(content)) };
    offset += length;
    return piece;
  });
  add(END_OF_ARCHIVE);
  archive = Buffer.concat([...frames, seekTable(sizes)]);
  const source = {
    sizeBytes: archive.length,
    read: async (at: number, length: number) => await Promise.resolve(archive.subarray(at, at + length)),
  };
  expect(mayBeCut(archive.length)).toBe(true);
  expect(await partsOf(source)).toHaveLength(3);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What is said of `bytes`, which should be {@link archive}. @param isHere - Whether no thread reads it. */
async function check(
  bytes: Buffer,
  threads: number,
  isHere = false,
  sha256 = createHash('sha256').update(archive).digest('hex'),
): Promise<CheckResult> {
  writeFileSync(join(folder, 'a'), bytes);
  const table = new PieceTable();
  for (const piece of pieces) table.add(piece);
  const file = { key: 'a', where: 'a', format: 'tar.zst', sizeBytes: bytes.length } as const;
  const order = {
    archive: { ...file, folder: isHere ? undefined : folder },
    sha256,
    expected: Promise.resolve({ pieces: table.share(), isComplete: true }),
    chosen: undefined,
  };
  const results: CheckResult[] = [];
  await checkArchives([['a', order]], (_, result) => results.push(result), {
    signal: new AbortController().signal,
    progress: () => {},
    read: async (_, at, length) => await Promise.resolve(bytes.subarray(at, at + length)),
    threads,
  });
  expect(results).toHaveLength(1);
  return results[0] ?? { flaws: [], states: new Uint8Array() };
}

it.each([1, 2, 5])('a large archive is read in %i threads', async (threads) => {
  expect(await check(archive, threads)).toEqual({ flaws: [], states: new Uint8Array(FILES).fill(GOOD) });
});

it('what is damaged in a part of it costs what lies there, and is told as if one had read all', async () => {
  const changed = Buffer.from(archive);
  const { offset, length } = pieces[40] ?? { offset: 0, length: 0 };
  const at = offset + Math.floor(length / 2);
  changed[at] = 1 ^ (changed[at] ?? 0);
  const result = await check(changed, 2);
  expect(result).toEqual(await check(changed, 2, true));
  expect(result.flaws).toHaveLength(1);
  expect(result.flaws[0]?.what).toContain(`the frame at byte ${offset}`);
  const bad = [...result.states.keys()].filter((slot) => result.states[slot] === BAD);
  expect(bad).toEqual([40]);
});

it('one that is cut short gives what is before that', async () => {
  const short = archive.subarray(0, (pieces[50]?.offset ?? 0) + 10);
  const result = await check(short, 2);
  expect(result).toEqual(await check(short, 2, true));
  expect([...result.states]).toEqual([...pieces.keys()].map((slot) => (slot < 50 ? GOOD : BAD)));
});

it('one that is whole, and not the one that it should be, is told by its sum', async () => {
  const { flaws, states } = await check(archive, 2, false, '0'.repeat(64));
  expect(flaws).toEqual([{ what: 'its SHA-256 is not what info.json says', at: undefined }]);
  expect(states).toEqual(new Uint8Array(FILES).fill(GOOD));
});
