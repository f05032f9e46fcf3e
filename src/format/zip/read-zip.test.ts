import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import type { Member } from '../member.ts';
import { type ArchiveSource, type FoundMember, readArchive } from '../read-archive.ts';
import { centralRecord, dataDescriptor, endOfDirectory, localHeader, type ZipMember } from './zip.ts';

const MIB = 1024 * 1024;
const hasZip = spawnSync('zip', ['-v']).status === 0;

const PLAIN: Member = {
  path: 'file',
  type: 'file',
  size: 0,
  mode: 0o644,
  uid: 1000,
  gid: 1001,
  user: undefined,
  group: undefined,
  mtimeNs: 1_700_000_000_000_000_000n,
  target: undefined,
};

interface Part {
  readonly member: Partial<Member>;
  readonly content?: Buffer;
  readonly how?: 'stored' | 'deflated' | 'pieces';
  /** What stands in the archive instead of what belongs there. */
  readonly body?: Buffer;
  readonly says?: Partial<ZipMember>;
  /** Changes the finished records. */
  readonly forge?: (local: Buffer, central: Buffer) => void;
}

function memberOf({ member, content = Buffer.alloc(0) }: Part): Member {
  const type = member.type ?? 'file';
  const target = type === 'link' ? content.toString('latin1') : undefined;
  return { ...PLAIN, ...member, size: type === 'file' ? content.length : 0, target };
}

/** Raw deflate in pieces that end with a full flush, as large files are compressed. */
function deflated(content: Buffer, pieceBytes: number): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < content.length; at += pieceBytes) {
    const finishFlush = at + pieceBytes >= content.length ? constants.Z_FINISH : constants.Z_FULL_FLUSH;
    pieces.push(deflateRawSync(content.subarray(at, at + pieceBytes), { finishFlush }));
  }
  return Buffer.concat(pieces);
}

function zipOf(parts: readonly Part[], counted = parts.length): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  for (const part of parts) {
    const { content = Buffer.alloc(0), how = 'stored' } = part;
    const body =
      part.body ?? (how === 'stored' ? content : deflated(content, how === 'pieces' ? MIB : Infinity));
    const zip: ZipMember = {
      member: memberOf(part),
      deflated: how !== 'stored',
      crc: crc32(content),
      compressedBytes: body.length,
      contentBytes: content.length,
      descriptor: how === 'pieces',
      ...part.says,
    };
    const end = zip.descriptor ? dataDescriptor(zip) : Buffer.alloc(0);
    const records = [Buffer.concat([localHeader(zip), body, end]), centralRecord(zip, at)] as const;
    part.forge?.(...records);
    local.push(records[0]);
    central.push(records[1]);
    at += records[0].length;
  }
  const directory = Buffer.concat(central);
  return Buffer.concat([...local, directory, endOfDirectory(counted, directory.length, at)]);
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

function hash(content: Uint8Array): Buffer {
  return createHash('sha256').update(content).digest();
}

async function read(
  source: ArchiveSource | Buffer,
  signal = new AbortController().signal,
): Promise<FoundMember[]> {
  let digest = createHash('sha256');
  const hasher = {
    reset: () => void (digest = createHash('sha256')),
    update: (piece: Uint8Array) => void digest.update(piece),
    digest: () => digest.digest(),
  };
  const found: FoundMember[] = [];
  const archive = Buffer.isBuffer(source) ? sourceOf(source) : source;
  for await (const member of readArchive('zip', archive, 'a.zip', hasher, signal)) found.push(member);
  return found;
}

/** Why `bytes` are refused. */
async function refusal(bytes: Buffer): Promise<string> {
  try {
    await read(bytes);
  } catch (error) {
    if (!(error instanceof SnapshotError) || error.code !== 'E_DAMAGED') throw error;
    expect(error.message).toMatch(/^"a\.zip" is damaged: /);
    return error.message;
  }
  throw new Error('it was read');
}

