import { spawnSync } from 'node:child_process';
import { lstat, mkdtemp, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, crc32, deflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Member } from '../member.ts';
import {
  centralRecord,
  dataDescriptor,
  endOfDirectory,
  isCompressedType,
  localHeader,
  shiftOffsets,
  type ZipMember,
} from './zip.ts';

const GIB = 1024 ** 3;

const PLAIN: Member = {
  path: 'file',
  type: 'file',
  size: 0,
  mode: 0o644,
  uid: 1000,
  gid: 1001,
  user: undefined,
  group: undefined,
  // 2023-11-14 22:13:20 UTC
  mtimeNs: 1_700_000_000_123_456_789n,
  target: undefined,
};

interface Part {
  readonly member: Partial<Member>;
  readonly content?: Buffer;
  readonly how?: 'stored' | 'deflated' | 'pieces';
}

/** Raw deflate in pieces that end with a full flush, as large files are compressed. */
function deflatedInPieces(content: Buffer, pieceBytes: number): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < content.length; at += pieceBytes) {
    const isLast = at + pieceBytes >= content.length;
    const finishFlush = isLast ? constants.Z_FINISH : constants.Z_FULL_FLUSH;
    pieces.push(deflateRawSync(content.subarray(at, at + pieceBytes), { finishFlush }));
  }
  return Buffer.concat(pieces);
}

function recordOf({ member, content = Buffer.alloc(0), how = 'stored' }: Part): {
  zip: ZipMember;
  local: Buffer;
} {
  const body =
    how === 'stored'
      ? content
      : how === 'deflated'
        ? deflateRawSync(content)
        : deflatedInPieces(content, 1000);
  const zip: ZipMember = {
    member: { ...PLAIN, ...member },
    deflated: how !== 'stored',
    crc: crc32(content),
    compressedBytes: body.length,
    contentBytes: content.length,
    descriptor: how === 'pieces',
  };
  const end = zip.descriptor ? dataDescriptor(zip) : Buffer.alloc(0);
  return { zip, local: Buffer.concat([localHeader(zip), body, end]) };
}

function zipOf(parts: readonly Part[]): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const part of parts) {
    const record = recordOf(part);
    central.push(centralRecord(record.zip, at));
    local.push(record.local);
    at += record.local.length;
  }
  const directory = Buffer.concat(central);
  return Buffer.concat([...local, directory, endOfDirectory(parts.length, directory.length, at)]);
}

const text = Buffer.from('the quick brown fox jumps over the lazy dog\n'.repeat(100));

const PARTS: Part[] = [
  { member: { path: 'folder', type: 'folder', mode: 0o1777 } },
  { member: { path: 'empty' } },
  { member: { path: 'folder/stored', mode: 0o4755 }, content: text },
  { member: { path: 'folder/deflated', mode: 0o600 }, content: text, how: 'deflated' },
  { member: { path: 'pieces' }, content: text, how: 'pieces' },
  {
    member: { path: 'link', type: 'link', mode: 0o777, target: 'folder/stored' },
    content: Buffer.from('folder/stored'),
  },
  { member: { path: Buffer.from('é🙂.txt').toString('latin1') }, content: text },
  // Info-ZIP leaves out bytes 0xFF; all others it takes as they are.
  { member: { path: 'not-utf-8-\xfe\xe9' }, content: text },
  { member: { path: 'x'.repeat(255) }, content: text },
];

const hasUnzip = spawnSync('unzip', ['-v']).status === 0;
const hasPython = spawnSync('python3', ['--version']).status === 0;

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'zip-'));
  file = join(folder, 'archive.zip');
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

function run(command: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, TZ: 'UTC', LC_ALL: 'C.UTF-8' };
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'latin1',
    env,
    cwd: folder,
    maxBuffer: 64 * 1024 * 1024,
  });
  return { status, stdout, stderr };
}

