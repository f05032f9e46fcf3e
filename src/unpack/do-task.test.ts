import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { attributeCalls } from '../base/attribute-calls.ts';
import { formatAttributes } from '../base/attributes.ts';
import type { Compressor } from '../format/zstd/codec.ts';
import { loadCompressor } from '../format/zstd/zstd.ts';
import { type Blake3, loadBlake3 } from '../hash/blake3.ts';
import type { FileOrder } from '../target/order.ts';
import { type BytePath, fromText } from '../tree/path.ts';
import { doTask } from './do-task.ts';
import type { Failure, FilesTask, Piece } from './tasks.ts';

let compressor: Compressor;
let blake3: Blake3;
let root: string;

beforeAll(async () => {
  [compressor, blake3] = await Promise.all([loadCompressor(), loadBlake3()]);
});
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'snapshot-task-')));
});
afterEach(() => rmSync(root, { recursive: true }));

const META = {
  mode: 0o640,
  uid: process.getuid?.() ?? 0,
  gid: process.getgid?.() ?? 0,
  mtimeNs: 1_000_000_000n,
};

function order(path: string, size: number, skip = 0): FileOrder {
  return { path: fromText(path), size, skip, replaces: false, twin: undefined, ...META };
}

/** The local record of a file in a zip. */
function recordOf(content: Buffer): Buffer {
  const head = Buffer.alloc(30);
  head.writeUInt32LE(0x04034b50, 0);
  head.writeUInt16LE(8, 8);
  return Buffer.concat([head, deflateRawSync(content)]);
}

interface Part {
  readonly bytes: Uint8Array;
  readonly files: readonly [order: FileOrder, content: string][];
}

/** A task with these parts, one behind the other, in memory that begins elsewhere. */
function filesTask(format: FilesTask['format'], parts: readonly Part[]): FilesTask {
  const before = Buffer.from('what is not of it');
  const all = Buffer.concat([before, ...parts.map(({ bytes }) => bytes)]);
  const pieces: Piece[] = [];
  let offset = 0;
  for (const { bytes, files } of parts) {
    pieces.push({ offset, length: bytes.length, files: files.map(([one]) => one) });
    offset += bytes.length;
  }
  const contents = parts.flatMap(({ files }) => files.map(([, content]) => Buffer.from(content)));
  const hashes = Buffer.concat(contents.map((content) => blake3.hash(content)));
  return { kind: 'files', root, format, bytes: all.subarray(before.length), pieces, hashes };
}

