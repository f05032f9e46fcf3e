// Content that is not text: photos, which do not compress, and a disk image, which does here and there.

import type { ContentSource } from './corpus-text.ts';
import type { Random } from './random.ts';

const JPEG_START = Buffer.from('ffd8ffe000104a46494600010100000100010000', 'hex');

export function photoSource(random: Random): ContentSource {
  let first = true;
  return (target) => {
    random.fill(target);
    if (first) JPEG_START.copy(target);
    first = false;
  };
}

const BLOCK_BYTES = 64 * 1024;
const RECORD_BYTES = 32;

/** Table rows as a database writes them: a counter, a time that grows, small numbers, a checksum. */
function fillWithRecords(random: Random, block: Buffer): void {
  let id = random.next();
  let time = 1_700_000_000 + random.below(10_000_000);
  for (let at = 0; at + RECORD_BYTES <= block.length; at += RECORD_BYTES) {
    time += random.below(30);
    id = (id + 1) >>> 0;
    block.fill(0, at, at + RECORD_BYTES);
    block.writeUInt32LE(id, at);
    block.writeUInt32LE(time, at + 8);
    block.writeUInt16LE(random.below(500), at + 16);
    block.writeUInt8(random.below(4), at + 20);
    block.writeUInt32LE(random.next(), at + 24);
  }
}

function fillWithRuns(random: Random, block: Buffer): void {
  for (let at = 0; at < block.length;) {
    const end = Math.min(block.length, at + random.between(4, 400));
    block.fill(random.below(256), at, end);
    at = end;
  }
}

/** A disk image, block by block: a third records, a quarter random, the rest zeros and runs. */
export function imageSource(random: Random): ContentSource {
  return (target) => {
    for (let at = 0; at < target.length; at += BLOCK_BYTES) {
      const block = target.subarray(at, at + BLOCK_BYTES);
      const kind = random.below(12);
      if (kind < 4) fillWithRecords(random, block);
      else if (kind < 7) random.fill(block);
      else if (kind < 9) fillWithRuns(random, block);
      else block.fill(0);
    }
  };
}
