import { createHash, randomBytes } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Compressor, loadCompressor } from '../archive/zstd.ts';
import { groupName, userName } from '../host/users.ts';
import type { StoreWriter } from '../store/store.ts';
import type { Entry } from '../tree/entry.ts';
import { type BytePath, comparePaths } from '../tree/path.ts';
import { IndexCursor, writeIndex } from './index-file.ts';
import { formatLine, type IndexEntry } from './index-line.ts';

const zstd: Compressor = await loadCompressor();

/** Remembers what is written. */
class MemoryWriter implements StoreWriter {
  readonly parts: Buffer[] = [];

  async write(bytes: Uint8Array): Promise<void> {
    this.parts.push(Buffer.from(bytes));
  }
  async rewind(): Promise<void> {}
  async commit(): Promise<void> {}
  async discard(): Promise<void> {}

  get bytes(): Buffer {
    return Buffer.concat(this.parts);
  }
}

function itemOf(path: string, changes: Partial<Entry> = {}): IndexEntry {
  const entry: Entry = {
    path: path as BytePath,
    type: 'file',
    size: 1,
    mode: 0o644,
    uid: 0,
    gid: 12_345,
    mtimeNs: 5n,
    ctimeNs: 6n,
    inode: 7n,
    target: undefined,
    hardlink: undefined,
    ...changes,
  };
  const isFile = entry.type === 'file';
  return {
    entry,
    user: userName(entry.uid),
    group: groupName(entry.gid),
    hash: isFile ? Buffer.alloc(32, path) : undefined,
    at: isFile ? [0, 1, 2, 3] : undefined,
    changed: false,
  };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function written(items: Iterable<IndexEntry>): Promise<Buffer> {
  const writer = new MemoryWriter();
  const { bytes, sha256: sum } = await writeIndex(items, writer);
  expect([bytes, sum]).toEqual([writer.bytes.length, sha256(writer.bytes)]);
  return writer.bytes;
}

function open(bytes: Buffer): IndexCursor {
  return IndexCursor.open(bytes, sha256(bytes), 'the/index');
}

function all(cursor: IndexCursor): IndexEntry[] {
  const items: IndexEntry[] = [];
  for (let item = cursor.peek(); item !== undefined; item = cursor.peek()) {
    items.push(item);
    cursor.skip();
  }
  return items;
}

/** An index of exactly these lines, in these frames. */
function framesOf(...texts: readonly string[]): Buffer {
  return Buffer.concat(texts.map((text) => zstd.compress(Buffer.from(text, 'latin1'))));
}

function lines(...paths: readonly string[]): string {
  return paths.map((path) => `${formatLine(itemOf(path))}\n`).join('');
}

const path = fc
  .array(fc.uint8Array({ min: 1, minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 })
  .map((names) =>
    names.map((name) => Buffer.from(name).toString('latin1').replaceAll(/[/.]/g, '-')).join('/'),
  );
const trees = fc
  .uniqueArray(path, { maxLength: 20 })
  .map((paths) =>
    paths.toSorted((a, b) => comparePaths(a as BytePath, b as BytePath)).map((one) => itemOf(one)),
  );

describe('an index', () => {
  it('gives back the entries that were written, in their order', async () => {
    await fc.assert(
      fc.asyncProperty(trees, async (items) => {
        expect(all(open(await written(items)))).toEqual(items);
      }),
    );
  });

  it('is one frame even when it has no entries', async () => {
    const bytes = await written([]);
    expect(bytes.length).toBeGreaterThan(0);
    expect(all(open(bytes))).toEqual([]);
  });

  it('comes in frames of about a mebibyte, each of whole lines, for the zstd command as well', async () => {
    // About 4 MB of lines that do not compress to nothing.
    const items = Array.from({ length: 16_000 }, (_, i) =>
      itemOf(`${String(i).padStart(6, '0')}-${randomBytes(20).toString('hex')}`),
    );
    const writer = new MemoryWriter();
    await writeIndex(items, writer);
    expect(writer.parts.length).toBeGreaterThan(2);
    const { stdout, status } = spawnSync('zstd', ['-dc'], {
      input: writer.bytes,
      maxBuffer: 64 * 1024 * 1024,
    });
    if (status !== null) {
      expect(String(stdout)).toBe(items.map((item) => `${formatLine(item)}\n`).join(''));
    }
    for (const part of writer.parts) {
      expect(all(open(part)).length).toBeGreaterThan(0);
    }
    expect(all(open(writer.bytes))).toEqual(items);
  });

  it('has room for a line that is longer than a frame', async () => {
    const items = [
      itemOf('a'),
      itemOf('b', { type: 'link', size: 0, target: 'x'.repeat(3_000_000) as BytePath }),
      itemOf('c'),
    ];
    expect(all(open(await written(items)))).toEqual(items);
  });
});

describe('IndexCursor', () => {
  it('refuses a file whose SHA-256 is not what info.json says', async () => {
    const bytes = await written([itemOf('a')]);
    const sum = sha256(bytes);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    expect(() => IndexCursor.open(bytes, sum, 'the/index')).toThrow(
      expect.objectContaining({
        code: 'E_DAMAGED',
        message: '"the/index" is damaged: its SHA-256 is not what info.json says',
      }) as Error,
    );
  });

  it.each<[string, Buffer, string]>([
    ['no zstd', Buffer.from('path'), 'Cannot decompress: it is not zstd'],
    [
      'a frame that is cut short',
      framesOf(lines('a', 'b')).subarray(0, -1),
      'it ends in the middle of a frame',
    ],
    [
      'a second frame that is cut short',
      Buffer.concat([framesOf(lines('a')), framesOf(lines('b')).subarray(0, -1)]),
      'it ends in the middle of a frame',
    ],
    ['more after its end', Buffer.concat([framesOf(lines('a')), Buffer.from('more')]), 'it is not zstd'],
    [
      'a last line that is cut short',
      framesOf(lines('a', 'b').slice(0, -1)),
      '"the/index" is damaged: its last line is cut short',
    ],
    [
      'a line that spans frames',
      framesOf(lines('a').slice(0, 20), lines('a').slice(20)),
      '"the/index" is damaged: its last line is cut short',
    ],
    ['entries out of order', framesOf(lines('b', 'a')), '"the/index" is damaged: `a` is out of order'],
    [
      'entries out of order in two frames',
      framesOf(lines('b'), lines('a')),
      '"the/index" is damaged: `a` is out of order',
    ],
    ['an entry twice', framesOf(lines('a', 'a')), '"the/index" is damaged: `a` is out of order'],
    [
      'what a folder holds before it',
      framesOf(lines('a/b', 'a')),
      '"the/index" is damaged: `a` is out of order',
    ],
    ['an empty line', framesOf(`${lines('a')}\n`), '"the/index" is damaged: it is not JSON'],
    [
      'a line that is no entry',
      framesOf('{"path":"a"}\n'),
      '"the/index" is damaged: `type` is missing or not what it should be',
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => all(open(bytes))).toThrow(
      expect.objectContaining({
        code: 'E_DAMAGED',
        message: expect.stringContaining(message) as string,
      }) as Error,
    );
    // In full where it names the file.
    if (message.startsWith('"'))
      expect(() => all(open(bytes))).toThrow(new RegExp(`^${message.replaceAll(/[`"]/g, '.')}$`));
  });

  it('stays where it is until it is told to go on, and at its end', async () => {
    const cursor = open(await written([itemOf('a'), itemOf('b')]));
    expect(cursor.peek()).toBe(cursor.peek());
    cursor.skip();
    expect(cursor.peek()?.entry.path).toBe('b');
    for (let i = 0; i < 3; i++) {
      cursor.skip();
      expect(cursor.peek()).toBeUndefined();
    }
    expect(cursor.skipSame(itemOf('c').entry)).toBe(false);
  });

  it('skips without a look', async () => {
    const cursor = open(await written([itemOf('a'), itemOf('b'), itemOf('c')]));
    cursor.skip();
    cursor.skip();
    expect(cursor.peek()?.entry.path).toBe('c');
  });

  const SAME = itemOf('same', { type: 'file' });

  it.each<[string, Partial<Entry>, boolean]>([
    ['the same', {}, true],
    ['another path', { path: 'sam' as BytePath }, false],
    ['another type', { type: 'folder', size: 0 }, false],
    ['another size', { size: 2 }, false],
    ['another mode', { mode: 0o600 }, false],
    ['another owner', { uid: 1 }, false],
    ['another group', { gid: 1 }, false],
    ['another mtime', { mtimeNs: 6n }, false],
    ['another ctime', { ctimeNs: 7n }, false],
    ['another inode', { inode: 70n }, false],
    ['an inode that begins alike', { inode: 0n }, false],
  ])('skips what a scan sees as %s: only the same', async (_, change, isSame) => {
    const cursor = open(await written([SAME, itemOf('then')]));
    expect(cursor.skipSame({ ...SAME.entry, ...change })).toBe(isSame);
    expect(cursor.peek()?.entry.path).toBe(isSame ? 'then' : 'same');
  });

  it.each<[string, Partial<Entry>]>([
    ['a folder', { type: 'folder', size: 0 }],
    ['a link', { type: 'link', size: 0, target: 'to' as BytePath }],
    ['a further name of a file', { hardlink: 'first' as BytePath }],
    ['a name that is not UTF-8', { path: '\xff' as BytePath }],
  ])('skips %s when it is the same', async (_, change) => {
    const item = itemOf('same', change);
    expect(open(await written([item])).skipSame(item.entry)).toBe(true);
    const longer = { ...item.entry, target: 'to/more' as BytePath, type: 'link' as const, size: 0 };
    expect(open(await written([item])).skipSame(longer)).toBe(false);
  });

  it('skips the same entries as a look at each would', async () => {
    await fc.assert(
      fc.asyncProperty(
        trees,
        fc.array(fc.constantFrom('peek', 'same', 'other', 'skip')),
        async (items, calls) => {
          const cursor = open(await written(items));
          let at = 0;
          for (const call of calls) {
            const item = items[at];
            if (call === 'peek') expect(cursor.peek()).toEqual(item);
            else if (call === 'skip') {
              cursor.skip();
              at++;
            } else {
              const asked = item?.entry ?? itemOf('none').entry;
              const same = cursor.skipSame(call === 'same' ? asked : { ...asked, mtimeNs: 99n });
              expect(same).toBe(call === 'same' && item !== undefined);
              if (same) at++;
            }
            at = Math.min(at, items.length);
          }
          expect(all(cursor)).toEqual(items.slice(at));
        },
      ),
    );
  });

  it('sees entries out of order also when others were skipped unread', () => {
    const cursor = open(framesOf(lines('b', 'a')));
    expect(cursor.skipSame(itemOf('b').entry)).toBe(true);
    expect(() => cursor.peek()).toThrow(/`a` is out of order/);
  });
});
