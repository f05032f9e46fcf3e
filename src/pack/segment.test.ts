import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { formatAttributes } from '../base/attributes.ts';
import type { Member } from '../format/member.ts';
import { loadCompressor, loadDecompressor } from '../format/zstd/zstd.ts';
import { TarSegment } from './segment.ts';

const CAPACITY = 16 * 1024;

const zstd = await loadCompressor();
const decompressor = await loadDecompressor();

function fileOf(size: number, attributes?: string): Member {
  return {
    path: 'file',
    type: 'file',
    size,
    mode: 0o644,
    uid: 0,
    gid: 0,
    user: undefined,
    group: undefined,
    mtimeNs: 0n,
    target: undefined,
    attributes,
  };
}

/** Adds a file as a worker does: of its attributes nothing is known before it is read. @returns Where its content begins. */
function add(segment: TarSegment, content: Buffer, attributes?: string): number {
  segment.room(fileOf(content.length + 1)).set(content);
  return segment.addFile(fileOf(content.length, attributes)).skip;
}

function finished(segment: TarSegment): Buffer {
  const { bytes, contentBytes } = segment.finish(new Uint8Array(0));
  return decompressor.decompress(bytes, contentBytes);
}

describe('a segment of a tar', () => {
  it.each([0, 100, 5000, CAPACITY, 4 * CAPACITY])(
    'has the content of files with attributes of %i bytes, however much room those take',
    (bytes) => {
      const segment = new TarSegment(zstd, CAPACITY);
      const attributes = formatAttributes([['user.note', randomBytes(bytes)]]);
      const contents = [randomBytes(700), randomBytes(9000), randomBytes(1)];
      const places = contents.map((content) => add(segment, content, attributes));
      const tar = finished(segment);
      for (const [n, content] of contents.entries()) {
        const at = places[n] ?? -1;
        expect(tar.subarray(at, at + content.length).equals(content)).toBe(true);
      }
    },
  );

  it('holds nothing of the segment before it', () => {
    const segment = new TarSegment(zstd, CAPACITY);
    add(segment, Buffer.alloc(9000, 'before'));
    finished(segment);
    const at = add(segment, Buffer.from('x'));
    const tar = finished(segment);
    expect(tar.subarray(at).equals(Buffer.concat([Buffer.from('x')], 512))).toBe(true);
  });
});
