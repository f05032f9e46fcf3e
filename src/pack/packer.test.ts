import type { ArchiveFormat } from '../base/archive-format.ts';
import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seekCall } from '../base/hole-calls.ts';
import { Contents } from '../format/contents.ts';
import { type FoundMember, readArchive } from '../format/read-archive.ts';
import { loadBlake3 } from '../hash/blake3.ts';
import { LocalStore } from '../store/local/local-store.ts';
import { EntryTable } from '../tree/entry-table.ts';
import type { BytePath } from '../tree/path.ts';
import { scan, startScan } from '../tree/scan.ts';
import type { PackedArchive } from './archive-writer.ts';
import { PIECE_BYTES } from './batches.ts';
import { Packer } from './pack.ts';
import type { PackOptions } from './pack-options.ts';
import { finished } from './whole-tree.lab.ts';
import { WorkerPool } from './pool.ts';

const FORMATS: ArchiveFormat[] = ['tar.zst', 'zip'];

/** It says that it has 0 bytes, and has others at every try. */
const NEVER_STABLE = ['/proc/sys/kernel/random/uuid'].find((path) => existsSync(path));

const LARGE = 2 * PIECE_BYTES + 5;

const pool = new WorkerPool(2);
const blake3 = await loadBlake3();
const hasher = await blake3.create();

afterAll(async () => {
  await pool.close();
});

let folder: string;
let source: string;
let store: LocalStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'packer-'));
  source = join(folder, 'source');
  mkdirSync(source);
  store = new LocalStore(join(folder, 'store'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

function at(path: string): string {
  return join(source, path);
}

function file(path: string, content: string | Buffer = path): void {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), content);
}

function scanned(): EntryTable {
  const { entry, task } = startScan(source);
  const table = new EntryTable();
  table.push(entry);
  if (task !== undefined) table.append(scan(source, task, 100_000).entries.toChunk().chunk);
  return table;
}

function numberOf(entries: EntryTable, path: string): number {
  return entries.find(path as BytePath) ?? -1;
}

function numbersOf(entries: EntryTable, paths: readonly string[]): number[] {
  return paths.map((path) => numberOf(entries, path));
}

/** Contents as an older snapshot leaves them, in archive 3. */
function storedBefore(
  contents: Contents,
  ...stored: (string | Buffer)[]
): Pick<PackOptions, 'known' | 'knownSizes'> {
  const sizes = new Set<number>();
  for (const [n, content] of stored.entries()) {
    const bytes = Buffer.from(content);
    contents.add(blake3.hash(bytes), bytes.length, { archive: 3, offset: n, length: 1, skip: 0 });
    if (bytes.length > PIECE_BYTES) sizes.add(bytes.length);
  }
  return { known: contents.seal(() => true).shared, knownSizes: sizes };
}

interface Opened {
  readonly packer: Packer;
  readonly contents: Contents;
  readonly progress: { files: number; bytes: number };
}

async function create(name: string): ReturnType<PackOptions['create']> {
  return { file: name, writer: await store.create(name) };
}

/** @param stored - Content of older archives. */
async function opened(
  format: ArchiveFormat,
  entries: EntryTable,
  stored: readonly (string | Buffer)[] = [],
  changes: Partial<PackOptions> = {},
): Promise<Opened> {
  const contents = new Contents();
  const progress = { files: 0, bytes: 0 };
  const packer = await Packer.open(entries, {
    root: source,
    format,
    pool,
    signal: new AbortController().signal,
    contents,
    ...storedBefore(contents, ...stored),
    firstNumber: 4,
    create: async (n) => await create(`archive-${n}`),
    createTree: async () => await create('tree'),
    progress: (files, bytes) => {
      progress.files += files;
      progress.bytes += bytes;
    },
    ...changes,
  });
  return { packer, contents, progress };
}

/** The members of an archive, in order, all checksums checked. */
async function membersOf(format: ArchiveFormat, archive: PackedArchive | undefined): Promise<FoundMember[]> {
  if (archive === undefined) return [];
  const bytes = readFileSync(join(store.folder, archive.file));
  const given = {
    sizeBytes: bytes.length,
    read: async (offset: number, length: number) =>
      await Promise.resolve(Buffer.from(bytes.subarray(offset, offset + length))),
  };
  const found: FoundMember[] = [];
  const { signal } = new AbortController();
  for await (const one of readArchive(format, given, archive.file, hasher, signal)) {
    found.push({ ...one, hash: one.hash && Uint8Array.from(one.hash) });
  }
  return found;
}

