import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  linkSync,
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
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import type { Member } from '../member.ts';
import { type ArchiveSource, type FoundMember, readArchive } from '../read-archive.ts';
import { seekTable } from '../zstd/seek-table.ts';
import { END_OF_ARCHIVE, maxHeaderBytes, paddedBytes, writeHeader } from './tar.ts';
import { loadCompressor, loadDecompressor } from '../zstd/zstd.ts';
import { measureFrame } from '../zstd/frame.ts';

const compressor = await loadCompressor();
const decompressor = await loadDecompressor();
const hasGnuTar = spawnSync('tar', ['--version'], { encoding: 'utf8' }).stdout?.includes('GNU') ?? false;
const hasZstd = spawnSync('zstd', ['--version']).status === 0;

const PLAIN: Member = {
  path: 'file',
  type: 'file',
  size: 0,
  mode: 0o644,
  uid: 1000,
  gid: 1001,
  user: 'alice',
  group: 'staff',
  mtimeNs: 1_700_000_000_123_456_789n,
  target: undefined,
};

interface Part {
  readonly member: Member;
  readonly content: Buffer;
}

function part(changes: Partial<Member>, content: Buffer = Buffer.alloc(0)): Part {
  return { member: { ...PLAIN, ...changes, size: content.length }, content };
}

function bytesOf({ member, content }: Part): Buffer {
  const bytes = Buffer.alloc(maxHeaderBytes(member) + paddedBytes(content.length));
  const headerBytes = writeHeader(bytes, 0, member);
  content.copy(bytes, headerBytes);
  return bytes.subarray(0, headerBytes + paddedBytes(content.length));
}

/** A tar.zst whose frames hold `contents`. */
function framed(contents: readonly Uint8Array[], withTable = true): Buffer {
  const frames = contents.map((content) => ({ content, bytes: compressor.compress(content) }));
  const sizes = frames.map((f) => ({ compressedBytes: f.bytes.length, contentBytes: f.content.length }));
  const table = withTable ? [seekTable(sizes)] : [];
  return Buffer.concat([...frames.map((f) => f.bytes), ...table]);
}

