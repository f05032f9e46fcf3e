import { deflateRawSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Compressor } from '../format/zstd/codec.ts';
import { loadCompressor, loadDecompressor } from '../format/zstd/zstd.ts';
import { frameContent, recordContent } from './content.ts';

const zstd = await loadDecompressor();
let compressor: Compressor;
beforeAll(async () => {
  compressor = await loadCompressor();
});

/** A frame that says it holds `claimed` bytes, in blocks of `blocks` times the same byte: RFC 8878, 3.1.1. */
function bomb(claimed: bigint, blocks: number): Buffer {
  const head = Buffer.alloc(14);
  head.writeUInt32LE(0xfd2fb528, 0);
  // The size takes 8 bytes; a window of 8 MiB.
  head[4] = 0b1100_0000;
  head[5] = 13 << 3;
  head.writeBigUInt64LE(claimed, 6);
  const block = Buffer.alloc(4);
  block.writeUIntLE((131_072 << 3) | (1 << 1), 0, 3);
  const last = Buffer.from(block);
  last.writeUIntLE((131_072 << 3) | (1 << 1) | 1, 0, 3);
  return Buffer.concat([head, ...Array.from({ length: blocks - 1 }, () => block), last]);
}

/** Blocks of 128 KiB of zeros, in a frame that does not say how much it holds. */
function unsized(blocks: number): Buffer {
  const sized = bomb(0n, blocks);
  return Buffer.concat([sized.subarray(0, 4), Buffer.from([0, 7 << 3]), sized.subarray(14)]);
}

describe('frameContent()', () => {
  it('takes a frame that does not say how much it holds for what its blocks can hold', () => {
    const frames = [compressor.compress(Buffer.from('one')), unsized(2)];
    expect(frameContent(Buffer.concat(frames), 3 + 2 * 131_072, zstd).length).toBe(3 + 2 * 131_072);
  });

  it('gives the content of several frames', () => {
    const frames = ['one', 'two'].map((text) => compressor.compress(Buffer.from(text)));
    expect(frameContent(Buffer.concat(frames), 6, zstd).toString()).toBe('onetwo');
  });

  it.each([
    ['a small frame that claims 10 GB', (): Buffer => bomb(10_000_000_000n, 1)],
    ['a small frame that holds 10 GB', (): Buffer => bomb(10_000_000_000n, 76_294)],
    ['a frame that claims little and holds 10 GB', (): Buffer => bomb(10n, 76_294)],
    [
      'two frames that are too much together',
      (): Buffer => Buffer.concat([bomb(50_000_000n, 400), bomb(50_000_000n, 400)]),
    ],
    [
      'frames that are too much together, of which one does not say so',
      (): Buffer => Buffer.concat([compressor.compress(Buffer.alloc(100)), unsized(600)]),
    ],
    ['no frame', (): Buffer => Buffer.from('no frame at all')],
    ['half a frame', (): Buffer => Buffer.from(compressor.compress(Buffer.alloc(100, 'x'))).subarray(0, -5)],
    ['a frame with less than is needed', (): Buffer => Buffer.from(compressor.compress(Buffer.from('x')))],
  ])('refuses %s', (_, frame) => {
    expect(() => frameContent(frame(), 10, zstd)).toThrow(expect.objectContaining({ name: 'Damaged' }));
  });
});

function record(content: Buffer, method: number): Buffer {
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(method, 8);
  head.writeUInt16LE(4, 26);
  return Buffer.concat([head, Buffer.from('name'), content, Buffer.from('what follows')]);
}

describe('recordContent()', () => {
  it('gives what is deflated, and what is stored', () => {
    expect(recordContent(record(deflateRawSync('some text'), 8), 9).toString()).toBe('some text');
    expect(recordContent(record(Buffer.from('some text'), 0), 9).toString()).toBe('some text');
  });

  it('stops to inflate at the size of the index: a bomb', () => {
    const packed = record(deflateRawSync(Buffer.alloc(100_000_000)), 8);
    // By zlib, not by looking at what came of it.
    expect(() => recordContent(packed, 9)).toThrow('larger than 10 bytes');
  });

  it.each([
    ['less than the index says', record(deflateRawSync('short'), 8)],
    ['less, stored', record(Buffer.alloc(0), 0).subarray(0, 36)],
    ['what is not deflated', record(Buffer.from('some text'), 8)],
    ['an unknown method', record(deflateRawSync('some text'), 12)],
    ['no record', Buffer.from('something else that is long enough')],
    ['a record cut short', record(Buffer.alloc(0), 0).subarray(0, 20)],
  ])('refuses %s', (_, bytes) => {
    expect(() => recordContent(bytes, 9)).toThrow(expect.objectContaining({ name: 'Damaged' }));
  });
});