describe.skipIf(!hasUnzip)('a zip, read by Info-ZIP', () => {
  it('has no fault', async () => {
    await writeFile(file, zipOf(PARTS));
    expect(run('unzip', '-t', file)).toMatchObject({ status: 0, stderr: '' });
  });

  it('lists type, mode, method, time and name', async () => {
    await writeFile(file, zipOf(PARTS.slice(0, 6)));
    const lines = run('zipinfo', '-T', file).stdout.split('\n').slice(2, 8);
    expect(lines.map((line) => line.replaceAll(/ +/g, ' '))).toEqual([
      'drwxrwxrwt 6.3 unx 0 bx stor 20231114.221320 folder/',
      '-rw-r--r-- 6.3 unx 0 bx stor 20231114.221320 empty',
      `-rwsr-xr-x 6.3 unx ${text.length} bx stor 20231114.221320 folder/stored`,
      `-rw------- 6.3 unx ${text.length} bx defN 20231114.221320 folder/deflated`,
      `-rw-r--r-- 6.3 unx ${text.length} bX defN 20231114.221320 pieces`,
      'lrwxrwxrwx 6.3 unx 13 bx stor 20231114.221320 link',
    ]);
  });

  it('extracts files, folders and links as they were', async () => {
    await writeFile(file, zipOf(PARTS));
    const out = join(folder, 'out');
    expect(run('unzip', '-q', '-K', file, '-d', out)).toMatchObject({ status: 0, stderr: '' });
    for (const { member, content } of PARTS) {
      const path = Buffer.from(`${out}/${member.path}`, 'latin1');
      const stats = await lstat(path);
      if (member.type === 'link') {
        expect(await readlink(path)).toBe(member.target);
        continue;
      }
      expect(stats.mode & 0o7777).toBe(member.mode ?? PLAIN.mode);
      expect(stats.mtimeMs).toBe(1_700_000_000_000);
      if (member.type === 'folder') expect(stats.isDirectory()).toBe(true);
      else expect(Buffer.compare(await readFile(path), content ?? Buffer.alloc(0))).toBe(0);
    }
  });

  it.skipIf(process.getuid?.() !== 0)('gives files back to their owners, when root extracts', async () => {
    await writeFile(file, zipOf([{ member: { path: 'owned', uid: 70_000, gid: 4_000_000 } }]));
    run('unzip', '-q', '-X', file);
    const { uid, gid } = await lstat(join(folder, 'owned'));
    expect([uid, gid]).toEqual([70_000, 4_000_000]);
  });

  it.each<[string, bigint, number]>([
    ['1970', 0n, 0],
    ['before 1970', -1_000_000_000_000_000n, -1_000_000],
    ['before 1901', -3_000_000_000_000_000_000n, -0x80000000],
    ['the last second of 32 bits', 2_147_483_647_000_000_000n, 2_147_483_647],
    ['past 2038', 4_000_000_000_000_000_000n, 2_147_483_647],
    ['past 2107', 9_000_000_000_000_000_000n, 2_147_483_647],
  ])('keeps times as far as its fields can: %s', async (_, mtimeNs, seconds) => {
    const zip = zipOf([{ member: { mtimeNs }, content: text }]);
    await writeFile(file, zip);
    expect(run('unzip', '-t', file)).toMatchObject({ status: 0 });
    // UT, 5 bytes, mtime only.
    const at = zip.indexOf(Buffer.from('5554050001', 'hex'));
    expect(zip.readInt32LE(at + 5)).toBe(seconds);
  });

  it('has no fault with more members than 16 bits count', async () => {
    const parts = Array.from({ length: 65_536 }, (_, i) => ({ member: { path: `f${i}` } }));
    await writeFile(file, zipOf(parts));
    const { stdout, status } = run('zipinfo', '-h', file);
    expect([status, stdout]).toEqual([0, expect.stringContaining('number of entries: 65536')]);
    expect(run('unzip', '-tqq', file)).toMatchObject({ status: 0, stderr: '' });
  }, 60_000);
});

const PYTHON_TEST = `
import json, sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
print(json.dumps([z.testzip(), [[i.filename, i.flag_bits, i.compress_type, i.file_size, i.external_attr >> 16]
                                for i in z.infolist()]]))
`;

