import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry } from './entry.ts';
import { EntryTable } from './entry-table.ts';
import { firstNames, shareContent } from './hardlinks.ts';
import { type BytePath, comparePaths } from './path.ts';

const MAX_INT64 = 2n ** 63n - 1n;

const path = fc
  .uint8Array({ min: 1, maxLength: 20 })
  .map((bytes) => Buffer.from(bytes).toString('latin1') as BytePath);

/** An entry as a scan makes it, and which of a few files with several names it is, if any. */
const scanned = fc
  .record({
    path,
    type: fc.constantFrom<Entry['type'][]>('file', 'folder', 'link'),
    size: fc.maxSafeNat(),
    mode: fc.nat({ max: 0o7777 }),
    uid: fc.nat({ max: 0xffffffff }),
    gid: fc.nat({ max: 0xffffffff }),
    // File systems have seconds of 64 bits.
    mtimeNs: fc.oneof(
      fc.bigInt({ min: -MAX_INT64, max: MAX_INT64 }),
      fc.bigInt({ min: -MAX_INT64 * 10n ** 9n, max: MAX_INT64 * 10n ** 9n }),
    ),
    ctimeNs: fc.bigInt({ min: -MAX_INT64, max: MAX_INT64 }),
    inode: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    target: path,
    shared: fc.option(fc.constantFrom('1:1', '1:2', '2:1'), { nil: undefined }),
  })
  .map(({ shared, ...entry }) => ({
    entry: {
      ...entry,
      size: entry.type === 'file' ? entry.size : 0,
      target: entry.type === 'link' ? entry.target : undefined,
      hardlink: undefined,
    } satisfies Entry,
    shared: entry.type === 'file' ? shared : undefined,
  }));

function file(name: string, changes: Partial<Entry> = {}): Entry {
  return {
    path: name as BytePath,
    type: 'file',
    size: 1,
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtimeNs: 0n,
    ctimeNs: 0n,
    inode: 1n,
    target: undefined,
    hardlink: undefined,
    ...changes,
  };
}

function all(table: EntryTable): Entry[] {
  return Array.from({ length: table.length }, (_, i) => table.at(i));
}

/** `chunk` as the other thread gets it. */
function sent(table: EntryTable): ReturnType<EntryTable['toChunk']>['chunk'] {
  const { chunk, transfer } = table.toChunk();
  return structuredClone(chunk, { transfer });
}

describe('an entry table', () => {
  it('gives back what came in chunks of any size, further names with their first one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(scanned, { maxLength: 6 }), { maxLength: 6 }),
        fc.nat({ max: 8 }),
        (chunks, capacity) => {
          const table = new EntryTable(capacity);
          for (const items of chunks) {
            const part = new EntryTable(capacity);
            for (const { entry, shared } of items) part.push(entry, shared);
            expect(all(part)).toEqual(items.map(({ entry }) => entry));
            table.append(sent(part));
          }
          const first = new Map<string, BytePath>();
          const expected = chunks.flat().map(({ entry, shared }) => {
            const hardlink = shared === undefined ? undefined : first.get(shared);
            if (shared !== undefined && hardlink === undefined) first.set(shared, entry.path);
            return { ...entry, hardlink };
          });
          expect(all(table)).toEqual(expected);
        },
      ),
    );
  });

  it('keeps one entry with the empty path apart from no entry', () => {
    const table = new EntryTable();
    table.append(sent(new EntryTable()));
    expect(table.length).toBe(0);
    const root = new EntryTable();
    root.push(file('', { type: 'folder' }));
    table.append(sent(root));
    expect(all(table).map((entry) => entry.path)).toEqual(['']);
  });

  it('refuses an entry that it does not have', () => {
    expect(() => new EntryTable().at(0)).toThrow(RangeError);
  });

  it('keeps hashes while it grows', () => {
    const table = new EntryTable(1);
    for (let i = 0; i < 200; i++) {
      table.push(file(`f${i}`));
      if (i % 3 === 0) table.setHash(i, new Uint8Array(32).fill(i));
    }
    for (let i = 0; i < 200; i++) {
      expect(table.hash(i)).toEqual(i % 3 === 0 ? new Uint8Array(32).fill(i) : undefined);
    }
  });

  it('takes over what a read saw', () => {
    const table = new EntryTable();
    table.push(file('f', { mode: 0o600 }));
    const seen = { size: 5, mtimeNs: 6n, ctimeNs: 7n, inode: 8n };
    table.update(0, seen);
    expect(table.at(0)).toEqual(file('f', { mode: 0o600, ...seen }));
  });

  it('takes another entry in place of one with its path and type, but keeps its names and its hash', () => {
    const table = new EntryTable();
    for (const name of ['e', 'f', 'g']) table.push(file(name));
    table.setHash(1, new Uint8Array(32).fill(7));
    const other = file('f', { size: 5, mode: 0o600, uid: 1, gid: 2, mtimeNs: 6n, ctimeNs: 7n, inode: 8n });
    table.replace(1, other);
    expect(all(table)).toEqual([file('e'), other, file('g')]);
    expect(table.hash(1)).toEqual(new Uint8Array(32).fill(7));
  });

  it('finds every path it has, and no other one', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(path, { maxLength: 40 }),
        fc.array(path, { maxLength: 10 }),
        fc.nat({ max: 40 }),
        (paths, others, cut) => {
          const sorted = paths.toSorted(comparePaths);
          const table = new EntryTable(1);
          // Some came one by one, as the root does, the others in a chunk.
          const chunk = new EntryTable(1);
          sorted.forEach((name, i) => (i < cut ? table : chunk).push(file(name)));
          table.append(sent(chunk));
          sorted.forEach((name, i) => expect(table.find(name)).toBe(i));
          for (const name of ['' as BytePath, ...others]) {
            const i = sorted.indexOf(name);
            expect(table.find(name)).toBe(i < 0 ? undefined : i);
          }
        },
      ),
    );
  });

  it('knows which entries have content of their own', () => {
    const table = new EntryTable();
    table.push(file('d', { type: 'folder' }));
    table.push(file('f'));
    table.push(file('g', { hardlink: 'f' as BytePath }));
    table.push(file('l', { type: 'link', target: 'f' as BytePath }));
    expect([0, 1, 2, 3].map((i) => table.hasContent(i))).toEqual([false, true, false, false]);
  });
});

describe('firstNames()', () => {
  it('finds the number of each first name', () => {
    const table = new EntryTable();
    for (const [name, first] of [['a'], ['b', 'a'], ['c'], ['d', 'c'], ['e', 'a']] as const) {
      table.push(file(name, first === undefined ? {} : { hardlink: first as BytePath }));
    }
    expect([...firstNames(table)]).toEqual([
      [1, 0],
      [3, 2],
      [4, 0],
    ]);
  });
});

describe('shareContent()', () => {
  it('gives further names the hash of the first one, where it is known', () => {
    const table = new EntryTable();
    for (const [name, first] of [['a'], ['b', 'a'], ['c'], ['d', 'c']] as const) {
      table.push(file(name, first === undefined ? {} : { hardlink: first as BytePath }));
    }
    table.setHash(0, new Uint8Array(32).fill(7));
    shareContent(table);
    expect([0, 1, 2, 3].map((i) => table.hash(i)?.[0])).toEqual([7, 7, undefined, undefined]);
  });
});
