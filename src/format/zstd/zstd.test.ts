import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import zlib from 'node:zlib';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import { type Compressor, concatInto, type Decompressor } from './codec.ts';
import { nodeCompressor, nodeDecompressor } from './node-zlib.ts';
import { loadWasm, wasmCompressor, wasmDecompressor } from './wasm-zstd.ts';
import { loadCompressor, loadDecompressor, zstdOrigin } from './zstd.ts';
import { measureFrame } from './frame.ts';
import { hasPackage, packageCompressor, packageDecompressor } from './node-zstd.ts';

const MIB = 1024 * 1024;

/** Those that there are here; WASM is one of them everywhere. */
const WASM = await loadWasm();
const [ofNode, ofNodeBack] = [nodeCompressor(), nodeDecompressor()];
const COMPRESSORS: [string, Compressor][] = [
  ['WASM', await wasmCompressor(WASM)],
  ...(hasPackage() ? [['the package', await packageCompressor()] as [string, Compressor]] : []),
  ...(ofNode === undefined ? [] : [['node:zlib', ofNode] as [string, Compressor]]),
];
const DECOMPRESSORS: [string, Decompressor][] = [
  ['WASM', wasmDecompressor(WASM)],
  ...(hasPackage() ? [['the package', packageDecompressor()] as [string, Decompressor]] : []),
  ...(ofNodeBack === undefined ? [] : [['node:zlib', ofNodeBack] as [string, Decompressor]]),
];
const PAIRS = COMPRESSORS.flatMap(([by, compressor]) =>
  DECOMPRESSORS.map(([reader, decompressor]) => [by, reader, compressor, decompressor] as const),
);

const text = Buffer.from('the quick brown fox jumps over the lazy dog\n'.repeat(3000));

const CONTENTS: [string, Uint8Array][] = [
  ['nothing', new Uint8Array(0)],
  ['one byte', Buffer.from('x')],
  ['255 bytes', Buffer.alloc(255, 'x')],
  ['256 bytes', Buffer.alloc(256, 'xy')],
  ['65,535 bytes', randomBytes(65_535)],
  ['65,791 bytes', randomBytes(65_791)],
  ['65,792 bytes', randomBytes(65_792)],
  ['text', text],
  ['5 MiB of zeros', new Uint8Array(5 * MIB)],
  ['5 MiB that do not compress', randomBytes(5 * MIB)],
  ['a view into a larger buffer', new Uint8Array(randomBytes(1000).buffer, 0).subarray(3, 403)],
];

/** What `decompress` refuses to do with `frame`; anything but E_DAMAGED is a failure of the test. */
function refusalOf(decompressor: Decompressor, frame: Uint8Array, sizeBytes: number): string | undefined {
  try {
    decompressor.decompress(frame, sizeBytes);
    return undefined;
  } catch (error) {
    if (error instanceof SnapshotError && error.code === 'E_DAMAGED') return error.message;
    throw error;
  }
}

describe.each(PAIRS)('a frame of %s, read by %s', (_by, _reader, compressor, decompressor) => {
  it.each(CONTENTS)('gives back %s', (_, content) => {
    const frame = compressor.compress(content);
    const back = decompressor.decompress(frame, content.length);
    expect(Buffer.compare(back, content)).toBe(0);
  });

  it('gives back any content', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (content) => {
        const frame = compressor.compress(content);
        expect(Buffer.compare(decompressor.decompress(frame, content.length), content)).toBe(0);
      }),
    );
  });

  it('is read from wherever it lies in a larger buffer', () => {
    const frame = compressor.compress(text);
    const around = Buffer.concat([Buffer.alloc(3, 7), frame, Buffer.alloc(3, 7)]);
    const back = decompressor.decompress(around.subarray(3, 3 + frame.length), text.length);
    expect(back.equals(text)).toBe(true);
  });

  it('is refused when it is cut short at any byte', () => {
    const frame = compressor.compress(randomBytes(300));
    for (let length = 0; length < frame.length; length++) {
      expect(refusalOf(decompressor, frame.subarray(0, length), 300)).toMatch(/^Cannot decompress: /);
    }
  });

  it.each<[string, Uint8Array]>([
    ['a byte', Buffer.from([0])],
    ['a frame', compressor.compress(text)],
    ['a skippable frame', Buffer.from('502a4d180100000000', 'hex')],
  ])('is refused when %s follows it', (_, more) => {
    const frame = Buffer.concat([compressor.compress(text), more]);
    expect(refusalOf(decompressor, frame, text.length)).toBe(
      'Cannot decompress: bytes follow where its frame ends',
    );
    expect(refusalOf(decompressor, frame, text.length * 2)).toBeDefined();
  });

  it.each([0, 1, text.length - 1, text.length + 1, text.length * 2, 2 ** 40])(
    'is refused when it should hold %i bytes',
    (sizeBytes) => {
      expect(refusalOf(decompressor, compressor.compress(text), sizeBytes)).toBeDefined();
    },
  );

  it('never gives back anything else when one bit of it is flipped', () => {
    const content = Buffer.concat([randomBytes(40), Buffer.from('abc'.repeat(40)), Buffer.alloc(200)]);
    const frame = compressor.compress(content);
    let refused = 0;
    for (let bit = 0; bit < frame.length * 8; bit++) {
      const flipped = Buffer.from(frame);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      if (refusalOf(decompressor, flipped, content.length) !== undefined) refused++;
      else expect(decompressor.decompress(flipped, content.length).equals(content)).toBe(true);
    }
    // A few bits mean nothing: a reserved one, and the window's size.
    expect(refused).toBeGreaterThan(frame.length * 8 - 16);
  });

  it('is refused when its checksum is wrong', () => {
    const frame = Buffer.from(compressor.compress(text));
    frame[frame.length - 1] = (frame.at(-1) ?? 0) ^ 0x80;
    expect(refusalOf(decompressor, frame, text.length)).toBeDefined();
  });
});

