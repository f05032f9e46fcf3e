import {
  appendFileSync,
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seekCall } from '../base/hole-calls.ts';
import { Expansion } from '../format/sparse.ts';
import { loadBlake3 } from '../hash/blake3.ts';
import type { Entry } from '../tree/entry.ts';
import type { BytePath } from '../tree/path.ts';
import { PIECE_BYTES } from './batches.ts';
import { type Begin, type End, largeFile, type Piece } from './large-file.ts';
import { openFiles } from './open-files.lab.ts';
import { seenOf } from './read-file.ts';
import { SharedBuffers } from './shared-buffers.ts';

const blake3 = await loadBlake3();
const hasher = await blake3.create();

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'large-file-'));
  file = join(folder, 'file');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function scanned(path = file): Entry {
  const stats = lstatSync(path, { bigint: true });
  return {
    path: 'file' as BytePath,
    type: 'file',
    mode: 0o644,
    uid: 0,
    gid: 0,
    target: undefined,
    hardlink: undefined,
    ...seenOf(stats),
  };
}

function writeAt(text: string, at: number): void {
  const fd = openSync(file, 'r+');
  writeSync(fd, text, at);
  closeSync(fd);
}

const { signal } = new AbortController();

interface Try {
  readonly seen: Begin['seen'] | undefined;
  readonly pieces: { readonly content: Buffer; readonly bytes: number; readonly last: boolean }[];
  readonly outcome: End['outcome'] | undefined;
}

/** All tries at the file; `during` happens after each piece. */
async function tries(
  during: (tries: number, piece: number) => void = () => {},
  {
    padded = true,
    entry = scanned(),
    root = folder,
  }: { padded?: boolean; entry?: Entry; root?: string } = {},
): Promise<Try[]> {
  const all: Try[] = [];
  const buffers = new SharedBuffers();
  let now: { -readonly [K in keyof Try]: Try[K] } = { seen: undefined, pieces: [], outcome: undefined };
  const take = (item: Begin | Piece | End): void => {
    if (item.kind === 'begin') now.seen = item.seen;
    if (item.kind === 'piece') {
      const content = Buffer.from(Buffer.from(item.piece, 0, item.bytes));
      now.pieces.push({ content, bytes: item.bytes, last: item.last });
      // As in a run, memory comes back with what it held.
      buffers.give(item.piece);
      during(all.length + 1, now.pieces.length);
    }
    if (item.kind === 'end') {
      all.push({ ...now, outcome: item.outcome });
      now = { seen: undefined, pieces: [], outcome: undefined };
    }
  };
  for await (const item of largeFile(7, entry, { root, hasher, buffers, isTar: padded, signal })) {
    expect(item.i).toBe(7);
    take(item);
  }
  return all;
}

function contentOf(one: Try | undefined): Buffer {
  return Buffer.concat(one?.pieces.map(({ content }) => content) ?? []);
}

function touch(seconds: number): void {
  utimesSync(file, seconds, seconds);
}

const LARGE = 2 * PIECE_BYTES + 1000;