describe.skipIf(!hasPython)('a zip, read by zipfile of Python', () => {
  interface Listing {
    readonly fault: unknown;
    readonly members: [name: string, flags: number, method: number, size: number, mode: number][];
  }

  async function listing(zip: Buffer): Promise<Listing> {
    await writeFile(file, zip);
    const { stdout, stderr } = run('python3', '-c', PYTHON_TEST, file);
    expect(stderr).toBe('');
    const [fault, members] = JSON.parse(stdout) as [unknown, Listing['members']];
    return { fault, members };
  }

  it('has no fault, and says what each member is', async () => {
    const { fault, members } = await listing(zipOf(PARTS));
    expect(fault).toBeNull();
    const size = text.length;
    expect(members).toEqual([
      ['folder/', 0, 0, 0, 0o041777],
      ['empty', 0, 0, 0, 0o100644],
      ['folder/stored', 0, 0, size, 0o104755],
      ['folder/deflated', 0, 8, size, 0o100600],
      ['pieces', 8, 8, size, 0o100644],
      ['link', 0, 0, 13, 0o120777],
      // Names that are UTF-8 say so; others are bytes, which Python takes for code page 437.
      ['é🙂.txt', 0x800, 0, size, 0o100644],
      ['not-utf-8-\u25a0\u0398', 0, 0, size, 0o100644],
      ['x'.repeat(255), 0, 0, size, 0o100644],
    ]);
  });

  it.each([65_534, 65_535, 65_536])('has no fault with %i members', async (count) => {
    const { fault, members } = await listing(
      zipOf(Array.from({ length: count }, (_, i) => ({ member: { path: `f${i}` } }))),
    );
    expect(fault).toBeNull();
    expect(members).toHaveLength(count);
    expect(members.at(-1)?.[0]).toBe(`f${count - 1}`);
  });

  it('has no fault when it is empty', async () => {
    expect(await listing(zipOf([]))).toEqual({ fault: null, members: [] });
  });

  it('sees a fault where content differs from its checksum', async () => {
    const zip = zipOf([{ member: {}, content: text }]);
    zip[100] = (zip[100] ?? 0) ^ 1;
    expect((await listing(zip)).fault).toBe('file');
  });
});

const large = (changes: Partial<ZipMember>): ZipMember => ({
  member: PLAIN,
  deflated: true,
  crc: 0x01020304,
  compressedBytes: 100,
  contentBytes: 100,
  descriptor: false,
  ...changes,
});

const FIVE_GIB = 5 * GIB;

const zip64 = (bytes: Buffer, headerBytes: number): number[] | undefined => {
  const at = headerBytes + PLAIN.path.length;
  if (bytes.length <= at + 4 || bytes.readUInt16LE(at) !== 1) return undefined;
  expect(bytes.readUInt16LE(at + 2)).toBe(16);
  return [Number(bytes.readBigUInt64LE(at + 4)), Number(bytes.readBigUInt64LE(at + 12))];
};

describe('the headers of a large member', () => {
  it('have both sizes in the zip64 field, and nothing in those of 32 bits', () => {
    const zip = large({ contentBytes: FIVE_GIB, compressedBytes: GIB });
    const local = localHeader(zip);
    expect([local.readUInt32LE(18), local.readUInt32LE(22)]).toEqual([0xffffffff, 0xffffffff]);
    expect(zip64(local, 30)).toEqual([FIVE_GIB, GIB]);
    const central = centralRecord(zip, 77);
    expect([central.readUInt32LE(20), central.readUInt32LE(24)]).toEqual([0xffffffff, 0xffffffff]);
    expect(zip64(central, 46)).toEqual([FIVE_GIB, GIB]);
    expect(central.readUInt32LE(42)).toBe(77);
    // 4.4.3.2: 4.5 is needed to extract it.
    expect([local.readUInt16LE(4), central.readUInt16LE(6)]).toEqual([45, 45]);
  });

  it('promise a descriptor with wide sizes before they are known, and keep that', () => {
    const zip = large({ contentBytes: FIVE_GIB, compressedBytes: 0, descriptor: true });
    const local = localHeader(zip);
    expect(local.readUInt32LE(14)).toBe(0);
    expect(zip64(local, 30)).toEqual([0, 0]);
    const descriptor = dataDescriptor({ ...zip, compressedBytes: GIB });
    expect(descriptor.toString('hex', 0, 8)).toBe('504b070804030201');
    expect(descriptor.readBigUInt64LE(8)).toBe(BigInt(GIB));
    expect(descriptor.readBigUInt64LE(16)).toBe(BigInt(FIVE_GIB));
    expect(zip64(centralRecord({ ...zip, compressedBytes: GIB }, 0), 46)).toEqual([FIVE_GIB, GIB]);
  });

  it('are as wide before as after the content is compressed, whatever that comes to', () => {
    for (const contentBytes of [4 * GIB - 1 - 2 ** 25, 4 * GIB - 1 - 2 ** 24, 4 * GIB - 2, 4 * GIB]) {
      const before = large({ contentBytes, compressedBytes: 0, descriptor: true });
      // Deflate adds 5 bytes for each 16 KiB that do not compress, a full flush 5 more for each 4 MiB.
      const compressedBytes = Math.ceil(contentBytes * (1 + 5 / 16_384 + 5 / (4 * 1024 * 1024)));
      const wide = zip64(localHeader(before), 30) !== undefined;
      expect(dataDescriptor({ ...before, compressedBytes })).toHaveLength(wide ? 24 : 16);
      expect(zip64(centralRecord({ ...before, compressedBytes }, 0), 46) !== undefined).toBe(wide);
    }
  });

  it('stay narrow below 4 GiB', () => {
    const zip = large({ contentBytes: 3 * GIB, compressedBytes: 2 * GIB });
    expect(localHeader(zip).readUInt32LE(18)).toBe(2 * GIB);
    expect(localHeader(zip).readUInt32LE(22)).toBe(3 * GIB);
    expect(zip64(localHeader(zip), 30)).toBeUndefined();
    expect(dataDescriptor({ ...zip, descriptor: true })).toHaveLength(16);
  });
});

