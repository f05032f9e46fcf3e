import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { loadCompressor, loadDecompressor } from '../format/zstd/zstd.ts';
import { groupName, userName } from '../host/users.ts';
import { Comparison } from '../tree/compare.ts';
import type { Entry } from '../tree/entry.ts';
import { EntryTable } from '../tree/entry-table.ts';
import type { BytePath } from '../tree/path.ts';
import { IndexCursor } from './index/index-cursor.ts';
import { formatLine } from './index/index-line.ts';
import { LineReader } from './index/lines.ts';

const AT_ONCE = 1000;
const zstd = await loadCompressor();
const decompressor = await loadDecompressor();

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function usedBytes(): number {
  // Memory of arrays is given back behind the scenes; the next collection waits for it.
  for (let round = 0; round < 3; round++) collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function entryOf(i: number): Entry {
  const folder = String(Math.floor(i / 100)).padStart(6, '0');
  return {
    path: `folder-${folder}/some file ${String(i).padStart(8, '0')}.txt` as BytePath,
    type: 'file',
    size: i,
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtimeNs: 1_700_000_000_000_000_000n,
    ctimeNs: 1_700_000_000_000_000_000n,
    inode: BigInt(i),
    target: undefined,
    hardlink: undefined,
  };
}

/** What a run has in memory once a tree is compared with `previous`, and all is read. */
function compared(count: number, previous: IndexCursor): { entries: EntryTable; comparison: Comparison } {
  const entries = new EntryTable();
  const comparison = new Comparison(previous, entries, {
    rehash: false,
    knowsAttributes: true,
    previousStartNs: 1_800_000_000_000_000_000n,
  });
  for (let start = 0; start < count; start += AT_ONCE) {
    const scanned = new EntryTable();
    for (let i = start; i < start + AT_ONCE; i++) scanned.push(entryOf(i));
    entries.append(scanned.toChunk().chunk);
    comparison.advance();
  }
  comparison.finish();
  for (let i = 0; i < count; i++) entries.setHash(i, hashOf(i));
  return { entries, comparison };
}

function hashOf(i: number): Buffer {
  return createHash('sha256').update(String(i)).digest();
}

function indexOf(count: number): IndexCursor {
  const owners = { user: userName(0), group: groupName(0) };
  const frames: Uint8Array[] = [];
  for (let start = 0; start < count; start += AT_ONCE) {
    const lines = Array.from({ length: AT_ONCE }, (_, n) => {
      const i = start + n;
      const item = {
        entry: entryOf(i),
        ...owners,
        hash: hashOf(i),
        at: [0, i, 9, 0],
        changed: false,
      } as const;
      return `${formatLine(item)}\n`;
    });
    frames.push(zstd.compress(Buffer.from(lines.join(''), 'latin1')));
  }
  const bytes = Buffer.concat(frames);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return new IndexCursor(LineReader.open(bytes, sha256, 'index', decompressor), undefined, count);
}

function heldBytes(count: number, isNew: boolean): number {
  const before = usedBytes();
  const cursor = indexOf(isNew ? 0 : count);
  const held = compared(count, cursor);
  const bytes = usedBytes() - before;
  expect(held.comparison.count().added).toBe(isNew ? count : 0);
  expect(cursor.holdings.contents.length).toBe(isNew ? 0 : count);
  return bytes;
}

describe('the memory of a run', () => {
  // The promise is 400; less, so that there is no room for an object that somebody keeps for each entry.
  it.each([
    ['250', 'new', true],
    ['350', 'as before', false],
  ])(
    'grows by less than %s bytes for each entry of a tree that is %s',
    { timeout: 120_000 },
    (most, _, isNew) => {
      heldBytes(AT_ONCE, isNew);
      const [fewer, more] = [heldBytes(25_000, isNew), heldBytes(75_000, isNew)];
      expect((more - fewer) / 50_000).toBeLessThan(Number(most));
      expect(more / 75_000).toBeLessThan(Number(most));
    },
  );
});
