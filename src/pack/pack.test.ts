import type { ArchiveFormat } from '../base/archive-format.ts';
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Place } from '../format/contents.ts';
import { loadDecompressor } from '../format/zstd/zstd.ts';
import { measureFrame } from '../format/zstd/frame.ts';
import { loadBlake3 } from '../hash/blake3.ts';
import { LocalStore } from '../store/local/local-store.ts';
import type { StoreWriter } from '../store/store.ts';
import { EntryTable } from '../tree/entry-table.ts';
import { type BytePath, fromText, systemPath } from '../tree/path.ts';
import { scan, startScan } from '../tree/scan.ts';
import { PIECE_BYTES } from './batches.ts';
import { hashFiles } from './hash-files.ts';
import type { PackedArchive } from './archive-writer.ts';
import { WorkerPool } from './pool.ts';
import { packWhole, type WholeTree } from './whole-tree.lab.ts';

const MIB = 1024 * 1024;
const FORMATS: ArchiveFormat[] = ['tar.zst', 'zip'];
const isGnuTar = spawnSync('tar', ['--version'], { encoding: 'utf8' }).stdout?.includes('GNU') ?? false;
const hasZstd = spawnSync('zstd', ['--version']).status === 0;
const hasUnzip = spawnSync('unzip', ['-v']).status === 0;

/** It says that it has 0 bytes, and has others at every try. */
const NEVER_STABLE = ['/proc/sys/kernel/random/uuid'].find((path) => existsSync(path));

const UUID_BYTES = 37;

/** Files whose size is not what a listing says: nothing, nothing of a lot, a page. */
const UNTRUE_SIZES = ['/proc/sys/kernel/ostype', '/proc/kallsyms', '/sys/kernel/profiling'].filter((path) =>
  existsSync(path),
);

const pool = new WorkerPool(2);
const blake3 = await loadBlake3();
const decompressor = await loadDecompressor();

afterAll(async () => {
  await pool.close();
});