async function namesIn(format: ArchiveFormat, archive: PackedArchive | undefined): Promise<string[]> {
  return (await membersOf(format, archive)).map(({ member }) => member.path);
}

function expectHash(entries: EntryTable, path: string): void {
  const expected = blake3.hash(readFileSync(at(path)));
  expect(Buffer.from(entries.hash(numberOf(entries, path)) ?? []).equals(expected)).toBe(true);
}

describe.each(FORMATS)('a Packer that writes %s', (format) => {
  it('hashes content that is stored already, and leaves it out', async () => {
    for (const path of ['a', 'b', 'c', 'd/e']) file(path);
    const entries = scanned();
    const wanted = numbersOf(entries, ['a', 'b', 'c', 'd/e']);
    const { packer, contents, progress } = await opened(format, entries, ['b', 'd/e', 'other']);
    const { slots } = await packer.files(wanted);
    const { archives, problems, lost } = await finished(packer);
    expect(await namesIn(format, archives[0])).toEqual(['a', 'c']);
    expect([...slots.keys()]).toEqual(numbersOf(entries, ['a', 'c']));
    for (const path of ['a', 'b', 'c', 'd/e']) expectHash(entries, path);
    expect([archives.length, problems, lost.size, contents.length]).toEqual([1, [], 0, 5]);
    // All four are done with.
    expect(progress).toEqual({ files: 4, bytes: 6 });
  });

  it('says where what it wrote lies, in archives counted from the number it was given', async () => {
    for (const path of ['a', 'b', 'c']) file(path, randomBytes(10_000));
    file('large', randomBytes(LARGE));
    const entries = scanned();
    const { packer, contents } = await opened(format, entries, ['old'], { archiveBytes: 1 });
    await packer.files(numbersOf(entries, ['a', 'b']));
    const { slots } = await packer.files(numbersOf(entries, ['c', 'large']));
    const { archives } = await finished(packer);
    expect(archives.map((archive) => archive.file)).toEqual(['archive-0', 'archive-1', 'archive-2']);
    expect([contents.length, slots.size]).toEqual([5, 4]);
    for (const [n, archive] of archives.entries()) {
      for (const { member, hash, place } of await membersOf(format, archive)) {
        const slot = slots.get(numberOf(entries, member.path)) ?? -1;
        expect(contents.place(slot)).toEqual({ archive: 4 + n, ...place });
        expect(contents.size(slot)).toBe(member.size);
        expect(Buffer.from(contents.hash(slot))).toEqual(Buffer.from(hash ?? []));
      }
    }
    // What it wrote itself is not yet known to be stored.
    expect([...contents.find(contents.hash(3))]).toEqual([]);
  });

  it('writes empty files all the same', async () => {
    file('empty', '');
    file('full');
    const entries = scanned();
    const { packer } = await opened(format, entries, ['', 'full']);
    const { slots } = await packer.files(numbersOf(entries, ['empty', 'full']));
    const { archives } = await finished(packer);
    expect(await namesIn(format, archives[0])).toEqual(['empty']);
    expect([...slots.keys()]).toEqual(numbersOf(entries, ['empty']));
  });

  it('makes no archive when all content is stored already', async () => {
    file('small');
    const large = randomBytes(LARGE);
    file('large', large);
    const entries = scanned();
    const { packer, progress } = await opened(format, entries, ['small', large]);
    const { slots } = await packer.files(numbersOf(entries, ['small', 'large']));
    expect(await finished(packer)).toMatchObject({ archives: [], tree: undefined, problems: [] });
    expect([slots.size, existsSync(store.folder)]).toEqual([0, false]);
    expect(progress).toEqual({ files: 2, bytes: LARGE + 5 });
  });

  it('leaves out a large file that is stored, and writes those that only have its size', async () => {
    const large = randomBytes(LARGE);
    file('stored', large);
    file('same-size', randomBytes(LARGE));
    file('other-size', randomBytes(LARGE + 1));
    const entries = scanned();
    const wanted = numbersOf(entries, ['other-size', 'same-size', 'stored']);
    const { packer, progress } = await opened(format, entries, [large]);
    const { slots } = await packer.files(wanted);
    const { archives } = await finished(packer);
    expect(await namesIn(format, archives[0])).toEqual(['same-size', 'other-size']);
    expect([...slots.keys()]).toEqual(numbersOf(entries, ['same-size', 'other-size']));
    for (const path of ['other-size', 'same-size', 'stored']) expectHash(entries, path);
    expect(progress.files).toBe(3);
  });

  it.skipIf(seekCall() === undefined)('counts of a stored file with holes what it holds', async () => {
    const bytes = 40 * 1024 * 1024;
    file('sparse', 'data');
    truncateSync(at('sparse'), bytes);
    const entries = scanned();
    const held = entries.allocated(numberOf(entries, 'sparse')) ?? bytes;
    expect(held).toBeLessThan(bytes);
    const { packer, progress } = await opened(format, entries, [readFileSync(at('sparse'))]);
    await packer.files(numbersOf(entries, ['sparse']));
    await finished(packer);
    expect(progress).toEqual({ files: 1, bytes: held });
  });

  it('writes a stored large file again rather than read it twice, where its size is not asked about', async () => {
    const large = randomBytes(LARGE);
    file('stored', large);
    const entries = scanned();
    const { packer } = await opened(format, entries, [large], { knownSizes: new Set() });
    const { slots } = await packer.files(numbersOf(entries, ['stored']));
    const { archives } = await finished(packer);
    expect([await namesIn(format, archives[0]), slots.size]).toEqual([['stored'], 1]);
  });

  it('knows stored content also in a file that has changed since the scan', async () => {
    const large = randomBytes(LARGE);
    file('small', 'before');
    file('large', Buffer.concat([large, Buffer.from('more')]));
    const entries = scanned();
    file('small', 'after it all');
    truncateSync(at('large'), LARGE);
    const { packer } = await opened(format, entries, ['after it all', large], {
      knownSizes: new Set([LARGE + 4]),
    });
    const { slots } = await packer.files(numbersOf(entries, ['large', 'small']));
    const { archives } = await finished(packer);
    expect([slots.size, archives]).toEqual([0, []]);
    const now = scanned();
    for (const path of ['large', 'small']) {
      expectHash(entries, path);
      // Reading tells more than a scan does.
      const i = numberOf(entries, path);
      expect(entries.at(i)).toEqual({ ...now.at(numberOf(now, path)), attributes: entries.attributes(i) });
    }
  });

  it('writes a large file that became empty, whatever is stored', async () => {
    file('large', randomBytes(LARGE));
    const entries = scanned();
    truncateSync(at('large'), 0);
    const { packer } = await opened(format, entries, [''], { knownSizes: new Set([LARGE]) });
    const { slots } = await packer.files(numbersOf(entries, ['large']));
    const { archives } = await finished(packer);
    expect([await namesIn(format, archives[0]), slots.size]).toEqual([['large'], 1]);
  });

  it.skipIf(NEVER_STABLE === undefined)(
    'writes what changes each time, as it must be marked, and names it once',
    async () => {
      const path = NEVER_STABLE ?? '';
      const { entry } = startScan(path);
      const entries = new EntryTable();
      entries.push(entry);
      const { packer } = await opened(format, entries, [readFileSync(path)], { root: dirname(path) });
      const { slots, changed } = await packer.files([0]);
      await packer.files([0], true);
      const { problems } = await finished(packer);
      expect(problems.map(({ kind }) => kind)).toEqual(['changed']);
      expect([[...slots.keys()], [...changed]]).toEqual([[0], [0]]);
    },
  );

  it('names what vanished, and no slot for it', async () => {
    const large = randomBytes(LARGE);
    file('here');
    file('gone');
    file('large', large);
    const entries = scanned();
    for (const path of ['gone', 'large']) unlinkSync(at(path));
    const { packer } = await opened(format, entries, ['gone', large]);
    const { slots, lost } = await packer.files(numbersOf(entries, ['gone', 'here', 'large']));
    const { archives, problems } = await finished(packer);
    const gone = numbersOf(entries, ['gone', 'large']);
    expect([...lost.keys()]).toEqual(gone);
    expect(gone.map((i) => packer.isUnreadable(i))).toEqual([false, false]);
    expect(problems.map(({ path, kind }) => `${path} ${kind}`)).toEqual(['gone vanished', 'large vanished']);
    expect([...slots.keys()]).toEqual(numbersOf(entries, ['here']));
    expect(await namesIn(format, archives[0])).toEqual(['here']);
  });

  it('says what is there but cannot be read', async () => {
    file('a');
    const entries = scanned();
    // Longer than any path may be.
    const long = 'd/'.repeat(3000) + 'f';
    entries.push({ ...entries.at(1), path: long as BytePath });
    const { packer } = await opened(format, entries);
    const { lost } = await packer.files([1, 2]);
    expect([...lost.keys()]).toEqual([2]);
    expect([1, 2].map((i) => packer.isUnreadable(i))).toEqual([false, true]);
    expect((await finished(packer)).problems.map(({ kind }) => kind)).toEqual(['unreadable']);
  });

  it('loses a further name with the first one, once', async () => {
    for (const path of ['first', 'here', 'later']) file(path);
    const entries = scanned();
    unlinkSync(at('first'));
    const [first = -1, here = -1, later = -1] = numbersOf(entries, ['first', 'here', 'later']);
    const { packer } = await opened(format, entries);
    const { lost } = await packer.files([first, here]);
    packer.loseWith(later, first);
    packer.loseWith(later, first);
    packer.loseWith(first, here);
    expect([...lost.keys()]).toEqual([first, later]);
    const { problems } = await finished(packer);
    expect(problems.map(({ path, kind }) => `${path} ${kind}`)).toEqual(['first vanished', 'later vanished']);
  });

  it('writes stored content again when it is told to', async () => {
    const large = randomBytes(LARGE);
    file('large', large);
    for (const path of ['old', 'new']) file(path);
    const entries = scanned();
    const { packer, contents } = await opened(format, entries, ['old', large]);
    const wanted = numbersOf(entries, ['large', 'new', 'old']);
    const { slots } = await packer.files(wanted);
    expect([...slots]).toEqual([[numberOf(entries, 'new'), 2]]);
    const again = await packer.files(numbersOf(entries, ['large', 'old']), true);
    expect(new Set(again.slots.keys())).toEqual(new Set(wanted));
    const { archives } = await finished(packer);
    expect(await namesIn(format, archives[0])).toEqual(['new', 'old', 'large']);
    for (const path of ['large', 'old']) {
      const i = numberOf(entries, path);
      expect(contents.archive(again.slots.get(i) ?? -1)).toBe(4);
      expectHash(entries, path);
    }
    // And what comes after that is looked up once more.
    expect(contents.length).toBe(5);
    await packer.files(numbersOf(entries, ['old']));
    expect(contents.length).toBe(5);
  });

  it('writes what grew since the scan once, whatever it is told to write after it', async () => {
    for (const path of ['grown', 'other']) file(path);
    const entries = scanned();
    file('grown', randomBytes(LARGE));
    const { packer } = await opened(format, entries);
    await packer.files(numbersOf(entries, ['grown']));
    await packer.files(numbersOf(entries, ['other']), true);
    const { archives } = await finished(packer);
    expect(await namesIn(format, archives[0])).toEqual(['grown', 'other']);
  });

  it('takes it for no problem when what is stored cannot be written again', async () => {
    file('large', randomBytes(LARGE));
    file('small');
    const entries = scanned();
    const before = numbersOf(entries, ['large', 'small']).map((i) => entries.at(i));
    for (const path of ['large', 'small']) unlinkSync(at(path));
    const { packer } = await opened(format, entries);
    const wanted = numbersOf(entries, ['large', 'small']);
    const { slots, lost } = await packer.files(wanted, true);
    expect([slots.size, lost.size]).toEqual([0, 0]);
    expect(wanted.map((i) => entries.at(i))).toEqual(before);
    expect(await finished(packer)).toMatchObject({ archives: [], problems: [] });
    expect(existsSync(store.folder)).toBe(false);
  });

  it('has what files hold when they are written again', async () => {
    file('small', 'before');
    file('large', randomBytes(LARGE));
    const entries = scanned();
    appendFileSync(at('small'), ', and after');
    appendFileSync(at('large'), ', and after');
    const { packer, contents } = await opened(format, entries);
    const { slots } = await packer.files(numbersOf(entries, ['large', 'small']), true);
    await finished(packer);
    for (const path of ['large', 'small']) {
      const i = numberOf(entries, path);
      const slot = slots.get(i) ?? -1;
      expectHash(entries, path);
      expect(Buffer.from(contents.hash(slot))).toEqual(Buffer.from(entries.hash(i) ?? []));
      expect(contents.size(slot)).toBe(readFileSync(at(path)).length);
    }
  });

  it('has folders and links in an archive of their own, and files in none of it', async () => {
    file('d/e/file');
    mkdirSync(at('empty'));
    symlinkSync('d', at('link'));
    linkSync(at('d/e/file'), at('zz'));
    const entries = scanned();
    const { packer } = await opened(format, entries);
    await packer.files(numbersOf(entries, format === 'zip' ? ['d/e/file', 'zz'] : ['d/e/file']));
    await packer.tree(new Set());
    const { archives, tree } = await finished(packer);
    const found = (await membersOf(format, tree)).map(({ member }) => `${member.type} ${member.path}`);
    // In a tar, folders come once more after what they hold.
    const folders = ['folder d', 'folder d/e', 'folder empty'];
    const further = format === 'zip' ? [] : ['hardlink zz', ...folders];
    expect(found).toEqual([...folders, 'link link', ...further]);
    expect(await namesIn(format, archives[0])).toEqual(format === 'zip' ? ['d/e/file', 'zz'] : ['d/e/file']);
  });

  it('has all folders and links even when no file is written', async () => {
    file('d/file');
    symlinkSync('d', at('link'));
    const entries = scanned();
    const { packer } = await opened(format, entries);
    await packer.tree(new Set());
    const { archives, tree } = await finished(packer);
    expect([archives, new Set(await namesIn(format, tree))]).toEqual([[], new Set(['d', 'link'])]);
  });

  it('leaves nothing behind of an archive at work when it is given up; finished ones stay', async () => {
    file('file');
    mkdirSync(at('folder'));
    const entries = scanned();
    const first = (await opened(format, entries)).packer;
    await first.files(numbersOf(entries, ['file']));
    await first.discard();
    expect(await store.list('')).toEqual([]);
    const second = (await opened(format, entries)).packer;
    await second.files(numbersOf(entries, ['file']));
    await second.tree(new Set());
    await second.discard();
    expect((await store.list('')).map(({ name }) => name)).toEqual(['archive-0']);
  });
});

