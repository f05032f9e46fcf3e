// Everything that reads what others may have written.
import { createHash } from 'node:crypto';
import { readArchive } from '../../src/format/read-archive.ts';
import type { Compressor } from '../../src/format/zstd/codec.ts';
import { loadCompressor, loadDecompressor } from '../../src/format/zstd/zstd.ts';
import { readCsv } from '../../src/plan/csv.ts';
import { readHeader, readSettings } from '../../src/plan/table.ts';
import { EntryLines } from '../../src/series/index/entry-lines.ts';
import { readHeld } from '../../src/series/guards.ts';
import { IndexCursor } from '../../src/series/index/index-cursor.ts';
import { parseDead } from '../../src/series/index/index-line.ts';
import { parseInfo } from '../../src/series/info.ts';
import { LineReader } from '../../src/series/index/lines.ts';
import { SeriesLock } from '../../src/series/lock/lock.ts';
import { parseRestore } from '../../src/series/script/read-script.ts';
import { Series } from '../../src/series/series.ts';
import { parseSums } from '../../src/series/sums.ts';
import { OneFile } from './one-file.ts';
import type { Reader } from './reader.ts';
import { contentOf, type SeedFile } from './seeds.ts';
import { settingReaders } from './setting-readers.ts';
import { stateReaders } from './state-readers.ts';

const PLAN = `\uFEFF# plan
active;source;destination;name;keep;format;strategy;exclude;shutdown
yes;~/a;"/mnt/x ""y""";n;last=7 daily=14;zip;full;*.tmp|/b/;no
no;$HOME/b;b;;7;tar.zst;incremental;;yes
`;
const HELD =
  '{\n  "since": "2026-11-19T02:00:00.000Z",\n  "guard": "mass-change",\n  "snapshot": "s",\n  "message": "m"\n}\n';
const LOCK =
  '{"owner":{"host":"h","machine":"m","boot":"b 1","pid":7,"started":"1"},"held":true,"since":"2026-11-19T02:00:00.000Z"}\n';

export async function allReaders(seeds: readonly SeedFile[]): Promise<readonly Reader[]> {
  const zstd = await loadCompressor();
  const named = (pattern: RegExp): Buffer[] =>
    seeds.flatMap(({ name, bytes }) => (pattern.test(name) ? [bytes] : []));
  const [index, changes, dead] = [named(/^index/), named(/^changes/), named(/^dead/)];
  const tars = named(/tar\.zst$/);
  return [
    { name: 'plan', valid: [Buffer.from(PLAN)], read: readPlan, isTolerant: true },
    { name: 'info.json', valid: named(/^info/), read: (bytes) => parseInfo(bytes.toString('utf8'), 'x') },
    { name: 'index frames', valid: [...index, ...changes], read: (bytes) => readEntries(bytes, undefined) },
    {
      name: 'index lines',
      valid: index.map(contentOf),
      read: (bytes, other) => readEntries(frame(zstd, bytes), frame(zstd, other)),
    },
    {
      name: 'changes lines',
      valid: [...changes, ...index].map(contentOf),
      read: (bytes, other) => readEntries(frame(zstd, other), frame(zstd, bytes)),
    },
    { name: 'dead lines', valid: dead.map(contentOf), read: (bytes) => readDead(frame(zstd, bytes)) },
    { name: 'tar frames', valid: tars, read: async (bytes) => await readMembers('tar.zst', bytes) },
    {
      name: 'tar blocks',
      valid: tars.map(contentOf),
      read: async (bytes) => await readMembers('tar.zst', frame(zstd, withChecksums(bytes))),
    },
    { name: 'zip', valid: named(/zip$/), read: async (bytes) => await readMembers('zip', bytes) },
    {
      name: 'RESTORE.txt',
      valid: named(/^RESTORE/),
      read: (bytes) => parseRestore(bytes.toString('latin1'), 'x'),
    },
    { name: 'SHA256SUMS', valid: named(/^SHA/), read: (bytes) => parseSums(bytes.toString('utf8'), 'x') },
    {
      name: 'held.json',
      isTolerant: true,
      valid: [Buffer.from(HELD)],
      read: async (bytes) => await readHeld(new Series(new OneFile('data/held.json', bytes), 'data')),
    },
    {
      name: 'lock',
      isTolerant: true,
      valid: [Buffer.from(LOCK)],
      read: async (bytes) => {
        const lock = await SeriesLock.acquire(new Series(new OneFile('data/.lock-1', bytes), 'data'));
        await lock.release();
      },
    },
    ...stateReaders(),
    ...settingReaders(),
  ];
}

function readPlan(bytes: Buffer): void {
  const [first, ...others] = readCsv(bytes).records;
  if (first === undefined) return;
  const { header } = readHeader(first);
  for (const record of others) readSettings(record, header);
}

function frame(zstd: Compressor, content: Buffer): Buffer {
  return Buffer.from(zstd.compress(content));
}

const decompressor = await loadDecompressor();

function linesOf(bytes: Buffer): LineReader {
  return LineReader.open(bytes, createHash('sha256').update(bytes).digest('hex'), 'x', decompressor);
}

/** By both of the ways that there are. */
function readEntries(index: Buffer, changes: Buffer | undefined): void {
  const open = (): [LineReader, LineReader | undefined] => [
    linesOf(index),
    changes === undefined ? undefined : linesOf(changes),
  ];
  const refusals = [readByCursor, readByLines].map((read) => {
    try {
      read(...open());
      return undefined;
    } catch (error) {
      return { error };
    }
  });
  for (const refusal of refusals) if (refusal !== undefined) throw refusal.error;
}

function readByCursor(index: LineReader, changes: LineReader | undefined): void {
  const cursor = new IndexCursor(index, changes);
  for (let i = 0, head = cursor.peek(); head !== undefined; i++, head = cursor.peek()) {
    // As a run goes through it: what is the same is not parsed.
    if (i % 3 === 0) cursor.remove();
    else if (!cursor.skipSame(head.entry, i)) cursor.match(i, head.entry, i % 2 === 0);
  }
}

function readByLines(index: LineReader, changes: LineReader | undefined): void {
  for (const _ of new EntryLines(index, changes).entries());
}

function readDead(bytes: Buffer): void {
  const lines = linesOf(bytes);
  for (; lines.hasLine(); lines.at = lines.end() + 1) parseDead(lines.line(), lines.where);
}

async function readMembers(format: 'tar.zst' | 'zip', bytes: Buffer): Promise<void> {
  const hasher = { reset: () => {}, update: () => {}, digest: () => Buffer.alloc(32) };
  const source = {
    sizeBytes: bytes.length,
    read: async (offset: number, length: number): Promise<Buffer> => {
      if (offset < 0 || length < 0 || offset + length > bytes.length) throw new RangeError('past the end');
      return await Promise.resolve(bytes.subarray(offset, offset + length));
    },
  };
  for await (const { member } of readArchive(format, source, 'x', hasher, NEVER)) void member;
}

const NEVER = new AbortController().signal;

/** The same tar with right checksums in all that looks like a header: what is behind them is to be read. */
function withChecksums(tar: Buffer): Buffer {
  const bytes = Buffer.from(tar);
  for (let at = 0; at + 512 <= bytes.length; at += 512) {
    const block = bytes.subarray(at, at + 512);
    if (block.toString('latin1', 257, 262) !== 'ustar') continue;
    block.fill(0x20, 148, 156);
    const sum = block.reduce((a, b) => a + b, 0);
    block.write(`${sum.toString(8).padStart(6, '0')}\0`, 148, 'latin1');
  }
  return bytes;
}
