import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Compressor } from '../../format/zstd/codec.ts';
import { loadCompressor, loadDecompressor } from '../../format/zstd/zstd.ts';
import type { StoreWriter } from '../../store/store.ts';
import { LineReader, writeLines } from './lines.ts';

const zstd: Compressor = await loadCompressor();
const decompressor = await loadDecompressor();

/** Remembers what is written. */
class MemoryWriter implements StoreWriter {
  readonly parts: Buffer[] = [];

  async write(bytes: Uint8Array): Promise<void> {
    this.parts.push(Buffer.from(bytes));
  }
  async rewind(): Promise<void> {}
  async commit(): Promise<void> {}
  async discard(): Promise<void> {}

  get bytes(): Buffer {
    return Buffer.concat(this.parts);
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function written(lines: Iterable<string>): Promise<MemoryWriter> {
  const writer = new MemoryWriter();
  const { bytes, sha256: sum } = await writeLines(lines, writer);
  expect([bytes, sum]).toEqual([writer.bytes.length, sha256(writer.bytes)]);
  return writer;
}

function open(bytes: Buffer): LineReader {
  return LineReader.open(bytes, sha256(bytes), 'the/index', decompressor);
}

/** Every line, one character per byte. */
function all(reader: LineReader): string[] {
  const lines: string[] = [];
  for (; reader.hasLine(); reader.at = reader.end() + 1) {
    const line = reader.text.slice(reader.at, reader.end());
    expect(reader.line()).toBe(Buffer.from(line, 'latin1').toString('utf8'));
    lines.push(line);
  }
  return lines;
}

/** A file of exactly these frames. */
function framesOf(...texts: readonly string[]): Buffer {
  return Buffer.concat(texts.map((text) => zstd.compress(Buffer.from(text, 'latin1'))));
}

const lines = fc.array(
  fc
    .uint8Array({ maxLength: 50 })
    .map((bytes) => Buffer.from(bytes).toString('latin1').replaceAll('\n', ' ')),
  { maxLength: 50 },
);

describe('writeLines()', () => {
  it('is undone by LineReader, byte for byte', async () => {
    await fc.assert(
      fc.asyncProperty(lines, async (some) => {
        expect(all(open((await written(some)).bytes))).toEqual(some);
      }),
    );
  });

  it('writes one frame even when there are no lines', async () => {
    const { bytes } = await written([]);
    expect(bytes.length).toBeGreaterThan(0);
    expect(all(open(bytes))).toEqual([]);
  });

  it('writes frames of about a mebibyte, each of whole lines, for the zstd command as well', async () => {
    // About 4 MB of lines that do not compress to nothing.
    const some = Array.from({ length: 16_000 }, () => randomBytes(120).toString('hex'));
    const { parts, bytes } = await written(some);
    expect(parts.map((part) => all(open(part)).length > 0)).toEqual([true, true, true, true]);
    expect(all(open(bytes))).toEqual(some);
    const maxBuffer = 64 * 1024 * 1024;
    const { stdout, status } = spawnSync('zstd', ['-dc'], { input: bytes, maxBuffer });
    if (status !== null) expect(String(stdout)).toBe(some.map((line) => `${line}\n`).join(''));
  });

  it.each([0, 1, 1000])(
    'has room for a line that is longer than a frame, after %i others',
    async (others) => {
      const some = [...Array.from({ length: others }, (_, i) => `line ${i}`), 'x'.repeat(3_000_000), 'last'];
      expect(all(open((await written(some)).bytes))).toEqual(some);
    },
  );
});

describe('LineReader', () => {
  it('refuses a frame that claims to fill the memory, before it is read', () => {
    // RFC 8878, 3.1.1: magic number, a size of 4 bytes, and one block that is empty.
    const claims = [0x28, 0xb5, 0x2f, 0xfd, 0xa0, 1, 0, 0, 4, 1, 0, 0];
    const [most, more] = [Buffer.from(claims.with(5, 0)), Buffer.from(claims)];
    expect(() => all(open(more))).toThrow(/the frame at byte 0: it claims 67108865 bytes/);
    expect(() => all(open(most))).toThrow(/the frame at byte 0: (?!it claims)/);
  });

  it('refuses a file whose SHA-256 is not what info.json says', async () => {
    const { bytes } = await written(['a']);
    const sum = sha256(bytes);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    expect(() => LineReader.open(bytes, sum, 'the/index', decompressor)).toThrow(
      expect.objectContaining({
        code: 'E_DAMAGED',
        message: '"the/index" is damaged: its SHA-256 is not what info.json says',
      }) as Error,
    );
  });

  it.each<[string, Buffer, string]>([
    ['no zstd', Buffer.from('path'), 'it is not zstd'],
    ['a frame that is cut short', framesOf('a\nb\n').subarray(0, -1), 'it ends in the middle of a frame'],
    [
      'a second frame that is cut short',
      Buffer.concat([framesOf('a\n'), framesOf('b\n').subarray(0, -1)]),
      'it ends in the middle of a frame',
    ],
    ['more after its end', Buffer.concat([framesOf('a\n'), Buffer.from('more')]), 'it is not zstd'],
    ['a last line that is cut short', framesOf('a\nb'), '"the/index" is damaged: its last line is cut short'],
    ['a line that spans frames', framesOf('a', 'b\n'), '"the/index" is damaged: its last line is cut short'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => all(open(bytes))).toThrow(
      expect.objectContaining({
        code: 'E_DAMAGED',
        message: expect.stringContaining(message) as string,
      }) as Error,
    );
  });

  it('throws nothing but E_DAMAGED, whatever the bytes', async () => {
    const { bytes } = await written(['{"path":"a"}', '{"path":"b"}']);
    const places = fc.nat({ max: bytes.length - 1 });
    fc.assert(
      fc.property(places, fc.nat({ max: 255 }), fc.nat({ max: bytes.length }), (at, byte, length) => {
        const other = Buffer.from(bytes);
        other[at] = byte;
        try {
          all(open(other.subarray(0, length)));
        } catch (error) {
          expect(error).toMatchObject({ name: 'SnapshotError', code: 'E_DAMAGED' });
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('stays at a line until it is told to go on, and at its end', async () => {
    const reader = open((await written(['a', 'b'])).bytes);
    expect([reader.hasLine(), reader.line(), reader.line()]).toEqual([true, 'a', 'a']);
    reader.at = reader.end() + 1;
    expect([reader.hasLine(), reader.line()]).toEqual([true, 'b']);
    reader.at = reader.end() + 1;
    expect([reader.hasLine(), reader.hasLine()]).toEqual([false, false]);
  });
});