/** `whole`, cut at each of `cuts`. */
function cutAt(whole: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
  return places.slice(1).map((end, i) => whole.subarray(places[i], end));
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

async function read(bytes: Buffer, signal = new AbortController().signal): Promise<FoundMember[]> {
  let digest = createHash('sha256');
  const hasher = {
    reset: () => void (digest = createHash('sha256')),
    update: (piece: Uint8Array) => void digest.update(piece),
    digest: () => digest.digest(),
  };
  const found: FoundMember[] = [];
  for await (const member of readArchive('tar.zst', sourceOf(bytes), 'a.tar.zst', hasher, signal)) {
    found.push(member);
  }
  return found;
}

/** Why `bytes` are refused. */
async function refusal(bytes: Buffer): Promise<string> {
  try {
    await read(bytes);
  } catch (error) {
    if (!(error instanceof SnapshotError) || error.code !== 'E_DAMAGED') throw error;
    expect(error.message).toMatch(/^"a\.tar\.zst" is damaged: /);
    return error.message;
  }
  throw new Error('it was read');
}

/** What lies at the place of `found`, read as `docs/format.md` says. */
function contentAt(bytes: Buffer, { member, place }: FoundMember): Buffer {
  const frames: Buffer[] = [];
  for (let at = place.offset; at < place.offset + place.length;) {
    const frame = measureFrame(bytes.subarray(at));
    frames.push(decompressor.decompress(bytes.subarray(at, at + frame.bytes), frame.contentBytes ?? 0));
    at += frame.bytes;
  }
  return Buffer.concat(frames).subarray(place.skip, place.skip + member.size);
}

const PARTS: Part[] = [
  part({ path: 'empty' }),
  part({ path: 'one' }, Buffer.from('1')),
  part({ path: 'full-block', mode: 0o4711 }, randomBytes(512)),
  part({ path: 'latin-\xe9', mtimeNs: -1n }, randomBytes(1000)),
  part({ path: `${'d'.repeat(200)}/\xe9${'e'.repeat(200)}`, uid: 3_000_000, gid: 4_000_000 }, randomBytes(9)),
  part({ path: 'folder', type: 'folder', mode: 0o1777, user: undefined, group: undefined }),
  part({ path: `${'d'.repeat(120)}/${'f'.repeat(120)}`, type: 'folder' }),
  part({ path: 'tagged', attributes: '{"user.a":"AP8=","user.b":""}' }, Buffer.from('2')),
  part({ path: 'tagged-folder', type: 'folder', attributes: '{"user.a":"AP8="}' }),
  part({ path: 'link', type: 'link', target: '../nowhere' }),
  part({ path: 'far', type: 'link', target: 't/'.repeat(100) }),
  part({ path: 'hard', type: 'hardlink', target: 'one' }),
  part({ path: 'hard-far', type: 'hardlink', target: `${'h'.repeat(150)}/\xff` }),
];
const BODY = Buffer.concat(PARTS.map(bytesOf));
const WHOLE = Buffer.concat([BODY, END_OF_ARCHIVE]);

/** Every member of {@link PARTS} as it was, and its place decodes to its content. */
async function expectParts(bytes: Buffer): Promise<void> {
  const found = await read(bytes);
  expect(found.map((one) => one.member)).toEqual(PARTS.map((one) => one.member));
  found.forEach((one, i) => {
    const { content } = PARTS[i] ?? part({});
    if (one.member.type === 'file') {
      expect(Buffer.from(one.hash ?? [])).toEqual(hash(content));
      expect(contentAt(bytes, one).equals(content)).toBe(true);
    } else {
      expect([one.hash, one.place]).toEqual([undefined, { offset: 0, length: 0, skip: 0 }]);
    }
  });
}

describe('readArchive() of a tar.zst', () => {
  it('gives back every member as it was written', async () => {
    await expectParts(framed([BODY, END_OF_ARCHIVE]));
    await expectParts(framed([...PARTS.map(bytesOf), END_OF_ARCHIVE]));
  });

  it('does so wherever the frames cut the members, with empty frames too', async () => {
    const cuts = fc.array(fc.nat({ max: WHOLE.length }), { maxLength: 12 });
    const property = fc.asyncProperty(cuts, fc.boolean(), async (places, withTable) => {
      await expectParts(framed(cutAt(WHOLE, places), withTable));
    });
    await fc.assert(property, { numRuns: 200 });
  });

  it('finds a large file in the frames from its header to its last piece', async () => {
    const content = randomBytes(3000);
    const whole = bytesOf(part({ path: 'large' }, content));
    const header = whole.length - paddedBytes(content.length);
    const pieces = cutAt(whole, [header, header + 1024, header + 2048]);
    const small = bytesOf(part({ path: 'small' }));
    const bytes = framed([small, ...pieces, small, END_OF_ARCHIVE]);
    const [, found] = await read(bytes);
    const sizes = [small, ...pieces].map((piece) => compressor.compress(piece).length);
    const [before = 0, ...own] = sizes;
    const length = own.reduce((sum, size) => sum + size, 0);
    expect(found?.place).toEqual({ offset: before, length, skip: header });
  });

  it('counts the empty piece of a file that became empty to its place', async () => {
    const bytes = framed([bytesOf(part({})), Buffer.alloc(0), END_OF_ARCHIVE]);
    const [found] = await read(bytes);
    const end = compressor.compress(END_OF_ARCHIVE).length + seekTable([]).length + 3 * 8;
    expect(found?.place).toEqual({ offset: 0, length: bytes.length - end, skip: 1536 });
  });

  it('reads times with fewer decimals or more than nine, as other programs write them', async () => {
    const times = ['11 mtime=7', '13 mtime=7.5', '14 mtime=-7.5', '22 mtime=7.1234567899', '12 mtime=7.'];
    const tar = Buffer.concat([...times.map((time) => withPax(`${time}\n`)), END_OF_ARCHIVE]);
    const found = await read(framed([tar]));
    const expected = [7_000_000_000n, 7_500_000_000n, -7_500_000_000n, 7_123_456_789n, 7_000_000_000n];
    expect(found.map((one) => one.member.mtimeNs)).toEqual(expected);
  });

  it('reads one with no members', async () => {
    expect(await read(framed([END_OF_ARCHIVE]))).toEqual([]);
  });

  it('gives the same, or says that it is damaged, whichever byte is changed', async () => {
    const bytes = framed([BODY, END_OF_ARCHIVE]);
    const expected = await read(bytes);
    const property = fc.asyncProperty(
      fc.nat({ max: bytes.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      async (at, mask) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] ?? 0) ^ mask;
        const result = await read(changed).catch((error: unknown) => error);
        if (Array.isArray(result)) expect(result).toEqual(expected);
        else expect(result).toMatchObject({ name: 'SnapshotError', code: 'E_DAMAGED' });
      },
    );
    await fc.assert(property, { numRuns: 2000 });
  });

  it('is refused wherever it is cut, but for right before its seek table', async () => {
    const frames = [...PARTS.map(bytesOf), END_OF_ARCHIVE];
    const bytes = framed(frames);
    const table = framed(frames, false).length;
    for (let length = 0; length < bytes.length; length++) {
      if (length === table) await expectParts(bytes.subarray(0, length));
      else expect(await refusal(bytes.subarray(0, length))).toContain('byte');
    }
  });

  it('takes any tar blocks, or says that they are damaged', async () => {
    // Right checksums, wrong everything else.
    const field = fc.tuple(fc.nat({ max: 511 }), fc.uint8Array({ minLength: 1, maxLength: 20 }));
    const property = fc.asyncProperty(
      fc.nat({ max: PARTS.length - 1 }),
      fc.array(field, { maxLength: 3 }),
      fc.boolean(),
      async (i, fields, second) => {
        const bytes = Buffer.from(bytesOf(PARTS[i] ?? part({})));
        for (const [at, value] of fields)
          bytes.subarray(second ? 512 : 0).set(value.subarray(0, 512 - at), at);
        for (let at = 0; at + 512 <= bytes.length; at += 512)
          if (at !== 512) setChecksum(bytes.subarray(at, at + 512));
        const result = await read(framed([bytes, END_OF_ARCHIVE])).catch((error: unknown) => error);
        if (!Array.isArray(result))
          expect(result).toMatchObject({ name: 'SnapshotError', code: 'E_DAMAGED' });
      },
    );
    await fc.assert(property, { numRuns: 1000 });
  });
});