function text(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function compress(content: string): Uint8Array {
  return compressor.compress(Buffer.from(content));
}

async function frame(bytes: Uint8Array, contentBytes: number | undefined): Promise<Uint8Array | undefined> {
  return await doTask({ kind: 'frame', bytes, contentBytes });
}

describe('doTask()', () => {
  it('writes the files of all pieces, each from its place, with mode and time', async () => {
    const frames = Buffer.concat([compress('head|one|'), compress('two|tail')]);
    const parts: Part[] = [
      {
        bytes: frames,
        files: [
          [order('one', 3, 5), 'one'],
          [order('two', 3, 9), 'two'],
        ],
      },
      { bytes: new Uint8Array(0), files: [[order('empty', 0), '']] },
      { bytes: compress('three'), files: [[order('three', 5), 'three']] },
    ];
    expect(await doTask(filesTask('tar.zst', parts))).toEqual([]);
    expect(['one', 'two', 'empty', 'three'].map(text)).toEqual(['one', 'two', '', 'three']);
    const { mode, mtimeMs } = statSync(join(root, 'three'));
    expect([process.platform === 'win32' ? 0o640 : mode & 0o7777, mtimeMs]).toEqual([0o640, 1000]);
  });

  it('names what the system refused beside the content, which is there', async ({ skip }) => {
    skip(attributeCalls() === undefined, 'needs the calls for attributes');
    // No system takes one so large.
    const attributes = formatAttributes([['user.large', Buffer.alloc(70_000)]]);
    const parts: Part[] = [
      {
        bytes: compress('onetwo'),
        files: [
          [order('one', 3), 'one'],
          [{ ...order('two', 3, 3), attributes }, 'two'],
        ],
      },
    ];
    expect(await doTask(filesTask('tar.zst', parts))).toMatchObject([{ n: 1, kind: 'attributes' }]);
    expect(['one', 'two'].map(text)).toEqual(['one', 'two']);
    const set = { do: 'set', path: fromText('one'), type: 'file', ...META } as const;
    const deeds = [set, { ...set, attributes }, set];
    expect(await doTask({ kind: 'deeds', root, deeds })).toMatchObject([{ n: 1, kind: 'attributes' }]);
  });

  it('writes the files of a zip', async () => {
    const parts: Part[] = [
      { bytes: recordOf(Buffer.from('one')), files: [[order('one', 3), 'one']] },
      { bytes: recordOf(Buffer.from('two')), files: [[order('two', 3), 'two']] },
    ];
    expect(await doTask(filesTask('zip', parts))).toEqual([]);
    expect(['one', 'two'].map(text)).toEqual(['one', 'two']);
  });

  it('names by number what is damaged, and writes all the rest', async () => {
    const damaged = Buffer.from(compress('never to be had'));
    damaged.fill(0xff, 6, 12);
    const parts: Part[] = [
      {
        bytes: compress('ab'),
        files: [
          [order('a', 1), 'a'],
          [order('b', 1, 1), 'x'],
          [order('a2', 1), 'a'],
        ],
      },
      {
        bytes: damaged,
        files: [
          [order('c', 1), 'n'],
          [order('d', 1, 1), 'e'],
        ],
      },
      { bytes: compress('e'), files: [[order('e', 1), 'e']] },
    ];
    const failures = await doTask(filesTask('tar.zst', parts));
    const reasons = failures.map(({ n, kind, code }) => ({ n, kind, code }));
    expect(reasons).toEqual([1, 3, 4].map((n) => ({ n, kind: 'damaged', code: undefined })));
    expect(failures[0]?.reason).toBe('its content is not what it was');
    expect(failures[1]?.reason).toBe(failures[2]?.reason);
    expect(readdirSync(root).toSorted()).toEqual(['a', 'a2', 'e']);
  });

  // The first files of a frame that is shorter than it should be are still to be had.
  it('takes from a piece what is in it, and misses what is not', async () => {
    const bytes = compress('ab');
    const parts: Part[] = [
      {
        bytes,
        files: [
          [order('late', 1, 5), 'x'],
          [order('a', 1), 'a'],
        ],
      },
    ];
    expect(await doTask(filesTask('tar.zst', parts))).toMatchObject([{ n: 0, kind: 'damaged' }]);
    expect(readdirSync(root)).toEqual(['a']);
    const none: Part[] = [
      {
        bytes,
        files: [
          [order('b', 1, 2), 'x'],
          [order('c', 2, 1), 'bx'],
        ],
      },
    ];
    expect(await doTask(filesTask('tar.zst', none))).toMatchObject([
      { n: 0, kind: 'damaged', reason: 'its frame holds less than the 3 bytes needed' },
      { n: 1, kind: 'damaged', reason: 'its frame holds less than the 3 bytes needed' },
    ]);
  });

  it.skipIf(process.platform === 'win32')('tells what was refused from what failed', async () => {
    mkdirSync(join(root, 'folder'));
    symlinkSync('folder', join(root, 'link'));
    writeFileSync(join(root, 'mine'), 'mine');
    const bytes = compress('a');
    const paths = ['none/a', 'link/a', 'mine', 'folder/a'];
    const files = paths.map((path): [FileOrder, string] => [order(path, 1), 'a']);
    const failures: Failure[] = [
      { n: 0, kind: 'failed', reason: 'no such file or folder', code: 'ENOENT' },
      { n: 1, kind: 'refused', reason: '`link` is a link, which is not followed', code: undefined },
      { n: 2, kind: 'refused', reason: 'something is there that was not there before', code: undefined },
    ];
    expect(await doTask(filesTask('tar.zst', [{ bytes, files }]))).toEqual(failures);
    expect([text('mine'), text('folder/a'), readdirSync(root).length]).toEqual(['mine', 'a', 3]);
  });

  it('does deeds in order, and names by number what could not be done', async () => {
    const deeds = ['a', 'a', 'a/b', 'none/b'].map(
      (path) => ({ do: 'folder', path: fromText(path), exists: false, clears: false }) as const,
    );
    const failures = await doTask({ kind: 'deeds', root, deeds });
    expect(failures).toEqual([
      {
        n: 1,
        kind: 'refused',
        reason: 'something is there that this file system takes for the same name',
        code: undefined,
      },
      { n: 3, kind: 'failed', reason: 'no such file or folder', code: 'ENOENT' },
    ]);
    expect(readdirSync(root, { recursive: true })).toEqual(['a', join('a', 'b')]);
  });

  it('decompresses a frame, and has no answer for a damaged one', async () => {
    expect(Buffer.from((await frame(compress('abc'), 3)) ?? []).toString()).toBe('abc');
    const damaged = Buffer.from(compress('abc'));
    damaged.fill(0xff, 6);
    expect(await frame(damaged, 3)).toBeUndefined();
    await expect(frame(undefined as unknown as Uint8Array, 3)).rejects.toThrow(TypeError);
  });

  it('looks, more than once', async () => {
    writeFileSync(join(root, 'a'), 'a');
    const [hash, other] = ['a', 'b'].map((content) => blake3.hash(Buffer.from(content)));
    const one = { ...META, type: 'file', size: 1, target: undefined, isShared: false } as const;
    const path = 'a' as BytePath;
    const task = {
      kind: 'look',
      root,
      sought: [
        { ...one, path, hash },
        { ...one, path, hash: other },
      ],
      telling: /x/,
    } as const;
    for (let times = 0; times < 2; times++) expect((await doTask(task)).found).toEqual(['content', 'file']);
  });

  it('rejects for a bug', async () => {
    const task = filesTask('tar.zst', [{ bytes: compress('a'), files: [[order('a', 1), 'a']] }]);
    const broken = {
      ...task,
      pieces: [{ offset: 0, length: 9, files: [undefined as unknown as FileOrder] }],
    };
    await expect(doTask(broken)).rejects.toThrow(TypeError);
  });
});

it('what a file system refuses beside the content is told of the file that it is about', async () => {
  const parts = ['a', 'b', 'c'].map((name): Part => {
    const one = order(name, name.length);
    // No file system has attributes of that kind.
    const file = name === 'b' ? { ...one, attributes: '{"bogus.x":"YQ=="}' } : one;
    return { bytes: recordOf(Buffer.from(name)), files: [[file, name]] };
  });
  expect(await doTask(filesTask('zip', parts))).toMatchObject([{ n: 1, kind: 'attributes' }]);
  expect(readdirSync(root).toSorted()).toEqual(['a', 'b', 'c']);
});