describe('largeFile()', () => {
  it.each([0, 1, PIECE_BYTES, PIECE_BYTES + 1, 2 * PIECE_BYTES, LARGE])(
    'reads %i bytes in pieces, with hash and checksum of the whole',
    async (size) => {
      const content = randomBytes(size);
      writeFileSync(file, content);
      for (const padded of [false, true]) {
        const [only, ...more] = await tries(() => {}, { padded });
        expect(more).toEqual([]);
        const count = Math.max(1, Math.ceil(size / PIECE_BYTES));
        expect(only?.pieces.map(({ last }) => last)).toEqual([...Array(count - 1).fill(false), true]);
        const read = contentOf(only);
        expect(read).toHaveLength(padded ? Math.ceil(size / 512) * 512 : size);
        expect(read.subarray(0, size).equals(content)).toBe(true);
        expect(read.subarray(size).every((byte) => byte === 0)).toBe(true);
        expect(only?.outcome).toEqual({
          kind: 'read',
          changed: false,
          hash: blake3.hash(content),
          crc: padded ? 0 : crc32(content),
        });
      }
    },
  );

  it.each<[string, () => void]>([
    ['changes in place', () => writeFileSync(file, 'NEW', { flag: 'r+' })],
    ['grows', () => appendFileSync(file, 'more')],
    ['shrinks', () => truncateSync(file, PIECE_BYTES + 5)],
    ['is emptied', () => truncateSync(file, 0)],
  ])('begins again when the file %s while it is read', async (_, change) => {
    writeFileSync(file, randomBytes(LARGE));
    const [first, second, ...more] = await tries((n, piece) => {
      if (n !== 1 || piece !== 1) return;
      change();
      touch(1);
    });
    expect([first?.outcome, more]).toEqual([{ kind: 'again' }, []]);
    const now = readFileSync(file);
    expect(second?.seen).toEqual({ ...seenOf(lstatSync(file, { bigint: true })), attributes: '' });
    expect(second?.outcome).toMatchObject({ kind: 'read', changed: false, hash: blake3.hash(now) });
    expect(contentOf(second).subarray(0, now.length).equals(now)).toBe(true);
  });

  it('keeps what it read last when the file changes during each of three tries', async () => {
    writeFileSync(file, randomBytes(LARGE));
    const all = await tries((n, piece) => {
      if (piece === 1) appendFileSync(file, `more ${n}`);
    });
    expect(all.map(({ outcome }) => outcome?.kind)).toEqual(['again', 'again', 'read']);
    const last = all[2];
    expect(last?.outcome).toMatchObject({ changed: true });
    // As much as its header says, whatever was added meanwhile.
    const size = last?.seen?.size ?? 0;
    expect(size).toBe(LARGE + 2 * 'more 1'.length);
    const content = readFileSync(file).subarray(0, size);
    expect(contentOf(last).subarray(0, size).equals(content)).toBe(true);
    expect(last?.outcome).toMatchObject({ hash: blake3.hash(content) });
  });

  it('fills up with zeros what is missing when the file shrinks for the third time', async () => {
    writeFileSync(file, Buffer.alloc(LARGE, 'x'));
    let size = LARGE;
    const all = await tries(
      (_, piece) => {
        if (piece === 1) truncateSync(file, --size);
      },
      { padded: false },
    );
    const last = all.at(-1);
    const expected = Buffer.concat([Buffer.alloc(LARGE - 3, 'x'), Buffer.alloc(1)]);
    expect(all).toHaveLength(3);
    expect(last?.seen?.size).toBe(LARGE - 2);
    expect(contentOf(last).equals(expected)).toBe(true);
    expect(last?.outcome).toEqual({
      kind: 'read',
      changed: true,
      hash: blake3.hash(expected),
      crc: crc32(expected),
    });
  });

  it.each(['/proc/kallsyms', '/sys/kernel/profiling'].filter((path) => existsSync(path)))(
    'has all that is read of %s, whatever size is listed',
    async (path) => {
      const content = readFileSync(path);
      const entry = { ...scanned(path), path: path.slice(1) as BytePath };
      for (const size of [entry.size, content.length]) {
        const all = await tries(() => {}, { padded: false, entry: { ...entry, size }, root: '/' });
        const last = all.at(-1);
        expect([last?.seen?.size, contentOf(last).equals(content)]).toEqual([content.length, true]);
        expect(last?.outcome).toEqual({
          kind: 'read',
          changed: false,
          hash: blake3.hash(content),
          crc: crc32(content),
        });
      }
    },
  );

  it('ends lost when the file is not there, without having begun', async () => {
    writeFileSync(file, 'x');
    const entry = scanned();
    unlinkSync(file);
    expect(await tries(() => {}, { entry })).toEqual([
      { seen: undefined, pieces: [], outcome: { kind: 'vanished', reason: 'vanished' } },
    ]);
    symlinkSync('/etc/passwd', file);
    expect(await tries(() => {}, { entry })).toEqual([
      { seen: undefined, pieces: [], outcome: { kind: 'vanished', reason: 'is no file any more' } },
    ]);
  });

  it('begins again when the file was replaced by a smaller one since the scan', async () => {
    writeFileSync(file, randomBytes(LARGE));
    const entry = scanned();
    unlinkSync(file);
    writeFileSync(file, 'small');
    chmodSync(file, 0o600);
    const all = await tries(() => {}, { entry, padded: false });
    expect(all.map(({ outcome }) => outcome?.kind)).toEqual(['again', 'read']);
    expect(String(contentOf(all[1]))).toBe('small');
  });

  describe.skipIf(seekCall() === undefined)('of a file with holes', () => {
    const SIZE = 40 * 1024 * 1024;
    const MIDDLE = SIZE / 2;

    /** What the pieces of a try stand for. */
    function expandedOf(one: Try | undefined): Buffer {
      const expansion = new Expansion(SIZE);
      const pieces = (one?.pieces ?? []).flatMap(({ content }) =>
        [...expansion.add(content)].map((part) => Buffer.from(part)),
      );
      expect(expansion.isWhole).toBe(true);
      return Buffer.concat(pieces);
    }

    it('reads the data only, and hashes all', async () => {
      writeFileSync(file, '');
      truncateSync(file, SIZE);
      writeAt('data', MIDDLE);
      const [only, ...more] = await tries(() => {}, { entry: { ...scanned(), allocated: 4096 } });
      expect(more).toEqual([]);
      expect(only?.pieces.map(({ bytes, last }) => [bytes, last])).toEqual([[512 + 4096, true]]);
      expect(only?.outcome).toMatchObject({
        kind: 'read',
        changed: false,
        hash: blake3.hash(readFileSync(file)),
      });
      expect(expandedOf(only).equals(readFileSync(file))).toBe(true);
    });

    it('begins anew when a hole is filled meanwhile', async () => {
      writeFileSync(file, '');
      truncateSync(file, SIZE);
      writeAt('data', MIDDLE);
      const all = await tries(
        (n) => {
          if (n === 1) writeAt('more', 2 * MIDDLE - 4096);
        },
        { entry: { ...scanned(), allocated: 4096 } },
      );
      expect(all.map(({ outcome }) => outcome?.kind)).toEqual(['again', 'read']);
      expect(expandedOf(all[1]).equals(readFileSync(file))).toBe(true);
    });

    it('reads no hole either that came after the scan', async () => {
      writeFileSync(file, randomBytes(100_000));
      const all = await tries((n) => {
        if (n === 1) truncateSync(file, SIZE);
      });
      expect(all.map(({ outcome }) => outcome?.kind)).toEqual(['again', 'read']);
      expect(all[1]?.pieces.map(({ bytes }) => bytes)).toEqual([512 + 102_400]);
      expect(expandedOf(all[1]).equals(readFileSync(file))).toBe(true);
    });

    it('is marked when it changes each time, with content of its own hash', async () => {
      writeFileSync(file, '');
      truncateSync(file, SIZE);
      writeAt('data', MIDDLE);
      const all = await tries((n) => writeAt('more', MIDDLE / 2 + n * 1_000_000), {
        entry: { ...scanned(), allocated: 4096 },
      });
      expect(all.map(({ outcome }) => outcome?.kind)).toEqual(['again', 'again', 'read']);
      const hash = blake3.hash(expandedOf(all[2]));
      expect(all[2]?.outcome).toMatchObject({ changed: true, hash });
    });
  });

  it.skipIf(process.platform !== 'linux')('closes the file when its caller wants no more', async () => {
    writeFileSync(file, randomBytes(LARGE));
    for await (const item of largeFile(7, scanned(), {
      root: folder,
      hasher,
      buffers: new SharedBuffers(),
      isTar: true,
      signal,
    })) {
      if (item.kind === 'piece') break;
    }
    expect(openFiles(folder)).toEqual([]);
  });
});