/** What lies at the place of `found`, read as `docs/format.md` says. */
function contentAt(bytes: Buffer, { member, place }: FoundMember): Buffer {
  const record = bytes.subarray(place.offset, place.offset + place.length);
  const body = record.subarray(30 + record.readUInt16LE(26) + record.readUInt16LE(28));
  return record.readUInt16LE(8) === 8 ? inflateRawSync(body) : body.subarray(0, member.size);
}

async function expectParts(bytes: Buffer, parts: readonly Part[]): Promise<void> {
  const found = await read(bytes);
  expect(found.map((one) => one.member)).toEqual(parts.map(memberOf));
  found.forEach((one, i) => {
    const { content = Buffer.alloc(0) } = parts[i] ?? { member: {} };
    if (one.member.type === 'file') {
      expect(Buffer.from(one.hash ?? [])).toEqual(hash(content));
      expect(contentAt(bytes, one).equals(content)).toBe(true);
    } else {
      expect([one.hash, one.place]).toEqual([undefined, { offset: 0, length: 0, skip: 0 }]);
    }
  });
}

const text = Buffer.from('the quick brown fox jumps over the lazy dog\n'.repeat(30));

const PARTS: Part[] = [
  { member: { path: 'folder', type: 'folder', mode: 0o1777 } },
  { member: { path: 'empty' } },
  { member: { path: 'folder/stored', mode: 0o4711, uid: 4_000_000_000 }, content: randomBytes(100) },
  { member: { path: 'text' }, content: text, how: 'deflated' },
  { member: { path: 'latin-\xe9', mtimeNs: -1_000_000_000n }, content: text, how: 'pieces' },
  { member: { path: Buffer.from('ü/🙂').toString('latin1') }, content: Buffer.from('x') },
  { member: { path: `${'d'.repeat(250)}/${'e'.repeat(250)}` }, content: Buffer.from('long') },
  { member: { path: 'link', type: 'link', mode: 0o777 }, content: Buffer.from('../\xe9', 'latin1') },
];

/** What a checksum, or saying it twice, covers: not permissions, owners and the type of what is stored. */
function covered(found: readonly FoundMember[]): unknown {
  return found.map(({ member, hash: digest }) => [member.path, member.mtimeNs, member.target, digest]);
}

function types(found: readonly FoundMember[]): string {
  return found.map((one) => one.member.type).join(' ');
}

describe('readArchive() of a zip', () => {
  it('gives back every member as it was written', async () => {
    await expectParts(zipOf(PARTS), PARTS);
    expect(await read(zipOf([]))).toEqual([]);
  });

  it('reads large records in pieces: deflated, and stored', async () => {
    const content = Buffer.concat([randomBytes(6 * MIB), Buffer.alloc(5 * MIB)]);
    const parts: Part[] = [
      { member: { path: 'pieces' }, content, how: 'pieces' },
      { member: { path: 'deflated' }, content, how: 'deflated' },
      { member: { path: 'stored' }, content },
    ];
    await expectParts(zipOf(parts), parts);
  });

  it('reads more members than a plain directory can count', async () => {
    const parts = Array.from({ length: 70_000 }, (_, i): Part => ({ member: { path: `f${i}` } }));
    expect(await read(zipOf(parts))).toHaveLength(70_000);
  });

  it('reads sizes in zip64 fields, where the headers have room for 32 bits only', async () => {
    const parts: Part[] = [{ member: {}, content: text, how: 'pieces' }];
    await expectParts(widened(zipOf(parts)), parts);
  });

  it('gives the same, or says that it is damaged, whichever byte is changed', async () => {
    const bytes = zipOf(PARTS);
    const members = await read(bytes);
    const change = [fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 })] as const;
    const property = fc.asyncProperty(...change, async (at, mask) => {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ mask;
      const result = await read(changed).catch((error: unknown) => error);
      if (!Array.isArray(result)) {
        expect(result).toMatchObject({ name: 'SnapshotError', code: 'E_DAMAGED' });
        return;
      }
      const found = result as FoundMember[];
      if (types(found) === types(members)) expect(covered(found)).toEqual(covered(members));
    });
    await fc.assert(property, { numRuns: 3000 });
  });

  it('is refused wherever it is cut', async () => {
    const bytes = zipOf(PARTS);
    for (let length = 0; length < bytes.length; length++) {
      expect(await refusal(bytes.subarray(0, length))).toContain('byte');
    }
  });

  it('takes anything before a right end of directory, or says that it is damaged', async () => {
    const signatures = [0x04034b50, 0x02014b50, 0x08074b50].map((value) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32LE(value);
      return new Uint8Array(bytes);
    });
    const chunk = fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(...signatures));
    const chunks = fc.array(chunk, { maxLength: 6 });
    const property = fc.asyncProperty(
      chunks,
      chunks,
      fc.nat({ max: 70_000 }),
      async (records, directory, count) => {
        const [before, after] = [Buffer.concat(records), Buffer.concat(directory)];
        const bytes = Buffer.concat([before, after, endOfDirectory(count, after.length, before.length)]);
        const result = await read(bytes).catch((error: unknown) => error);
        if (!Array.isArray(result))
          expect(result).toMatchObject({ name: 'SnapshotError', code: 'E_DAMAGED' });
      },
    );
    await fc.assert(property, { numRuns: 1000 });
  });
});