function setChecksum(block: Buffer): void {
  block.fill(0x20, 148, 156);
  const sum = block.reduce((a, b) => a + b, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0`, 148, 'latin1');
}

/** The headers of `member`, with something else at `at` of the second one and a right checksum. */
function forged(at: number, text: string, member: Partial<Member> = {}): Buffer {
  const bytes = bytesOf(part(member));
  bytes.write(text, 1024 + at, 'latin1');
  setChecksum(bytes.subarray(1024));
  return bytes;
}

function unsigned(): Buffer {
  const bytes = bytesOf(part({}));
  bytes.write('F', 1024);
  return bytes;
}

/** A member whose pax header holds `records`. */
function withPax(records: string, as: Parameters<typeof part>[0] = {}): Buffer {
  const bytes = bytesOf(part(as));
  bytes.fill(0, 512, 1024);
  bytes.write(records, 512, 'latin1');
  bytes.write(records.length.toString(8).padStart(11, '0'), 124, 'latin1');
  setChecksum(bytes.subarray(0, 512));
  return bytes;
}

describe('readArchive() refuses', () => {
  it.each<[string, Buffer, string]>([
    ['a name ".."', bytesOf(part({ path: 'a/../b' })), 'the path "a/../b" holds the name ".."'],
    ['a name "."', bytesOf(part({ path: './b' })), 'the path "./b" holds the name "."'],
    ['an absolute path', bytesOf(part({ path: '/etc/passwd' })), 'the path "/etc/passwd" holds the name ""'],
    ['a file with a slash at its end', bytesOf(part({ path: 'a/' })), 'the path "a/" holds the name ""'],
    ['no path', bytesOf(part({ path: '' })), 'the path "" holds the name ""'],
    ['a NUL in a path', withPax('12 path=a\0b\n'), 'the path "a\\x00b" holds a NUL'],
    [
      'a hard link to the outside',
      bytesOf(part({ type: 'hardlink', target: '../x' })),
      'holds the name ".."',
    ],
    ['a link that says nothing', bytesOf(part({ type: 'link', target: '' })), 'a link cannot say ""'],
    ['a device', forged(156, '3'), 'its type is "3", which no snapshot holds'],
    ['a folder with content', forged(124, '00000000001', { type: 'folder' }), 'is no file and has content'],
    ['a size that is no number', forged(124, '0000000000z'), 'byte 124 of its header begins no octal number'],
    ['a size past the end', forged(124, '77777777777'), 'bytes should follow'],
    ['a header of another checksum', unsigned(), 'the checksum of its header is wrong'],
    ['a header that is not ustar', forged(257, 'ustar  '), 'its header is not of ustar'],
    [
      'a record longer than the pax header',
      withPax('99 path=a\n'),
      'byte 0 of its pax header begins no record',
    ],
    ['a record of no length', withPax('0 path=a\n'), 'byte 0 of its pax header begins no record'],
    ['a record without "="', withPax('6 ab\n\n'), 'byte 0 of its pax header begins no record'],
    ['a pax size that is no number', withPax('11 size=-1\n'), 'its pax header says "-1" as size'],
    ['a pax size past all numbers', withPax('25 size=9999999999999999\n'), 'as size'],
    ['a pax time that is none', withPax('12 mtime=x1\n'), 'its pax header says "x1" as mtime'],
    ['another charset', withPax('18 hdrcharset=ODD\n'), 'unknown hdrcharset "ODD"'],
    ['a sparse file that does not say how', withPax('22 GNU.sparse.major=1\n'), 'it is sparse, and not how'],
    ['a sparse file of an older format', withPax('22 GNU.sparse.map=0,5\n'), 'in an older format'],
    [
      'a sparse folder',
      withPax(
        '22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n21 GNU.sparse.name=a\n25 GNU.sparse.realsize=0\n',
        { type: 'folder' },
      ),
      'it is sparse, and not how',
    ],
    [
      'a pax header after a pax header',
      Buffer.concat([bytesOf(part({})).subarray(0, 1024), bytesOf(part({}))]),
      'a pax header follows a pax header',
    ],
    [
      'a zero block that stands alone',
      Buffer.concat([Buffer.alloc(512), bytesOf(part({}))]),
      'one zero block stands alone',
    ],
    [
      'a member after the end',
      Buffer.concat([END_OF_ARCHIVE, bytesOf(part({}))]),
      'something follows the end',
    ],
  ])('%s', async (_, bytes, why) => {
    expect(await refusal(framed([bytes, END_OF_ARCHIVE]))).toContain(why);
  });

  it('a pax header of a megabyte and more', async () => {
    const bytes = withPax('');
    bytes.write('77777777777', 124, 'latin1');
    setChecksum(bytes.subarray(0, 512));
    expect(await refusal(framed([bytes, END_OF_ARCHIVE]))).toContain(
      'its pax header claims 8589934591 bytes',
    );
  });

  it('an archive that lacks its end', async () => {
    expect(await refusal(framed([BODY]))).toContain('where 512 bytes should follow');
    expect(await refusal(framed([BODY, Buffer.alloc(512)]))).toContain('where 512 bytes should follow');
    expect(await refusal(Buffer.alloc(0))).toContain('where 512 bytes should follow');
  });

  it('a seek table of other frames, or one with something after it', async () => {
    const own = framed([BODY, END_OF_ARCHIVE], false);
    const sizes = [{ compressedBytes: own.length, contentBytes: WHOLE.length }];
    for (const tables of [
      [seekTable(sizes)],
      [seekTable([]), seekTable([])],
      [seekTable([...sizes, ...sizes])],
    ]) {
      expect(await refusal(Buffer.concat([own, ...tables]))).toContain(
        `the seek table at byte ${own.length}`,
      );
    }
    const followed = Buffer.concat([framed([BODY, END_OF_ARCHIVE]), Buffer.from('x')]);
    expect(await refusal(followed)).toContain('the seek table at byte');
  });

  it('a seek table with any byte changed', async () => {
    const bytes = framed([BODY, END_OF_ARCHIVE]);
    for (let at = framed([BODY, END_OF_ARCHIVE], false).length; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(await refusal(changed)).toContain('byte');
    }
  });

  it('a frame without a checksum, and what is no frame', async () => {
    const noChecksum = Buffer.from('28b52ffd2000010000', 'hex');
    expect(await refusal(noChecksum)).toContain('the frame at byte 0 has no checksum');
    expect(await refusal(Buffer.from('PK\x03\x04 a zip'))).toContain('no zstd frame begins at byte 0');
  });

  it('a frame that claims more than 64 MiB, before it is decompressed', async () => {
    // Its content size says so; one block of a repeated byte. RFC 8878, 3.1.1.
    const claims = Buffer.from('28b52ffda400000005010000cccccccc', 'hex');
    expect(await refusal(claims)).toContain('the frame at byte 0 is larger than 67108864 bytes');
    // It does not say its size, but its blocks do.
    const block = Buffer.from('00001061', 'hex');
    block.writeUIntLE((131_072 << 3) | 2, 0, 3);
    const last = Buffer.from('010000cccccccc', 'hex');
    const blocks = Array.from({ length: 513 }, () => block);
    const silent = Buffer.concat([Buffer.from('28b52ffd0478', 'hex'), ...blocks, last]);
    expect(await refusal(silent)).toContain('is larger than 67108864 bytes');
  });

  it('nothing when it is told to stop: it throws the reason', async () => {
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(read(framed([BODY, END_OF_ARCHIVE]), signal)).rejects.toThrow('stopped');
  });
});

describe.runIf(hasGnuTar && hasZstd)('readArchive() of what GNU tar wrote', () => {
  it('gives back its members, with nanoseconds and long names', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'read-tar-'));
    try {
      mkdirSync(join(folder, 'd'));
      const long = `d/${'n'.repeat(250)}`;
      const content = randomBytes(300_000);
      writeFileSync(join(folder, long), content);
      writeFileSync(join(folder, 'd/empty'), '');
      symlinkSync('nowhere/'.repeat(20), join(folder, 'd/link'));
      linkSync(join(folder, long), join(folder, 'd/second'));
      const out = join(folder, 'out.tar.zst');
      const args = [
        '--zstd',
        '--format=pax',
        '-cf',
        out,
        '-C',
        folder,
        long,
        'd/empty',
        'd/link',
        'd/second',
      ];
      expect(spawnSync('tar', args).status).toBe(0);
      const found = await read(readFileSync(out));
      expect(found.map(({ member }) => [member.path, member.type, member.size, member.target])).toEqual([
        [long, 'file', content.length, undefined],
        ['d/empty', 'file', 0, undefined],
        ['d/link', 'link', 0, 'nowhere/'.repeat(20)],
        ['d/second', 'hardlink', 0, long],
      ]);
      for (const { member } of found) {
        const stats = lstatSync(join(folder, member.path), { bigint: true });
        expect([member.mtimeNs, member.mode]).toEqual([stats.mtimeNs, Number(stats.mode & 0o7777n)]);
      }
      expect(Buffer.from(found[0]?.hash ?? [])).toEqual(hash(content));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