describe('shiftOffsets()', () => {
  it('adds to the offset of every record, however long each is', () => {
    const paths = ['a', 'x'.repeat(300), 'c'];
    const records = Buffer.concat(
      paths.map((path, i) => centralRecord(recordOf({ member: { path } }).zip, i * 1000)),
    );
    shiftOffsets(records, 3 * GIB);
    let at = 0;
    const offsets = paths.map(() => {
      const offset = records.readUInt32LE(at + 42);
      at += 46 + records.readUInt16LE(at + 28) + records.readUInt16LE(at + 30);
      return offset;
    });
    expect(offsets).toEqual([3 * GIB, 3 * GIB + 1000, 3 * GIB + 2000]);
    expect(at).toBe(records.length);
  });

  it('leaves no records alone', () => {
    shiftOffsets(new Uint8Array(0), 5);
  });
});

describe('endOfDirectory()', () => {
  it('is one record as long as all numbers fit', () => {
    expect(endOfDirectory(65_534, 0xfffffffe, 0xfffffffe)).toHaveLength(22);
    expect(endOfDirectory(2, 3, 4).toString('hex')).toBe(
      '504b0506' /* disks */
        .concat('00000000', '02000200', '03000000', '04000000', '0000'),
    );
  });

  it.each<[string, number, number, number]>([
    ['members', 65_535, 100, 100],
    ['bytes', 5, 0xffffffff, 100],
    ['bytes before it', 5, 100, 5 * GIB],
  ])('adds the zip64 records for many %s', (_, count, bytes, offset) => {
    const end = endOfDirectory(count, bytes, offset);
    expect(end).toHaveLength(56 + 20 + 22);
    expect(end.toString('latin1', 0, 4)).toBe('PK\x06\x06');
    // 4.3.14.1: the size of what follows that field.
    expect(end.readBigUInt64LE(4)).toBe(56n - 12n);
    const values = [24, 32, 40, 48].map((at) => Number(end.readBigUInt64LE(at)));
    expect(values).toEqual([count, count, bytes, offset]);
    expect(end.toString('latin1', 56, 60)).toBe('PK\x06\x07');
    expect(Number(end.readBigUInt64LE(64))).toBe(offset + bytes);
    expect(end.toString('latin1', 76, 80)).toBe('PK\x05\x06');
    expect(end.readUInt16LE(86)).toBe(Math.min(count, 0xffff));
    expect(end.readUInt32LE(92)).toBe(Math.min(offset, 0xffffffff));
  });
});

describe('isCompressedType()', () => {
  it.each([
    'a.jpg',
    'a.JPEG',
    'b/c.tar.gz',
    'x.mp3',
    'x.MP4',
    'x.m4a',
    'x.ogg',
    'x.docx',
    'x.woff',
    'x.woff2',
  ])('stores %s', (path) => {
    expect(isCompressedType(path)).toBe(true);
  });

  it.each(['a.txt', 'jpg', 'a.jpg.txt', 'gz/a', 'a.gz/b', 'a.zip~', 'a.mp', 'a.tar', '', 'a.jpg\n'])(
    'deflates %j',
    (path) => {
      expect(isCompressedType(path)).toBe(false);
    },
  );
});