describe.each(COMPRESSORS)('a frame of %s', (_by, compressor) => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'zstd-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const hasZstd = spawnSync('zstd', ['--version']).status === 0;

  it.skipIf(!hasZstd).each(CONTENTS)('is read by the zstd command when it holds %s', (_, content) => {
    const { stdout, stderr, status } = spawnSync('zstd', ['-dc'], {
      input: compressor.compress(content),
      maxBuffer: 16 * MIB,
    });
    expect([status, String(stderr)]).toEqual([0, '']);
    expect(Buffer.compare(stdout, content)).toBe(0);
  });

  it.skipIf(!hasZstd).each(CONTENTS)(
    'tells the zstd command size and checksum when it holds %s',
    async (_, content) => {
      const file = join(folder, 'frame.zst');
      await writeFile(file, compressor.compress(content));
      const { stdout } = spawnSync('zstd', ['-lv', file], { encoding: 'utf8' });
      expect(stdout).toMatch(new RegExp(String.raw`Decompressed Size: .*\(${content.length} B\)`));
      expect(stdout).toMatch(/Check: XXH64/);
    },
  );

  it.each(CONTENTS)('is measured from its headers when it holds %s', (_, content) => {
    const frame = compressor.compress(content);
    const { bytes, contentBytes, maxContentBytes } = measureFrame(
      Buffer.concat([frame, Buffer.from('more that is no frame')]),
    );
    expect([bytes, contentBytes]).toEqual([frame.length, content.length]);
    expect(maxContentBytes).toBeGreaterThanOrEqual(content.length);
  });

  it('is put into the memory that it is given, if it fits', () => {
    const out = new Uint8Array(new SharedArrayBuffer(text.length));
    const frame = compressor.compress(text, out);
    expect(frame.buffer).toBe(out.buffer);
    expect(Buffer.compare(frame, compressor.compress(text))).toBe(0);
    const tight = new Uint8Array(frame.length);
    expect(compressor.compress(text, tight).buffer).toBe(tight.buffer);
    const small = new Uint8Array(frame.length - 1);
    const elsewhere = compressor.compress(text, small);
    expect(elsewhere.buffer).not.toBe(small.buffer);
    expect(Buffer.compare(elsewhere, frame)).toBe(0);
  });

  it('is read like one file when it follows another', () => {
    const frames = Buffer.concat([compressor.compress(text), compressor.compress(Buffer.from('end'))]);
    const { stdout } = spawnSync('zstd', ['-dc'], { input: frames, maxBuffer: 16 * MIB });
    if (hasZstd) expect(String(stdout)).toBe(`${text.toString()}end`);
    expect(measureFrame(frames).bytes).toBeLessThan(frames.length);
  });
});

// Blocks of one byte repeated, which is what large content of zeros shrinks to.
const block = (isLast: boolean): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUIntLE((131_072 << 3) | (1 << 1) | (isLast ? 1 : 0), 0, 3);
  return bytes;
};