describe('a zip', () => {
  it('has large files compressed, but for those that are so by their name', async () => {
    const text = Buffer.alloc(LARGE, 'a line of text\n');
    for (const path of ['a.mp4', 'b.txt']) file(path, text);
    const entries = scanned();
    const { packer, contents } = await opened('zip', entries);
    const { slots } = await packer.files(numbersOf(entries, ['a.mp4', 'b.txt']));
    await finished(packer);
    const [film = 0, other = Infinity] = numbersOf(entries, ['a.mp4', 'b.txt']).map(
      (i) => contents.place(slots.get(i) ?? -1).length,
    );
    expect([film > LARGE, other < LARGE / 50]).toEqual([true, true]);
  });
});

describe('the archive of folders and links in a tar.zst', () => {
  it('has no hard link of a file that is missing, or that is missing itself', async () => {
    for (const path of ['a', 'b', 'c']) {
      file(path);
      linkSync(at(path), at(`${path}-further`));
    }
    const entries = scanned();
    const { packer } = await opened('tar.zst', entries);
    await packer.tree(new Set(numbersOf(entries, ['a', 'b-further'])));
    expect(await namesIn('tar.zst', (await finished(packer)).tree)).toEqual(['c-further']);
  });

  it('is none when all that would be in it is missing', async () => {
    file('a');
    linkSync(at('a'), at('b'));
    const entries = scanned();
    const { packer } = await opened('tar.zst', entries);
    await packer.tree(new Set(numbersOf(entries, ['a', 'b'])));
    expect((await finished(packer)).tree).toBeUndefined();
    expect(existsSync(store.folder)).toBe(false);
  });
});
