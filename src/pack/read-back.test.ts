import type { ArchiveFormat } from '../base/archive-format.ts';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ArchiveSource, type FoundMember, readArchive } from '../format/read-archive.ts';
import { loadBlake3 } from '../hash/blake3.ts';
import { LocalStore } from '../store/local/local-store.ts';
import { EntryTable } from '../tree/entry-table.ts';
import { type BytePath, fromText, systemPath } from '../tree/path.ts';
import { scan, startScan } from '../tree/scan.ts';
import { PIECE_BYTES } from './batches.ts';
import type { PackedArchive } from './archive-writer.ts';
import { memberOf } from './member-of.ts';
import { WorkerPool } from './pool.ts';
import { packWhole, type WholeTree } from './whole-tree.lab.ts';

const FORMATS: ArchiveFormat[] = ['tar.zst', 'zip'];
const pool = new WorkerPool(2);
const hasher = await (await loadBlake3()).create();

afterAll(async () => {
  await pool.close();
});

let folder: string;
let source: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'read-back-'));
  source = join(folder, 'source');
  mkdirSync(source);
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** `path` has one character per byte. */
function at(path: string): string | Buffer {
  return systemPath(source, path as BytePath);
}

function file(path: string, content: string | Buffer = 'x'): string | Buffer {
  mkdirSync(at(dirname(path)), { recursive: true });
  writeFileSync(at(path), content);
  return at(path);
}

function scanned(): EntryTable {
  const { entry, task } = startScan(source);
  const table = new EntryTable();
  table.push(entry);
  if (task !== undefined) table.append(scan(source, task, 100_000).entries.toChunk().chunk);
  return table;
}

async function packed(format: ArchiveFormat, entries: EntryTable, archiveBytes?: number): Promise<WholeTree> {
  const store = new LocalStore(join(folder, format));
  const create = async (name: string) => ({ file: name, writer: await store.create(name) });
  return await packWhole(entries, {
    root: source,
    format,
    pool,
    signal: new AbortController().signal,
    progress: () => {},
    create: async (n) => await create(`archive-${n}.${format}`),
    createTree: async () => await create(`tree.${format}`),
    archiveBytes,
  });
}

function sourceOf(bytes: Buffer): ArchiveSource {
  return {
    sizeBytes: bytes.length,
    async read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > bytes.length) throw new RangeError('past the end');
      return Buffer.from(bytes.subarray(offset, offset + length));
    },
  };
}

async function read(format: ArchiveFormat, bytes: Buffer): Promise<FoundMember[]> {
  const { signal } = new AbortController();
  const found: FoundMember[] = [];
  for await (const member of readArchive(format, sourceOf(bytes), 'archive', hasher, signal)) {
    found.push({ ...member, hash: member.hash && Uint8Array.from(member.hash) });
  }
  return found;
}

function bytesOf(format: ArchiveFormat, archives: readonly PackedArchive[]): Buffer[] {
  return archives.map((archive) => readFileSync(join(folder, format, archive.file)));
}

/** Every entry is found as packing says that it wrote it: member, place and hash. */
async function expectReadBack(format: ArchiveFormat, { entries, result, placeOf }: WholeTree): Promise<void> {
  const found = new Map<string, FoundMember & { archive: number }>();
  const { archives, tree } = result;
  for (const [archive, bytes] of bytesOf(
    format,
    tree === undefined ? archives : [...archives, tree],
  ).entries()) {
    for (const one of await read(format, bytes)) {
      expect(one.member.type === 'file').toBe(archive < archives.length);
      // Folders stand in a tar twice; nothing else does.
      if (one.member.type !== 'folder') expect(found.has(one.member.path)).toBe(false);
      found.set(one.member.path, { ...one, archive });
    }
  }
  expect(found.size).toBe(entries.length - 1);
  const tickNs = format === 'zip' ? 1_000_000_000n : 1n;
  for (let i = 1; i < entries.length; i++) {
    const one = found.get(entries.path(i));
    const { attributes, ...wanted } = memberOf(entries.at(i), format);
    const some = (attributes ?? '') === '' ? {} : { attributes };
    const names = format === 'zip' ? { user: undefined, group: undefined } : {};
    const mtimeNs = (wanted.mtimeNs / tickNs) * tickNs;
    expect(one?.member).toEqual({ ...wanted, ...some, ...names, mtimeNs });
    if (wanted.type !== 'file') continue;
    expect({ archive: one?.archive, ...one?.place }).toEqual(placeOf(i));
    expect(Buffer.from(one?.hash ?? [])).toEqual(Buffer.from(entries.hash(i) ?? []));
  }
}