describe.each(DECOMPRESSORS)('decompress() of %s', (_by, decompressor) => {
  it('refuses a frame of a few bytes that would fill the memory', () => {
    const header = Buffer.from('28b52ffd0078', 'hex');
    const bomb = Buffer.concat([header, ...Array.from({ length: 999 }, () => block(false)), block(true)]);
    expect(refusalOf(decompressor, bomb, 1000)).toBe('Cannot decompress: its frame does not hold 1000 bytes');
  });

  it('takes a frame that does not say its size, where the caller does not either', () => {
    // RFC 8878, 3.1.1: a window, no content size; one raw block of three bytes.
    const frame = Buffer.from('28b52ffd0058190000616263', 'hex');
    expect(String(decompressor.decompress(frame, undefined))).toBe('abc');
    expect(refusalOf(decompressor, frame, 2)).toMatch(/hold/);
    expect(() => decompressor.decompress(frame.subarray(0, -1), undefined)).toThrow(
      'in the middle of a frame',
    );
  });

  it('refuses what is no zstd', () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from('PK\x03\x04 a zip'), Buffer.alloc(100)]) {
      expect(refusalOf(decompressor, bytes, 10)).toBe('Cannot decompress: it is not zstd');
    }
  });
});

describe('what loads', () => {
  it('is Node’s own where there is one, else the package, else WASM', async () => {
    const own = 'zstdCompressSync' in zlib;
    expect(zstdOrigin()).toBe(
      own ? 'Node.js' : hasPackage() ? '@toondepauw/node-zstd' : '@bokuweb/zstd-wasm',
    );
    expect(ofNode !== undefined).toBe(own);
    const frame = (await loadCompressor()).compress(text);
    for (const bytes of [frame.length, undefined])
      expect((await loadDecompressor(bytes)).decompress(frame, text.length).equals(text)).toBe(true);
  });
});

const measured = (bytes: Uint8Array): number | 'damaged' => {
  try {
    return measureFrame(bytes).bytes;
  } catch (error) {
    if (error instanceof SnapshotError && error.code === 'E_DAMAGED') return 'damaged';
    throw error;
  }
};

describe('measureFrame()', () => {
  it('finds a frame within any bytes, or says that they are damaged', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const result = measured(bytes);
        if (result !== 'damaged') expect(result).toBeLessThanOrEqual(bytes.length);
      }),
    );
  });

  it('does so also when only the magic number is right', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (rest) => {
        const bytes = Buffer.concat([Buffer.from('28b52ffd', 'hex'), rest]);
        const result = measured(bytes);
        if (result !== 'damaged') expect(result).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 2000 },
    );
  });

  it('knows each form of header that the format has', () => {
    // RFC 8878, 3.1.1.1: descriptor, window, dictionary, content size; then one empty last block.
    const last = '010000';
    expect(measureFrame(Buffer.from(`28b52ffd0058${last}`, 'hex'))).toMatchObject({
      bytes: 9,
      contentBytes: undefined,
    });
    expect(measureFrame(Buffer.from(`28b52ffd2005${last}`, 'hex'))).toMatchObject({
      bytes: 9,
      contentBytes: 5,
    });
    expect(measureFrame(Buffer.from(`28b52ffd600100${last}`, 'hex'))).toMatchObject({
      bytes: 10,
      contentBytes: 257,
    });
    expect(measureFrame(Buffer.from(`28b52ffda001000000${last}`, 'hex'))).toMatchObject({
      bytes: 12,
      contentBytes: 1,
    });
    expect(measureFrame(Buffer.from(`28b52ffde00100000000000000${last}`, 'hex'))).toMatchObject({
      bytes: 16,
      contentBytes: 1,
    });
    // A dictionary's id of four bytes, a window, and a checksum.
    expect(measureFrame(Buffer.from(`28b52ffd0758ffffffff${last}cccccccc`, 'hex'))).toMatchObject({
      bytes: 17,
    });
  });
});

describe('concatInto()', () => {
  const parts = [Buffer.from('ab'), Buffer.from(''), Buffer.from('cd')];

  it('fills the memory it is given, or its own when that is too small', () => {
    const out = new Uint8Array(4);
    expect(concatInto(out, parts).buffer).toBe(out.buffer);
    expect(String(Buffer.from(out))).toBe('abcd');
    for (const tooSmall of [undefined, new Uint8Array(3)]) {
      expect(String(Buffer.from(concatInto(tooSmall, parts)))).toBe('abcd');
    }
  });
});