function zip64Field(sizes: readonly number[]): Buffer {
  const extra = Buffer.alloc(20);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(16, 2);
  sizes.forEach((size, i) => extra.writeBigUInt64LE(BigInt(size), 4 + i * 8));
  return extra;
}

function grown(
  record: Buffer,
  sizesAt: number,
  lengthsAt: number,
  bodyAt: number,
  sizes: readonly number[],
): Buffer {
  const head = Buffer.from(record.subarray(0, bodyAt + record.readUInt16LE(lengthsAt)));
  head.fill(0xff, sizesAt, sizesAt + 8);
  head.writeUInt16LE(head.readUInt16LE(lengthsAt + 2) + 20, lengthsAt + 2);
  return Buffer.concat([head, zip64Field(sizes), record.subarray(head.length)]);
}

/** The zip of one member with a descriptor, with its sizes moved into zip64 fields. */
function widened(bytes: Buffer): Buffer {
  const end = bytes.length - 22;
  const directory = bytes.readUInt32LE(end + 16);
  const local = bytes.subarray(0, directory - 16);
  const descriptor = bytes.subarray(directory - 16, directory);
  const central = bytes.subarray(directory, end);
  const sizes = [central.readUInt32LE(24), central.readUInt32LE(20)];
  const wide = Buffer.alloc(24);
  descriptor.copy(wide, 0, 0, 8);
  wide.writeBigUInt64LE(BigInt(sizes[1] ?? 0), 8);
  wide.writeBigUInt64LE(BigInt(sizes[0] ?? 0), 16);
  const before = Buffer.concat([grown(local, 18, 26, 30, [0, 0]), wide]);
  const after = grown(central, 20, 28, 46, sizes);
  return Buffer.concat([before, after, endOfDirectory(1, after.length, before.length)]);
}

const bomb = deflateRawSync(Buffer.alloc(9 * MIB));

