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
      fc.constantFrom(MAX_INT64, MAX_INT64 + 1n, -MAX_INT64, -MAX_INT64 - 1n, -MAX_INT64 - 2n),
      fc.bigInt({ min: -MAX_INT64, max: MAX_INT64 }),
      fc.bigInt({ min: -MAX_INT64 * 10n ** 9n, max: MAX_INT64 * 10n ** 9n }),
    ),
    ctimeNs: fc.bigInt({ min: -MAX_INT64, max: MAX_INT64 }),
    inode: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    target: path,
    allocated: fc.option(fc.maxSafeNat(), { nil: undefined, freq: 2 }),
    shared: fc.option(fc.constantFrom('1:1', '1:2', '2:1'), { nil: undefined }),
  })
  .map(({ shared, ...entry }) => ({
    entry: {
      ...entry,
      size: entry.type === 'file' ? entry.size : 0,
      target: entry.type === 'link' ? entry.target : undefined,
      allocated: entry.type === 'file' ? entry.allocated : undefined,
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
    const table = new EntryTable();
    expect(() => table.at(0)).toThrow(RangeError);
    table.push(file('f'));
    for (const i of [-1, 1]) expect(() => table.at(i)).toThrow(`no entry ${i} of 1`);
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

  it('knows which attributes entries have, and of which nobody has looked', () => {
    const table = new EntryTable();
    const [tagged, other] = ['{"user.a":"MQ=="}', '{"user.a":"Mg=="}'];
    for (const attributes of [tagged, undefined, '', tagged]) table.push(file('f', { attributes }));
    const shown = (): unknown => [0, 1, 2, 3].map((i) => table.attributes(i));
    expect(shown()).toEqual([tagged, undefined, '', tagged]);
    const seen = { size: 5, mtimeNs: 6n, ctimeNs: 7n, inode: 8n };
    table.update(0, seen);
    table.update(1, { ...seen, attributes: other });
    table.update(3, { ...seen, attributes: '' });
    expect(shown()).toEqual([tagged, other, '', '']);
    table.replace(0, file('f'));
    table.replace(2, file('f', { attributes: other }));
    expect(shown()).toEqual([undefined, other, other, '']);
  });

  it('takes a time that no column holds, and one that does in its place', () => {
    const table = new EntryTable();
    const [far, near] = [2n ** 70n, 5n];
    for (const mtimeNs of [far, near]) table.push(file('f', { mtimeNs }));
    table.update(0, { ...file('f'), mtimeNs: near });
    table.update(1, { ...file('f'), mtimeNs: far });
    expect(all(table).map(({ mtimeNs }) => mtimeNs)).toEqual([near, far]);
  });

  it('takes a further name in place of a file of its own, and the other way round', () => {
    const table = new EntryTable();
    for (const name of ['e', 'f']) table.push(file(name));
    table.replace(1, file('f', { hardlink: 'e' as BytePath }));
    expect([table.hardlink(1), table.hasContent(1)]).toEqual(['e', false]);
    table.replace(1, file('f'));
    expect([table.hardlink(1), table.hasContent(1)]).toEqual([undefined, true]);
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