let folder: string;
let source: string;
let store: LocalStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pack-'));
  source = join(folder, 'source');
  mkdirSync(source);
  store = new LocalStore(join(folder, 'store'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

function scanned(): EntryTable {
  const { entry, task } = startScan(source);
  const table = new EntryTable();
  table.push(entry);
  if (task !== undefined) table.append(scan(source, task, 100_000).entries.toChunk().chunk);
  return table;
}

/** `path` has one character per byte. */
function at(path: string): string | Buffer {
  return systemPath(source, path as BytePath);
}

function file(path: string, content: string | Buffer = 'x'): string | Buffer {
  mkdirSync(at(dirname(path)), { recursive: true });
  writeFileSync(at(path), content);
  return at(path);
}

type Options = Parameters<typeof packWhole>[1];

function options(format: ArchiveFormat, changes: Partial<Options> = {}): Options {
  return {
    root: source,
    format,
    pool,
    signal: new AbortController().signal,
    progress: () => {},
    create: async (n) => {
      const name = `archive-${n}.${format}`;
      return { file: name, writer: await store.create(name) };
    },
    createTree: async () => {
      const name = `tree.${format}`;
      return { file: name, writer: await store.create(name) };
    },
    ...changes,
  };
}

/** Packs `entries`, and checks what every packing promises. */
async function packed(
  format: ArchiveFormat,
  entries = scanned(),
  changes: Partial<Options> = {},
): Promise<WholeTree & { readonly archives: readonly PackedArchive[] }> {
  const whole = await packWhole(entries, options(format, changes));
  const { archives: ofContents, tree } = whole.result;
  const archives = tree === undefined ? ofContents : [...ofContents, tree];
  for (const { file: name, bytes, sha256 } of archives) {
    const content = readFileSync(join(store.folder, name));
    expect([content.length, createHash('sha256').update(content).digest('hex')]).toEqual([bytes, sha256]);
  }
  expect(readdirSync(folder).includes('store') ? readdirSync(store.folder).toSorted() : []).toEqual(
    archives.map(({ file: name }) => name).toSorted(),
  );
  return { ...whole, archives };
}

function numbers(entries: EntryTable): number[] {
  return Array.from({ length: entries.length }, (_, i) => i);
}

function numberOf(entries: EntryTable, path: string): number {
  return numbers(entries).find((i) => entries.path(i) === path) ?? -1;
}

/** The content at `place`, found as `docs/format.md` says. */
function contentAt(
  place: Place,
  sizeBytes: number,
  format: ArchiveFormat,
  archives: readonly PackedArchive[],
): Buffer {
  const whole = readFileSync(join(store.folder, archives[place.archive]?.file ?? ''));
  const bytes = whole.subarray(place.offset, place.offset + place.length);
  if (format === 'tar.zst') {
    const frames: Buffer[] = [];
    for (let done = 0; done < bytes.length;) {
      const frame = measureFrame(bytes.subarray(done));
      frames.push(
        decompressor.decompress(bytes.subarray(done, done + frame.bytes), frame.contentBytes ?? Number.NaN),
      );
      done += frame.bytes;
    }
    return Buffer.concat(frames).subarray(place.skip, place.skip + sizeBytes);
  }
  expect(bytes.readUInt32LE(0)).toBe(0x04034b50);
  const start = 30 + bytes.readUInt16LE(26) + bytes.readUInt16LE(28);
  const body = bytes.subarray(start);
  const content = bytes.readUInt16LE(8) === 8 ? inflateRawSync(body) : body.subarray(0, sizeBytes);
  // One whole record, and nothing else: what comes next is another one, or the directory.
  if (place.offset + place.length < whole.length) {
    expect(whole.toString('latin1', place.offset + place.length, place.offset + place.length + 2)).toBe('PK');
  }
  expect(content).toHaveLength(sizeBytes);
  return content;
}

/** Every file of the source lies where its place says, with the hash of its content. */
function expectContents(format: ArchiveFormat, { result, entries, placeOf }: WholeTree): void {
  for (const i of numbers(entries)) {
    const place = placeOf(i);
    if (entries.type(i) !== 'file') {
      expect(place).toBeUndefined();
      continue;
    }
    if (place === undefined) throw new Error(`${entries.path(i)} has no place`);
    const content = contentAt(place, entries.size(i), format, result.archives);
    expect(content.equals(readFileSync(at(entries.path(i))))).toBe(true);
    expect(Buffer.from(entries.hash(i) ?? []).equals(blake3.hash(content))).toBe(true);
  }
}

interface Seen {
  readonly type: string;
  readonly mode: number;
  readonly mtime: bigint;
  readonly content: string;
  readonly links: number;
}

/** What lies below `root`, with times in units of `tickNs`. */
function treeBelow(root: string, tickNs: bigint, countLinks: boolean): Map<string, Seen> {
  const tree = new Map<string, Seen>();
  const walk = (parent: string): void => {
    for (const name of readdirSync(systemPath(root, parent as BytePath), 'latin1')) {
      const path = (parent === '' ? name : `${parent}/${name}`) as BytePath;
      const where = systemPath(root, path);
      const stats = lstatSync(where, { bigint: true });
      const type = stats.isDirectory() ? 'folder' : stats.isSymbolicLink() ? 'link' : 'file';
      const content =
        type === 'link'
          ? readlinkSync(where, 'latin1')
          : type === 'file'
            ? createHash('sha256').update(readFileSync(where)).digest('hex')
            : '';
      // unzip does not set the times of links.
      const mtime = type === 'link' && tickNs > 1n ? 0n : stats.mtimeNs / tickNs;
      const links = countLinks && type === 'file' ? Number(stats.nlink) : 1;
      tree.set(path, { type, mode: Number(stats.mode), mtime, content, links });
      if (type === 'folder') walk(path);
    }
  };
  walk('');
  return tree;
}

function extract(format: ArchiveFormat, archives: readonly PackedArchive[]): string {
  const out = join(folder, `out-${randomBytes(4).toString('hex')}`);
  mkdirSync(out);
  for (const { file: name } of archives) {
    const archive = join(store.folder, name);
    const env = { ...process.env, LC_ALL: 'C.UTF-8' };
    const [command, ...args] =
      format === 'zip'
        ? ['unzip', '-q', '-o', '-K', '-^', archive, '-d', out]
        : ['tar', '--zstd', '-xpf', archive, '-C', out];
    const { status, stderr } = spawnSync(command ?? '', args, { env, encoding: 'utf8' });
    expect([name, status, stderr]).toEqual([name, 0, '']);
  }
  return out;
}

/** Everything that an archive can hold; names that neither program treats in a way of its own. */
function makeTree(): void {
  file('empty', '');
  file('one', '1');
  file('text/a.txt', 'text\n'.repeat(1000));
  file('text/b.txt', 'text\n'.repeat(1000));
  file('random/small', randomBytes(600));
  file('random/512', randomBytes(512));
  file('photo.jpg', randomBytes(70_000));
  file(fromText('ü/é🙂.txt'), 'unicode');
  file('latin-\xe9', 'bytes');
  file('-rf', 'dash');
  file('two\nlines', 'newline');
  file(`quotes '" $HOME`, 'quotes');
  file('n'.repeat(255), 'long');
  file(`${'d'.repeat(120)}/${'e'.repeat(120)}/${'f'.repeat(120)}`, 'deep');
  mkdirSync(at('folder/empty'), { recursive: true });
  symlinkSync('text/a.txt', at('link'));
  symlinkSync('nowhere/'.repeat(20), at('dangling'));
  linkSync(at('text/a.txt'), at('hard'));
  linkSync(at('text/a.txt'), at('zz-hard'));
  chmodSync(at('one'), 0o4711);
  chmodSync(at('folder'), 0o1777);
  for (let i = 0; i < 40; i++) file(`many/${i}`, randomBytes(1000 * i));
  file('large/random', randomBytes(PIECE_BYTES + 77));
  file('large/text', 'a line of text\n'.repeat(300_000));
  file('large/film.mp4', randomBytes(PIECE_BYTES + 1));
  linkSync(at('large/random'), at('large/second'));
  file('just-a-piece', Buffer.alloc(PIECE_BYTES, 'p'));
  // In this order, so that nothing sets the time of a folder anew.
  for (const path of [
    'text/a.txt',
    'many/3',
    'large/text',
    'text',
    'folder/empty',
    'folder',
    'many',
    'large',
    'random',
  ]) {
    utimesSync(at(path), 1_500_000_000, 1_500_000_000.25);
  }
}

describe.each(FORMATS)('a tree packed as %s', (format) => {
  const canExtract = format === 'zip' ? hasUnzip : isGnuTar && hasZstd;

  it.skipIf(!canExtract).each([
    [undefined, 2],
    [100_000, 5],
  ])('is extracted as it was, in order (archives of %s bytes)', async (archiveBytes, atLeast) => {
    makeTree();
    const { result, archives } = await packed(format, scanned(), { archiveBytes });
    expect(result.problems).toEqual([]);
    expect(archives.length).toBeGreaterThanOrEqual(atLeast);
    const tick = format === 'zip' ? 1_000_000_000n : 1n;
    const seen = (root: string): Map<string, Seen> => {
      const tree = treeBelow(root, tick, format !== 'zip');
      if (format !== 'zip') return tree;
      // unzip never sets the times of a folder that is there already, and what holds files is; RESTORE.txt does.
      const timeless = ({ type, ...rest }: Seen): Seen => ({
        ...rest,
        type,
        mtime: type === 'folder' ? 0n : rest.mtime,
      });
      return new Map([...tree].map(([path, one]) => [path, timeless(one)]));
    };
    expect(seen(extract(format, archives))).toEqual(seen(source));
  });

  it.each([undefined, 1, 100_000])(
    'has every content where its place says (archives of %s bytes)',
    async (archiveBytes) => {
      makeTree();
      expectContents(format, await packed(format, scanned(), { archiveBytes }));
    },
  );

  it('has small files first, across all archives', async () => {
    makeTree();
    const { entries, placeOf } = await packed(format, scanned(), { archiveBytes: 100_000 });
    const written = numbers(entries)
      .filter((i) => entries.hasContent(i))
      .map((i) => ({ size: entries.size(i), place: placeOf(i) }))
      .toSorted(
        (a, b) =>
          (a.place?.archive ?? 0) - (b.place?.archive ?? 0) ||
          (a.place?.offset ?? 0) - (b.place?.offset ?? 0) ||
          (a.place?.skip ?? 0) - (b.place?.skip ?? 0),
      )
      .map(({ size }) => size);
    expect(written).toEqual(written.toSorted((a, b) => a - b));
  });

  it('has no archive for what it has nothing of', async () => {
    const made = async (): Promise<string[]> => (await packed(format)).archives.map(({ file: name }) => name);
    expect(await made()).toEqual([]);
    expect(existsSync(store.folder)).toBe(false);
    file('file');
    expect(await made()).toEqual([`archive-0.${format}`]);
    await rm(store.folder, { recursive: true });
    mkdirSync(at('folder'));
    expect(await made()).toEqual([`archive-0.${format}`, `tree.${format}`]);
    await rm(store.folder, { recursive: true });
    unlinkSync(at('file'));
    expect(await made()).toEqual([`tree.${format}`]);
  });

  it('holds a source that is one file', async () => {
    file('single', 'content');
    const { entry } = startScan(join(source, 'single'));
    const table = new EntryTable();
    table.push(entry);
    expectContents(format, await packed(format, table));
  });

  it('tells how much it has packed', async () => {
    makeTree();
    const entries = scanned();
    const total = { files: 0, bytes: 0 };
    await packed(format, entries, {
      progress: (files, bytes) => {
        total.files += files;
        total.bytes += bytes;
      },
    });
    const contents = numbers(entries).filter(
      (i) => entries.hasContent(i) || (format === 'zip' && entries.type(i) === 'file'),
    );
    const bytes = contents.reduce((sum, i) => sum + entries.size(i), 0);
    expect(total.files).toBe(contents.length);
    // Pieces of large files are counted in whole blocks.
    expect(Math.abs(total.bytes - bytes)).toBeLessThan(512 * 4);
  });

  it('has what files hold when they are read, not when they were scanned', async () => {
    const content = { grows: 'x', shrinks: 'shrinks', rewritten: 'before', same: 'same' };
    for (const [path, text] of Object.entries(content)) file(path, text);
    const entries = scanned();
    appendFileSync(at('grows'), 'y'.repeat(5000));
    truncateSync(at('shrinks'), 3);
    unlinkSync(at('rewritten'));
    file('rewritten', 'after!');
    const done = await packed(format, entries);
    expectContents(format, done);
    expect(entries.size(numberOf(entries, 'grows'))).toBe(5001);
    expect(done.result).toMatchObject({ problems: [], lost: new Map(), changed: new Set() });
  });

  it.each([10, 3 * PIECE_BYTES])(
    'says the same of all names of a file that grew to %i bytes',
    async (size) => {
      file('a', 'small');
      linkSync(at('a'), at('b'));
      const entries = scanned();
      file('a', randomBytes(size));
      const done = await packed(format, entries);
      expectContents(format, done);
      const [a, b] = [1, 2].map((i) => entries.at(i));
      expect(b).toEqual({ ...a, path: 'b', hardlink: 'a' });
    },
  );

  it.each<[string, number]>([
    ['a few pieces', 3 * PIECE_BYTES + 5],
    ['just more than a piece', PIECE_BYTES + 1],
    ['twice a piece', 2 * PIECE_BYTES],
  ])('has a small file that grew to %s', async (_, size) => {
    file('a', 'small');
    file('b', 'other');
    const entries = scanned();
    file('a', randomBytes(size));
    const done = await packed(format, entries);
    expectContents(format, done);
    expect(done.result.problems).toEqual([]);
    if (canExtract) extract(format, done.archives);
  });

  it.each<[string, number]>([
    ['nothing', 0],
    ['a byte', 1],
    ['one piece', PIECE_BYTES],
    ['two pieces less a byte', 2 * PIECE_BYTES - 1],
  ])('has a large file that shrank to %s', async (_, size) => {
    file('large', randomBytes(2 * PIECE_BYTES + 9));
    file('other', randomBytes(2 * PIECE_BYTES + 10));
    const entries = scanned();
    truncateSync(at('large'), size);
    const done = await packed(format, entries);
    expectContents(format, done);
    expect(done.result.problems).toEqual([]);
    if (canExtract) {
      const out = extract(format, done.archives);
      expect(readdirSync(out)).toEqual(['large', 'other']);
    }
  });

  it.skipIf(NEVER_STABLE === undefined)('marks a file that is never the same before and after', async () => {
    const path = NEVER_STABLE ?? '';
    const { entry } = startScan(path);
    const entries = new EntryTable();
    entries.push(entry);
    const { result, placeOf } = await packed(format, entries, { root: dirname(path) });
    expect([...result.changed]).toEqual([0]);
    expect(result.problems.map(({ kind }) => kind)).toEqual(['changed']);
    expect(entries.size(0)).toBe(UUID_BYTES);
    const place = placeOf(0);
    if (place === undefined) throw new Error('it has no place');
    const content = contentAt(place, UUID_BYTES, format, result.archives);
    expect(content.toString()).toMatch(/^[0-9a-f-]{36}\n$/);
    expect(Buffer.from(entries.hash(0) ?? []).equals(blake3.hash(content))).toBe(true);
  });

  it.each(UNTRUE_SIZES)('has all that is read of %s, whatever size is listed', async (path) => {
    const { entry } = startScan(path);
    const entries = new EntryTable();
    entries.push(entry);
    const { result, placeOf } = await packed(format, entries, { root: dirname(path) });
    const content = readFileSync(path);
    expect(entry.size).not.toBe(content.length);
    expect([result.problems, entries.size(0)]).toEqual([[], content.length]);
    const place = placeOf(0);
    if (place === undefined) throw new Error('it has no place');
    expect(contentAt(place, content.length, format, result.archives).equals(content)).toBe(true);
    expect(Buffer.from(entries.hash(0) ?? []).equals(blake3.hash(content))).toBe(true);
  });

  it('names what vanished, further names with it, and takes the rest', async () => {
    for (const path of ['gone', 'here', 'became-link']) file(path, path);
    file('large', randomBytes(PIECE_BYTES + 1));
    linkSync(at('gone'), at('hard'));
    const entries = scanned();
    for (const path of ['gone', 'hard', 'large', 'became-link']) unlinkSync(at(path));
    symlinkSync('here', at('became-link'));
    const { result, archives, placeOf } = await packed(format, entries);
    expect(result.problems.map(({ path, kind, reason }) => `${path} ${kind}: ${reason}`).toSorted()).toEqual([
      'became-link vanished: is no file any more',
      'gone vanished: vanished',
      'hard vanished: vanished',
      'large vanished: vanished',
    ]);
    expect([...result.lost.keys()].map((i) => entries.path(i)).toSorted()).toEqual([
      'became-link',
      'gone',
      'hard',
      'large',
    ]);
    for (const i of result.lost.keys()) expect(placeOf(i)).toBeUndefined();
    if (canExtract) expect(readdirSync(extract(format, archives))).toEqual(['here']);
  });

  it('keeps the finished archives and gives up the one at work when the disk is full', async () => {
    for (let i = 0; i < 30; i++) file(`f${i}`, randomBytes(1_000_000));
    const failure = new Error('the disk is full');
    const create: Options['create'] = async (n) => {
      const name = `archive-${n}.${format}`;
      const writer = await store.create(name);
      const full: StoreWriter = {
        write: async (bytes) => (n === 2 ? await Promise.reject(failure) : await writer.write(bytes)),
        rewind: async (bytes) => await writer.rewind(bytes),
        commit: async () => await writer.commit(),
        discard: async () => await writer.discard(),
      };
      return { file: name, writer: full };
    };
    const packing = packWhole(scanned(), options(format, { create, archiveBytes: MIB }));
    await expect(packing).rejects.toBe(failure);
    expect(readdirSync(store.folder)).toEqual([`archive-0.${format}`, `archive-1.${format}`]);
  });

  it('stops when it is told to, and leaves no half archive', async () => {
    for (let i = 0; i < 30; i++) file(`f${i}`, randomBytes(1_000_000));
    const stop = new AbortController();
    const reason = new Error('stopped');
    const packing = packWhole(
      scanned(),
      options(format, { signal: stop.signal, progress: () => stop.abort(reason) }),
    );
    await expect(packing).rejects.toBe(reason);
    expect(readdirSync(store.folder)).toEqual([]);
  });
});

/** The seek table of an archive lists its frames, and nothing else. */
function expectTable(name: string): void {
  const bytes = readFileSync(join(store.folder, name));
  expect(bytes.readUInt32LE(bytes.length - 4)).toBe(0x8f92eab1);
  const count = bytes.readUInt32LE(bytes.length - 9);
  const table = bytes.length - 9 - count * 8;
  let done = 0;
  for (let n = 0; n < count; n++) {
    const frame = measureFrame(bytes.subarray(done));
    expect([frame.bytes, frame.contentBytes]).toEqual([
      bytes.readUInt32LE(table + n * 8),
      bytes.readUInt32LE(table + n * 8 + 4),
    ]);
    done += frame.bytes;
  }
  // The header of the skippable frame stands between the last frame and the table.
  expect(done + 8).toBe(table);
}

describe('a tar.zst', () => {
  it.skipIf(!hasZstd)('is whole for zstd, and each of its frames names size and checksum', async () => {
    makeTree();
    const { archives } = await packed('tar.zst', scanned(), { archiveBytes: MIB });
    for (const { file: name } of archives) {
      const path = join(store.folder, name);
      expect(spawnSync('zstd', ['-t', path]).status).toBe(0);
      const { stdout } = spawnSync('zstd', ['-lv', path], { encoding: 'utf8' });
      expect(stdout).toContain('Check: XXH64');
      expect(stdout).toContain('# Skippable Frames: 1');
    }
  });

  it('ends with a table of its frames', async () => {
    makeTree();
    const { archives } = await packed('tar.zst');
    expect(archives).toHaveLength(2);
    for (const { file: name } of archives) expectTable(name);
  });

  it('has no frame in its table that was taken out again', async () => {
    file('large', randomBytes(2 * PIECE_BYTES + 9));
    const entries = scanned();
    truncateSync(at('large'), PIECE_BYTES + 9);
    const { result } = await packed('tar.zst', entries);
    expectTable(result.archives[0]?.file ?? '');
  });
});

describe('hashFiles()', () => {
  it('hashes all files, small and large, and further names with the first one', async () => {
    makeTree();
    const entries = scanned();
    const wanted = numbers(entries).filter((i) => entries.hasContent(i));
    const total = { files: 0, bytes: 0 };
    const hashed = await hashFiles(entries, wanted, {
      root: source,
      pool,
      signal: new AbortController().signal,
      progress: (files, bytes) => {
        total.files += files;
        total.bytes += bytes;
      },
    });
    expect(hashed).toEqual({ unread: new Map(), reread: new Set(), unsettled: new Set(), problems: [] });
    for (const i of numbers(entries).filter((n) => entries.type(n) === 'file')) {
      const expected = blake3.hash(readFileSync(at(entries.path(i))));
      expect(Buffer.from(entries.hash(i) ?? []).equals(expected)).toBe(true);
    }
    expect(total).toEqual({
      files: wanted.length,
      bytes: wanted.reduce((sum, i) => sum + entries.size(i), 0),
    });
  });

  it('names what it could not read, and hashes the rest', async () => {
    for (const path of ['a', 'b', 'c']) file(path, path);
    const entries = scanned();
    unlinkSync(at('b'));
    const wanted = [1, 2, 3];
    const given = { root: source, pool, signal: new AbortController().signal, progress: () => {} };
    const { unread } = await hashFiles(entries, wanted, given);
    expect([...unread]).toEqual([[2, { path: 'b', kind: 'vanished', reason: 'vanished' }]]);
    expect(wanted.map((i) => entries.hash(i) !== undefined)).toEqual([true, false, true]);
  });

  it.each([
    ['small', 10],
    ['large', 2 * PIECE_BYTES],
  ])('tells which %s files had changed since the scan, and what they are now', async (_, size) => {
    for (const path of ['a', 'b', 'c']) file(path, randomBytes(size));
    linkSync(at('b'), at('hard'));
    const entries = scanned();
    appendFileSync(at('b'), 'more');
    utimesSync(at('c'), 1, 2);
    const wanted = ['a', 'b', 'c'].map((path) => numberOf(entries, path));
    const given = { root: source, pool, signal: new AbortController().signal, progress: () => {} };
    const { unread, reread, unsettled } = await hashFiles(entries, wanted, given);
    expect([...reread].map((i) => entries.path(i)).toSorted()).toEqual(['b', 'c']);
    expect([unread.size, unsettled.size]).toEqual([0, 0]);
    const now = scanned();
    for (const i of numbers(entries).slice(1)) {
      // Reading tells more than a scan does.
      expect(entries.at(i)).toEqual({ ...now.at(i), attributes: entries.attributes(i) });
      const expected = blake3.hash(readFileSync(at(entries.path(i))));
      expect(Buffer.from(entries.hash(i) ?? []).equals(expected)).toBe(true);
    }
  });

  it.skipIf(NEVER_STABLE === undefined)('tells which files change each time they are read', async () => {
    const path = NEVER_STABLE ?? '';
    const { entry } = startScan(path);
    const entries = new EntryTable();
    entries.push(entry);
    const given = { root: dirname(path), pool, signal: new AbortController().signal, progress: () => {} };
    const hashed = await hashFiles(entries, [0], given);
    expect(hashed).toEqual({
      unread: new Map(),
      reread: new Set([0]),
      unsettled: new Set([0]),
      problems: [],
    });
    expect(entries.size(0)).toBe(UUID_BYTES);
  });

  it.each(UNTRUE_SIZES)('hashes all that is read of %s, whatever size is listed', async (path) => {
    const { entry } = startScan(path);
    const entries = new EntryTable();
    entries.push(entry);
    const given = { root: dirname(path), pool, signal: new AbortController().signal, progress: () => {} };
    // Once more, with what is known of it now.
    for (let n = 0; n < 2; n++) {
      const { unread, unsettled } = await hashFiles(entries, [0], given);
      expect([unread.size, unsettled.size]).toEqual([0, 0]);
      const content = readFileSync(path);
      expect(entries.size(0)).toBe(content.length);
      expect(Buffer.from(entries.hash(0) ?? []).equals(blake3.hash(content))).toBe(true);
    }
  });

  it('stops when enough is known, or when it is told to', async () => {
    for (let i = 0; i < 20; i++) file(`f${i}`, randomBytes(MIB));
    const entries = scanned();
    const wanted = numbers(entries).slice(1);
    let asked = 0;
    const enough = (): boolean => ++asked === 1;
    const given = { root: source, pool, signal: new AbortController().signal, progress: () => {} };
    await hashFiles(entries, wanted, { ...given, enough });
    expect(asked).toBe(1);
    expect(wanted.some((i) => entries.hash(i) === undefined)).toBe(true);
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(hashFiles(entries, wanted, { ...given, signal })).rejects.toThrow('stopped');
  });
});

describe('WorkerPool', () => {
  it('rejects what is still to do when it is closed, and takes nothing after that', async () => {
    const own = new WorkerPool(1);
    const task = { kind: 'hash', root: source, entries: [] } as const;
    const results = Promise.allSettled([own.run(task), own.run(task), own.run(task)]);
    await own.close();
    const states = (await results).map(({ status }) => status);
    expect(states).toEqual(['rejected', 'rejected', 'rejected']);
    await expect(own.run(task)).rejects.toThrow('the worker pool is closed');
  });

  it('fails a task with what its thread failed with, and goes on', async () => {
    const own = new WorkerPool(1);
    try {
      const bad = { kind: 'hash', root: source, entries: undefined } as never;
      await expect(own.run(bad)).rejects.toBeInstanceOf(Error);
      const good = { kind: 'hash', root: source, entries: [] } as const;
      expect((await own.run(good)).exceptions).toEqual([]);
    } finally {
      await own.close();
    }
  });
});