describe('readArchive() refuses a zip with', () => {
  const file = (changes: Partial<Part> = {}): Part => ({
    member: {},
    content: text,
    how: 'deflated',
    ...changes,
  });
  it.each<[string, readonly Part[], string]>([
    ['a name ".."', [{ member: { path: 'a/../b' } }], 'the path "a/../b" holds the name ".."'],
    ['an absolute path', [{ member: { path: '/a' } }], 'holds the name ""'],
    ['a NUL in a path', [{ member: { path: 'a\0' } }], 'holds a NUL'],
    ['no path', [{ member: { path: '' } }], 'the path "" holds the name ""'],
    ['a folder called "/"', [{ member: { path: '', type: 'folder' } }], 'the path "" holds the name ""'],
    ['a file called like a folder', [{ member: { path: 'a/' } }], '"a/" is no name of a file'],
    ['a folder with content', [file({ member: { type: 'folder' } })], 'a folder has content'],
    [
      'an endless link',
      [{ member: { type: 'link' }, content: Buffer.alloc(65_537, 'x') }],
      'no link is that long',
    ],
    ['a link that says nothing', [{ member: { type: 'link' } }], 'a link cannot say ""'],
    ['a wrong CRC', [file({ says: { crc: 1 } })], 'its CRC is wrong'],
    ['more content than it says', [file({ body: bomb })], 'cannot be inflated'],
    ['less content than it says', [file({ says: { contentBytes: 5000 } })], 'it holds 1320 bytes, not 5000'],
    [
      'stored content of another size',
      [file({ how: 'stored', body: Buffer.alloc(9) })],
      'it holds 9 bytes, not 1320',
    ],
    [
      'a large record that holds more',
      [file({ how: 'stored', body: bomb, says: { deflated: true, contentBytes: 8 * MIB + 1 } })],
      'it holds more than 8388609 bytes',
    ],
    [
      'bytes after its compressed content',
      [file({ body: Buffer.concat([deflateRawSync(text), text]) })],
      'ends too early',
    ],
    [
      'bytes after large compressed content',
      [file({ body: Buffer.concat([bomb, text]), content: Buffer.alloc(9 * MIB) })],
      'ends too early',
    ],
    [
      'a large body after its compressed content',
      [file({ body: Buffer.concat([deflateRawSync(text), Buffer.alloc(9 * MIB)]) })],
      'cannot be inflated',
    ],
    [
      'compressed content cut short',
      [file({ body: deflateRawSync(text).subarray(0, -1) })],
      'cannot be inflated',
    ],
    [
      'large compressed content cut short',
      [file({ body: bomb.subarray(0, -1), content: Buffer.alloc(9 * MIB) })],
      'cannot be inflated',
    ],
    [
      'encryption',
      [file({ forge: (local, central) => [local.writeUInt8(1, 6), central.writeUInt8(1, 8)] })],
      'it is encrypted',
    ],
    [
      'another method',
      [file({ forge: (local, central) => [local.writeUInt8(9, 8), central.writeUInt8(9, 10)] })],
      'its compression method is 9',
    ],
    [
      'an offset that lies',
      [file(), file({ forge: (_, central) => central.writeUInt32LE(0, 42) })],
      'its directory says byte 0',
    ],
    [
      'a size past its directory',
      [file({ forge: (local, central) => [local.writeUInt32LE(9999, 18), central.writeUInt32LE(9999, 20)] })],
      'it claims 9999 bytes',
    ],
    [
      'a record that differs from the directory',
      [file({ forge: (local) => local.write('F', 30) })],
      'it differs from what the directory says',
    ],
    [
      'a descriptor that differs',
      [file({ how: 'pieces', forge: (local) => local.writeUInt8(1, local.length - 1) })],
      'what follows its content differs',
    ],
    [
      'what another system made',
      [file({ forge: (_, central) => central.writeUInt8(0, 5) })],
      'was not made by Unix',
    ],
    [
      'a device',
      [file({ forge: (_, central) => central.writeUInt16LE(0o020644, 40) })],
      'of a type that no snapshot holds',
    ],
    ['no time', [file({ forge: (_, central) => central.writeUInt8(0, 50) })], 'it has no UT field'],
    ['no owners', [file({ forge: (local) => local.writeUInt8(0, 43) })], 'it has no ux field'],
    [
      'an extra field twice',
      [file({ forge: (local) => local.writeUInt16LE(0x5455, 43) })],
      'an extra field twice',
    ],
    [
      'extra fields too long',
      [file({ forge: (_, central) => central.writeUInt16LE(999, 52) })],
      'longer than they say',
    ],
    [
      'a size in a field that is not there',
      [file({ forge: (_, central) => central.fill(0xff, 20, 24) })],
      'it lacks a size',
    ],
  ])('%s', async (_, parts, why) => {
    expect(await refusal(zipOf(parts))).toContain(why);
  });

  it('another number of records than it says', async () => {
    expect(await refusal(zipOf(PARTS, PARTS.length - 1))).toContain('its directory has more records');
    expect(await refusal(zipOf(PARTS, PARTS.length + 1))).toContain('would lead past byte');
    expect(await refusal(zipOf(PARTS, 70_000))).toContain('would lead past byte');
  });

  it.each<[string, number]>([
    ['disk number', 4],
    ['disk of the directory', 6],
    ['count on this disk', 8],
    ['count', 10],
    ['size of the directory', 12],
    ['offset of the directory', 16],
    ['length of a comment', 20],
  ])('another %s at its end', async (_, at) => {
    const bytes = zipOf(PARTS);
    const end = bytes.length - 22;
    bytes.writeUInt8((bytes[end + at] ?? 0) ^ 1, end + at);
    expect(await refusal(bytes)).toMatch(/its directory is missing|about its directory is not so/);
  });

  it('anything changed in its zip64 end', async () => {
    const parts = Array.from({ length: 65_535 }, (__, i): Part => ({ member: { path: `f${i}` } }));
    const bytes = zipOf(parts);
    const end = bytes.length - 98;
    // Versions at 12 and 14 say nothing about what follows.
    for (const at of [0, 4, 16, 20, 24, 32, 40, 48, 55, 56, 60, 64, 72]) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8((changed[end + at] ?? 0) ^ 1, end + at);
      expect([at, await refusal(changed)]).toEqual([at, expect.stringMatching(/directory|cannot be/)]);
    }
  });

  it('bytes between its records, or after its end', async () => {
    const bytes = zipOf(PARTS);
    const [end, directory] = [bytes.length - 22, bytes.readUInt32LE(bytes.length - 6)];
    const shifted = Buffer.from(bytes.subarray(end));
    shifted.writeUInt32LE(directory + 1, 16);
    const between = Buffer.concat([
      bytes.subarray(0, directory),
      Buffer.from('x'),
      bytes.subarray(directory, end),
      shifted,
    ]);
    expect(await refusal(between)).toContain('something lies between its records');
    expect(await refusal(Buffer.concat([bytes, Buffer.from('x')]))).toContain(
      'the end of its directory is missing',
    );
  });

  it('nothing wrong, when its source fails or it is told to stop: that is thrown as it is', async () => {
    const content = randomBytes(9 * MIB);
    const bytes = zipOf([{ member: {}, content, how: 'pieces' }]);
    const failing: ArchiveSource = {
      sizeBytes: bytes.length,
      async read(offset, length) {
        if (offset > 0 && offset < 8 * MIB) throw new Error('the line is down');
        return await sourceOf(bytes).read(offset, length);
      },
    };
    await expect(read(failing)).rejects.toThrow(/^the line is down$/);
    const stop = new AbortController();
    const stopping: ArchiveSource = {
      sizeBytes: bytes.length,
      async read(offset, length) {
        if (offset > 0 && offset < 8 * MIB) stop.abort(new Error('stopped'));
        return await sourceOf(bytes).read(offset, length);
      },
    };
    await expect(read(stopping, stop.signal)).rejects.toThrow(/^stopped$/);
  });
});

