import { spawnSync } from 'node:child_process';
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatAttributes } from '../../base/attributes.ts';
import type { Member } from '../member.ts';
import { BLOCK_BYTES, END_OF_ARCHIVE, maxHeaderBytes, paddedBytes, writeHeader } from './tar.ts';

const attribute = fc.tuple(
  fc.stringMatching(/^[a-z=%"]{1,200}$/),
  fc.uint8Array({ maxLength: 900 }).map((value) => Buffer.from(value)),
);

const GIB = 1024 ** 3;

const PLAIN: Member = {
  path: 'folder/file',
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

/** The headers of `member`, written into room that holds something else already. */
function headers(member: Member): Buffer {
  const room = Buffer.alloc(maxHeaderBytes(member), 0xaa);
  return room.subarray(0, writeHeader(room, 0, member));
}

/** A whole tar. A file's content is so many bytes of its own letter. */
function tarOf(members: readonly Member[]): Buffer {
  const parts = members.flatMap((member, i) => {
    // Of what no memory holds, only the headers.
    const size = member.size > GIB ? 0 : member.size;
    const content = Buffer.alloc(paddedBytes(size));
    content.fill(letter(i), 0, size);
    return [headers(member), content];
  });
  return Buffer.concat([...parts, END_OF_ARCHIVE]);
}

function letter(i: number): string {
  return String.fromCodePoint(97 + (i % 26));
}

function latin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

const LONG_TARGET = 't'.repeat(100) + '/' + 'u'.repeat(100);

/** Names of every length and kind that the fields of a header can or cannot hold. */
const NAMES: [string, string][] = [
  ['a short one', 'file'],
  ['100 bytes', 'a'.repeat(100)],
  ['101 bytes in one name', 'b'.repeat(101)],
  ['101 bytes in two names', `${'c'.repeat(50)}/${'d'.repeat(50)}`],
  ['155 and 100 bytes', `${'e'.repeat(155)}/${'f'.repeat(100)}`],
  ['156 and 100 bytes', `${'g'.repeat(156)}/${'h'.repeat(100)}`],
  ['156 and 99 bytes', `${'g'.repeat(156)}/${'h'.repeat(99)}`],
  ['155 and 101 bytes', `${'i'.repeat(155)}/${'j'.repeat(101)}`],
  ['256 bytes in many names', `${'k'.repeat(63)}/`.repeat(4)],
  ['300 bytes', `${'l'.repeat(149)}/${'m'.repeat(150)}`],
  ['255 bytes in one name', 'n'.repeat(255)],
  ['a long name after a short one', `o/${'o'.repeat(200)}`],
  ['a short name after a long one', `${'p'.repeat(200)}/p`],
  ['UTF-8', latin1('ö/é🙂')],
  ['long UTF-8', latin1('ü'.repeat(60))],
  ['bytes that are not UTF-8', 'q\xff\xfe'],
  ['long bytes that are not UTF-8', 'r\xff'.repeat(60)],
  ['UTF-8 that the length would cut', latin1(`x${'é'.repeat(70)}`)],
  ['a newline', 'two\nlines'],
  ['a leading dash', '-rf'],
  ['quotes and spaces', `it's "so" \\n`],
].map(([what, path]) => [what ?? '', (path ?? '').replace(/\/$/, '')]);

// The fields of "ustar Interchange Format", with their lengths.
const fields = (block: Buffer | undefined): string[] => {
  let at = 0;
  return [100, 8, 8, 8, 12, 12, 8, 1, 100, 6, 2, 32, 32, 8, 8, 155, 12].map((length) => {
    const field = (block ?? Buffer.alloc(0)).subarray(at, at + length).toString('latin1');
    at += length;
    return field.replace(/\0+$/, '');
  });
};

const byteNames = (maxLength: number): fc.Arbitrary<string> =>
  fc
    .uint8Array({ min: 1, minLength: 1, maxLength })
    .map((name) => Buffer.from(name).toString('latin1').replaceAll('/', '_'));

const lengthOf = (changes: Partial<Member>): number =>
  headers({ ...PLAIN, path: 'x'.repeat(451), ...changes }).length;

describe('writeHeader()', () => {
  it('writes these bytes for a plain file', () => {
    const bytes = headers({ ...PLAIN, size: 5 });
    expect(bytes).toHaveLength(3 * BLOCK_BYTES);
    const [pax, records, header] = [0, 1, 2].map((n) => bytes.subarray(n * 512, (n + 1) * 512));
    expect(fields(pax)).toEqual([
      'PaxHeaders/folder/file',
      '0000644',
      '0001750',
      '0001751',
      '00000000036',
      '14524770400',
      '012312\0 ',
      'x',
      '',
      'ustar',
      '00',
      '',
      '',
      '',
      '',
      '',
      '',
    ]);
    expect(String(records)).toBe('30 mtime=1700000000.123456789\n'.padEnd(512, '\0'));
    expect(fields(header)).toEqual([
      'folder/file',
      '0000644',
      '0001750',
      '0001751',
      '00000000005',
      '14524770400',
      '012174\0 ',
      '0',
      '',
      'ustar',
      '00',
      'alice',
      'staff',
      '',
      '',
      '',
      '',
    ]);
  });

  it('writes a checksum that is the sum of all bytes, its own counted as spaces', () => {
    const block = headers(PLAIN).subarray(-BLOCK_BYTES);
    const stored = Number.parseInt(block.subarray(148, 154).toString('latin1'), 8);
    const blank = Buffer.from(block).fill(' ', 148, 156);
    expect(stored).toBe(blank.reduce((sum, byte) => sum + byte, 0));
  });

  it('writes records whose length counts itself, at every change of its digits', () => {
    for (let length = 101; length < 1100; length++) {
      const bytes = headers({ ...PLAIN, path: 'x'.repeat(length) });
      const records = bytes.subarray(512, -512).toString('latin1').replace(/\0*$/, '');
      const [, own, rest] = /^(\d+)( path=x+\n)/.exec(records) ?? [];
      expect(`${own}${rest}`).toHaveLength(Number(own));
    }
  });

  it.each<[string, Partial<Member>, string[]]>([
    ['what fits', { path: `${'e'.repeat(155)}/${'f'.repeat(100)}`, target: 't'.repeat(100) }, ['mtime']],
    ['a long name', { path: 'x'.repeat(101) }, ['path', 'mtime']],
    ['a long target', { target: 't'.repeat(101) }, ['linkpath', 'mtime']],
    ['a long name that is not UTF-8', { path: '\xff'.repeat(101) }, ['hdrcharset', 'path', 'mtime']],
    ['a long target that is not UTF-8', { target: '\xff'.repeat(101) }, ['hdrcharset', 'linkpath', 'mtime']],
    ['a short name that is not UTF-8', { path: '\xff', target: '\xff' }, ['mtime']],
    ['large numbers', { size: 8 * GIB, uid: 2_097_152, gid: 2_097_152 }, ['size', 'uid', 'gid', 'mtime']],
  ])('extends the header for what does not fit, and nothing else: %s', (_, changes, keys) => {
    const records = headers({ ...PLAIN, ...changes })
      .subarray(512, -512)
      .toString('latin1');
    const found = [...records.matchAll(/^\d+ (\w+)=(.*)\n/gm)];
    expect(found.map(([, key]) => key)).toEqual(keys);
    if (keys.includes('hdrcharset')) expect(found[0]?.[2]).toBe('BINARY');
  });

  it('says in the room it needs what it needs, whatever the member', () => {
    const member = fc.record<Member>({
      path: fc.array(byteNames(250), { minLength: 1, maxLength: 5 }).map((names) => names.join('/')),
      type: fc.constantFrom('file', 'folder', 'link', 'hardlink'),
      size: fc.maxSafeNat(),
      mode: fc.nat({ max: 0o7777 }),
      uid: fc.nat({ max: 0xffffffff }),
      gid: fc.nat({ max: 0xffffffff }),
      user: fc.option(fc.string(), { nil: undefined }),
      group: fc.option(fc.string(), { nil: undefined }),
      mtimeNs: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      target: fc.option(byteNames(600), { nil: undefined }),
      attributes: fc.array(attribute, { maxLength: 5 }).map(formatAttributes),
    });
    fc.assert(
      fc.property(member, (one) => {
        const room = Buffer.alloc(maxHeaderBytes(one) + 512, 0xaa);
        const length = writeHeader(room, 0, one);
        expect(length % 512).toBe(0);
        expect(length).toBeLessThanOrEqual(room.length - 512);
        expect(room.subarray(length).every((byte) => byte === 0xaa)).toBe(true);
        // The last block is the member's own header.
        expect(room.toString('latin1', length - 255, length - 250)).toBe('ustar');
      }),
    );
  });

  it('has headers of one length for every size below 8 GiB and every time since 2001', () => {
    const usual = lengthOf({});
    expect(lengthOf({ size: 8 * GIB - 1 })).toBe(usual);
    expect(lengthOf({ mtimeNs: 1_000_000_000_000_000_000n })).toBe(usual);
    expect(lengthOf({ mtimeNs: 2n ** 63n - 1n })).toBe(usual);
  });
});

function hasCommand(command: string): boolean {
  return spawnSync(command, ['--version']).status === 0;
}

const isGnuTar = spawnSync('tar', ['--version'], { encoding: 'utf8' }).stdout?.includes('GNU') ?? false;

describe.skipIf(!isGnuTar)('a tar, read by GNU tar', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tar-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  async function gnuTar(tar: Buffer, ...options: string[]): Promise<ReturnType<typeof spawnSync>> {
    await writeFile(join(folder, 'archive.tar'), tar);
    await mkdir(join(folder, 'out'), { recursive: true });
    const env = { ...process.env, TZ: 'UTC', LC_ALL: 'C.UTF-8' };
    return spawnSync('tar', ['--file', join(folder, 'archive.tar'), ...options], { env, encoding: 'latin1' });
  }

  async function extract(tar: Buffer): Promise<void> {
    const { status, stderr } = await gnuTar(tar, '--extract', '-p', '--directory', join(folder, 'out'));
    // It knows no hdrcharset, says so, and takes names as bytes anyway; times before 1970 it wonders about.
    const unexpected = String(stderr)
      .split('\n')
      .filter((line) => line !== '' && !/keyword 'hdrcharset'$|implausibly old time stamp/.test(line));
    expect(unexpected).toEqual([]);
    expect(status).toBe(0);
  }

  const below = (path: string): Buffer => Buffer.from(`${join(folder, 'out')}/${path}`, 'latin1');

  async function list(members: readonly Member[]): Promise<string[]> {
    const options = ['--list', '--verbose', '--full-time', '--numeric-owner', '--quoting-style=literal'];
    return String((await gnuTar(tarOf(members), ...options)).stdout)
      .trimEnd()
      .split('\n');
  }

  it('lists type, mode, owner, size, time and name', async () => {
    expect(
      await list([
        { ...PLAIN, size: 5 },
        { ...PLAIN, path: 'folder', type: 'folder', mode: 0o1777 },
        { ...PLAIN, path: 'link', type: 'link', target: 'folder/file', mode: 0o777 },
        { ...PLAIN, path: 'hard', type: 'hardlink', target: 'folder/file', mode: 0o4755 },
      ]),
    ).toEqual([
      '-rw-r--r-- 1000/1001         5 2023-11-14 22:13:20.123456789 folder/file',
      'drwxrwxrwt 1000/1001         0 2023-11-14 22:13:20.123456789 folder/',
      'lrwxrwxrwx 1000/1001         0 2023-11-14 22:13:20.123456789 link -> folder/file',
      'hrwsr-xr-x 1000/1001         0 2023-11-14 22:13:20.123456789 hard link to folder/file',
    ]);
  });

  it('names owners', async () => {
    const { stdout } = await gnuTar(tarOf([PLAIN]), '--list', '--verbose');
    expect(String(stdout)).toMatch(/^-rw-r--r-- alice\/staff /);
  });

  it.each<[string, Partial<Member>, string]>([
    ['a size of 8 GiB - 1', { size: 8 * GIB - 1 }, ' 1000/1001 8589934591 '],
    ['a size of 8 GiB', { size: 8 * GIB }, ' 1000/1001 8589934592 '],
    ['a size of 5 TiB', { size: 5 * 1024 * GIB }, ' 1000/1001 5497558138880 '],
    ['the last uid that fits', { uid: 2_097_151 }, ' 2097151/1001 '],
    ['a uid that does not fit', { uid: 2_097_152 }, ' 2097152/1001 '],
    ['the largest owners', { uid: 4_294_967_294, gid: 4_294_967_294 }, ' 4294967294/4294967294 '],
    ['a time before 1970', { mtimeNs: -86_401_000_000_000n }, ' 1969-12-30 23:59:59 '],
    ['the first nanosecond', { mtimeNs: 1n }, ' 1970-01-01 00:00:00.000000001 '],
    ['a time after 2242', { mtimeNs: 8_589_934_592_500_000_000n }, ' 2242-03-16 12:56:32.5 '],
  ])('knows %s', async (_, changes, expected) => {
    const [line] = await list([{ ...PLAIN, ...changes }].map((member) => ({ ...member, path: 'x' })));
    expect(line?.replaceAll(/ +/g, ' ')).toContain(expected);
  });

  it.each(NAMES)('extracts a file, a folder and links with %s for a name', async (_, path) => {
    const members: Member[] = [
      { ...PLAIN, path: `${path}.f`, size: 1000, mode: 0o4751 },
      { ...PLAIN, path: `${path}.l`, type: 'link', target: path, mode: 0o777 },
      { ...PLAIN, path: `${path}.h`, type: 'hardlink', target: `${path}.f`, mode: 0o4751 },
      { ...PLAIN, path: `${path}.d`, type: 'folder', mode: 0o2750 },
    ].map((member) => ({ ...member, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }) as Member);
    // A name of 255 bytes leaves no room for the suffix.
    const isLongest = /(?:^|\/)[^/]{254,}$/.test(path);
    const wanted = isLongest ? members.slice(0, 1).map((member) => ({ ...member, path })) : members;
    await extract(tarOf(wanted));
    for (const member of wanted) {
      const stats = await lstat(below(member.path), { bigint: true });
      expect(stats.mtimeNs).toBe(PLAIN.mtimeNs);
      if (member.type !== 'link') expect(Number(stats.mode) & 0o7777).toBe(member.mode);
      if (member.type === 'link') {
        expect(await readlink(below(member.path), 'latin1')).toBe(member.target);
      } else if (member.type === 'folder') {
        expect(stats.isDirectory()).toBe(true);
      } else {
        expect(String(await readFile(below(member.path)))).toBe(letter(0).repeat(1000));
        expect(stats.nlink).toBe(isLongest ? 1n : 2n);
      }
    }
  });

  it.each<[string, string]>([
    ['100 bytes', 't'.repeat(100)],
    ['101 bytes', 't'.repeat(101)],
    ['3000 bytes', LONG_TARGET.repeat(15).slice(0, 3000)],
    ['bytes that are not UTF-8', 't\xff'],
    ['long bytes that are not UTF-8', 't\xff'.repeat(100)],
  ])('extracts a link to %s', async (_, target) => {
    await extract(tarOf([{ ...PLAIN, path: 'link', type: 'link', target }]));
    expect(await readlink(below('link'), 'latin1')).toBe(target);
  });

  it('takes a header whole when name, target, owners and time all need the extended form', async () => {
    const path = `${'\xff'.repeat(200)}/${'x'.repeat(200)}`;
    await extract(
      tarOf([
        { ...PLAIN, path, type: 'link', target: '\xfe'.repeat(300), uid: 0, gid: 0, mtimeNs: -1n },
        { ...PLAIN, path: 'after' },
      ]),
    );
    expect(await readlink(below(path), 'latin1')).toBe('\xfe'.repeat(300));
    expect((await lstat(below(path), { bigint: true })).mtimeNs).toBe(-1n);
    expect(await readdir(below(''))).toContain('after');
  });

  it.each([-1n, -1_500_000_000n, -1_000_000_000_500_000_000n, -1_000_000_000n])(
    'restores the time of %i nanoseconds after 1970',
    async (mtimeNs) => {
      await extract(tarOf([{ ...PLAIN, path: 'old', mtimeNs }]));
      expect((await lstat(below('old'), { bigint: true })).mtimeNs).toBe(mtimeNs);
    },
  );
});

const seconds = (ns: bigint): string =>
  `${ns < 0n ? '-' : ''}${(ns < 0n ? -ns : ns) / 1_000_000_000n}.` +
  String((ns < 0n ? -ns : ns) % 1_000_000_000n).padStart(9, '0');

const PYTHON_LIST = `
import json, sys, tarfile
rows = []
for m in tarfile.open(fileobj=sys.stdin.buffer, mode='r|', encoding='utf-8', errors='surrogateescape'):
    raw = lambda s: s.encode('utf-8', 'surrogateescape').decode('latin-1')
    rows.append([raw(m.name), m.type.decode(), m.size, m.mode, m.uid, m.gid, m.uname, m.gname, raw(m.linkname),
                 m.pax_headers['mtime']])
json.dump(rows, sys.stdout)
`;

describe.skipIf(!hasCommand('python3'))('a tar, read by tarfile of Python', () => {
  it('says of every member what it was made from', () => {
    const members: Member[] = NAMES.flatMap(([, path], i): Member[] => [
      { ...PLAIN, path, size: i * 100, uid: 2_097_150 + i, mtimeNs: BigInt(i - 3) * 999_999_999n },
      { ...PLAIN, path: `${path}.l`, type: 'link', target: path, mode: 0o777, user: undefined },
      { ...PLAIN, path: `${path}.h`, type: 'hardlink', target: path, gid: 2_097_150 + i },
      { ...PLAIN, path: `${path}.d`, type: 'folder', mode: 0o7777, group: undefined },
    ]);
    const { stdout, stderr, status } = spawnSync('python3', ['-c', PYTHON_LIST], {
      input: tarOf(members),
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    expect([status, stderr]).toEqual([0, '']);
    const flags = { file: '0', hardlink: '1', link: '2', folder: '5' };
    expect(JSON.parse(stdout)).toEqual(
      members.map((member) => [
        member.path,
        flags[member.type],
        member.size,
        member.mode,
        member.uid,
        member.gid,
        member.user ?? '',
        member.group ?? '',
        member.target ?? '',
        seconds(member.mtimeNs),
      ]),
    );
  });

  it('keeps a user name that is not ASCII, and leaves out one that is too long', () => {
    const users = ['jörg', 'x'.repeat(31), 'x'.repeat(32)];
    const members = users.map((user, i) => ({ ...PLAIN, path: `f${i}`, user }));
    const { stdout } = spawnSync('python3', ['-c', PYTHON_LIST], { input: tarOf(members), encoding: 'utf8' });
    expect((JSON.parse(stdout) as string[][]).map((row) => row[6])).toEqual(['jörg', 'x'.repeat(31), '']);
  });
});

describe('paddedBytes()', () => {
  it.each([
    [0, 0],
    [1, 512],
    [512, 512],
    [513, 1024],
    [8 * GIB + 1, 8 * GIB + 512],
  ])('takes %i to %i', (size, padded) => {
    expect(paddedBytes(size)).toBe(padded);
  });
});
