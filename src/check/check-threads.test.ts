import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { END_OF_ARCHIVE } from '../format/tar/tar.ts';
import { loadBlake3 } from '../hash/blake3.ts';
import { framed, memberOf } from './archive.lab.ts';
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

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'snapshot-check-'));
  const blake3 = await loadBlake3();
  // Much of it compresses.
  const contents = Array.from({ length: FILES }, () =>
    Buffer.concat([randomBytes(FILE_BYTES / 8), Buffer.alloc(FILE_BYTES)], FILE_BYTES),
  );
  const members = contents.map((content, i) => memberOf(`file ${i}`, content));
  const { bytes, frames } = framed([...members, END_OF_ARCHIVE]);
  archive = bytes;
  let offset = 0;
  pieces = contents.map((content, i): Piece => {
    const length = frames[i]?.length ?? 0;
    const skip = (members[i]?.length ?? 0) - FILE_BYTES;
    const piece = { offset, length, skip, size: FILE_BYTES, hash: Buffer.from(blake3.hash(content)) };
    offset += length;
    return piece;
  });
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