describe.runIf(hasZip)('readArchive() of what Info-ZIP wrote', () => {
  it('gives back its members', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'read-zip-'));
    try {
      mkdirSync(join(folder, 'd'));
      writeFileSync(join(folder, 'd/text'), text);
      writeFileSync(join(folder, 'd/empty'), '');
      chmodSync(join(folder, 'd/text'), 0o4751);
      symlinkSync('nowhere', join(folder, 'd/link'));
      expect(spawnSync('zip', ['-qry', 'out.zip', 'd'], { cwd: folder }).status).toBe(0);
      const found = await read(readFileSync(join(folder, 'out.zip')));
      const paths = found.map(({ member }) => member.path).toSorted((a, b) => (a < b ? -1 : 1));
      expect(paths).toEqual(['d', 'd/empty', 'd/link', 'd/text']);
      for (const { member, hash: digest } of found) {
        const stats = lstatSync(join(folder, member.path));
        expect([member.mode, member.uid, member.gid]).toEqual([stats.mode & 0o7777, stats.uid, stats.gid]);
        expect(member.mtimeNs).toBe(BigInt(Math.floor(stats.mtimeMs / 1000)) * 1_000_000_000n);
        if (member.path === 'd/text') expect(Buffer.from(digest ?? [])).toEqual(hash(text));
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