/** Everything that an archive can hold. */
function makeTree(): void {
  file('empty', '');
  file('text/a.txt', 'text\n'.repeat(1000));
  file('random/512', randomBytes(512));
  file('photo.jpg', randomBytes(70_000));
  file(fromText('ü/é🙂.txt'), 'unicode');
  file('latin-\xe9', 'bytes');
  file('two\nlines', 'newline');
  file('n'.repeat(255), 'long');
  file(`${'d'.repeat(120)}/\xe9${'e'.repeat(120)}/${'f'.repeat(120)}`, 'deep');
  mkdirSync(at('folder/empty'), { recursive: true });
  symlinkSync('text/a.txt', at('link'));
  symlinkSync('nowhere/'.repeat(20), at('dangling'));
  linkSync(at('text/a.txt'), at('zz-hard'));
  chmodSync(at('empty'), 0o4711);
  chmodSync(at('folder'), 0o1777);
  utimesSync(at('photo.jpg'), 1, 1.5);
  for (let i = 0; i < 40; i++) file(`many/${i}`, randomBytes(1000 * i));
}

function makeLarge(): void {
  file('large/random', randomBytes(PIECE_BYTES + 77));
  file('large/text', 'a line of text\n'.repeat(900_000));
  file('large/film.mp4', randomBytes(3 * PIECE_BYTES));
  linkSync(at('large/random'), at('large/second'));
}

function types(found: readonly FoundMember[]): string {
  return found.map((one) => one.member.type).join(' ');
}

describe.each(FORMATS)('readArchive() of what was packed as %s', (format) => {
  it('finds every member with its content, hash and place', async () => {
    makeTree();
    makeLarge();
    const entries = scanned();
    await expectReadBack(format, await packed(format, entries));
  });

  it('does so in each of several archives', async () => {
    makeTree();
    makeLarge();
    const entries = scanned();
    const whole = await packed(format, entries, 100_000);
    expect(whole.result.archives.length).toBeGreaterThan(2);
    await expectReadBack(format, whole);
  });

  it('does so for a tree that holds folders and links only', async () => {
    mkdirSync(at('folder'));
    symlinkSync('nowhere', at('link'));
    const entries = scanned();
    await expectReadBack(format, await packed(format, entries));
  });

  it('finds a file that became empty while it was packed where packing put it', async () => {
    file('large', randomBytes(PIECE_BYTES + 1));
    file('small');
    const entries = scanned();
    truncateSync(at('large'), 0);
    await expectReadBack(format, await packed(format, entries));
  });

  it('gives the same, or says that it is damaged, when a byte is changed or the end is missing', async () => {
    makeTree();
    const entries = scanned();
    const { archives, tree } = (await packed(format, entries)).result;
    // What nothing in a zip covers is left out: permissions, owners, and whether an entry is a link.
    const essence = (found: readonly FoundMember[]): unknown =>
      format === 'tar.zst'
        ? found
        : found.filter((one) => one.hash).map((one) => [one.member.path, one.hash]);
    for (const bytes of bytesOf(format, tree === undefined ? archives : [...archives, tree])) {
      const expected = await read(format, bytes);
      const byte = fc.nat({ max: bytes.length - 1 });
      const property = fc.asyncProperty(byte, fc.nat({ max: 255 }), async (place, mask) => {
        const changed = mask === 0 ? bytes.subarray(0, place) : Buffer.from(bytes);
        if (mask > 0) changed[place] = (changed[place] ?? 0) ^ mask;
        const result = await read(format, changed).catch((error: unknown) => error);
        if (!Array.isArray(result)) {
          expect(result).toMatchObject({ name: 'SnapshotError', code: 'E_DAMAGED' });
        } else if (format === 'tar.zst' || types(result) === types(expected)) {
          expect(essence(result)).toEqual(essence(expected));
        }
      });
      await fc.assert(property, { numRuns: 200 });
    }
  });
});
