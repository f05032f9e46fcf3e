import { describe, expect, it } from 'vitest';
import type { Entry } from '../tree/entry.ts';
import type { BytePath } from '../tree/path.ts';
import { Holdings, isSameHeader } from './holdings.ts';
import type { IndexEntry } from './index/index-line.ts';

const HASH = new Uint8Array(32).fill(7);
const HEADER = { mode: 0o644, mtimeNs: 5n, uid: 1, gid: 2 };
const ENTRY: Entry = {
  ...HEADER,
  path: 'a' as BytePath,
  type: 'file',
  size: 3,
  ctimeNs: 6n,
  inode: 9n,
  target: undefined,
  hardlink: undefined,
};
const LINE: IndexEntry = {
  entry: ENTRY,
  user: undefined,
  group: undefined,
  hash: HASH,
  at: [1, 20, 30, 4],
  changed: false,
};

describe('isSameHeader()', () => {
  it.each([
    [{}, true],
    [{ mode: 0o600 }, false],
    [{ mtimeNs: 6n }, false],
    [{ uid: 9 }, false],
    [{ gid: 9 }, false],
    [{ attributes: '{"user.a":""}' }, false],
    // None, and none that a member is known to have.
    [{ attributes: '{}' }, true],
  ])('with %o: %s', (change, isSame) => {
    expect(isSameHeader(HEADER, { ...HEADER, ...change })).toBe(isSame);
  });
});

describe('Holdings', () => {
  it('knows nothing of an entry that it was not told of', () => {
    const holdings = new Holdings();
    expect([holdings.slot(0), holdings.isStanding(0)]).toEqual([undefined, false]);
    holdings.has(5, 0);
    expect([holdings.slot(0), holdings.slot(5), holdings.slot(6)]).toEqual([undefined, 0, undefined]);
    expect([holdings.isStanding(4), holdings.isStanding(5)]).toEqual([false, false]);
  });

  it('keeps what it was told of while it grows', () => {
    const holdings = new Holdings(1);
    const told = Array.from({ length: 5000 }, (_, i) => i);
    for (const i of told) if (i % 2 === 0) holdings.has(i, i + 1);
    for (const i of told) if (i % 3 === 0) holdings.stands(i);
    expect(told.map((i) => holdings.slot(i))).toEqual(told.map((i) => (i % 2 === 0 ? i + 1 : undefined)));
    expect(told.filter((i) => holdings.isStanding(i))).toEqual(told.filter((i) => i % 3 === 0));
  });

  it('takes the content of a line, and what its member says, under its own name or that of the member', () => {
    const holdings = new Holdings();
    const slots = [LINE, { ...LINE, member: 'm' as BytePath }, { ...LINE, stale: true }].map((line) =>
      holdings.addLine(line),
    );
    expect(slots).toEqual([0, 1, 2]);
    expect([...holdings.names]).toEqual([
      [0, 'a'],
      [1, 'm'],
      [2, 'a'],
    ]);
    expect([...holdings.headers]).toEqual([
      [0, HEADER],
      [1, HEADER],
    ]);
    expect(holdings.contents.size(0)).toBe(3);
    expect(holdings.contents.place(0)).toEqual({ archive: 1, offset: 20, length: 30, skip: 4 });
  });

  it('knows of which members nobody knows the attributes, and those of entries that are as they were', () => {
    const holdings = new Holdings();
    const entry = { ...ENTRY, attributes: '{"user.a":""}' };
    for (const [i, line] of [
      LINE,
      { ...LINE, entry },
      { ...LINE, stale: true },
      { ...LINE, entry, stale: true },
    ].entries())
      holdings.keep(i, ENTRY, line);
    expect([...holdings.labelled]).toEqual([3]);
    expect([...holdings.attributes]).toEqual([
      [1, entry.attributes],
      [3, entry.attributes],
    ]);
    // A scan does not see them: that they are missing in what it saw makes no member stale.
    expect([...holdings.marks.keys()]).toEqual([2, 3]);
  });

  it.each([{ hash: undefined }, { at: undefined }])('takes none of a line without content: %o', (without) => {
    const holdings = new Holdings();
    expect(holdings.addLine({ ...LINE, ...without })).toBeUndefined();
    expect(holdings.contents.length).toBe(0);
    holdings.keep(0, ENTRY, { ...LINE, ...without });
    expect(holdings.slot(0)).toBeUndefined();
  });

  it('takes content that no entry has, of which no header is known', () => {
    const holdings = new Holdings();
    holdings.addDead({ path: 'd' as BytePath, size: 8, hash: HASH, at: [2, 1, 1, 0] });
    expect([...holdings.names]).toEqual([[0, 'd']]);
    expect(holdings.headers.size).toBe(0);
    expect(holdings.contents.size(0)).toBe(8);
  });

  it.each<[string, Partial<Entry>, Partial<IndexEntry>, object | undefined]>([
    ['nothing', {}, {}, undefined],
    ['nothing of another ctime', { ctimeNs: 99n }, {}, undefined],
    ['another header', { mode: 0o600 }, {}, { stale: true, kept: undefined, changed: false }],
    ['that it was stale', {}, { stale: true }, { stale: true, kept: undefined, changed: false }],
    ['that it was kept', {}, { kept: 'S' }, { stale: false, kept: 'S', changed: false }],
    [
      'that it changed while it was read',
      {},
      { changed: true },
      { stale: false, kept: undefined, changed: true },
    ],
    ['nothing of a folder', { type: 'folder', mode: 0o700 }, { changed: true }, undefined],
  ])('remembers %s of an entry that keeps its content', (_, now, line, marks) => {
    const holdings = new Holdings();
    const entry = { ...ENTRY, type: now.type ?? ENTRY.type };
    holdings.keep(3, { ...entry, ...now }, { ...LINE, ...line, entry });
    expect(holdings.marks.get(3)).toEqual(marks);
    expect(holdings.slot(3)).toBe(0);
  });

  it('writes the line anew of an entry that is kept as another snapshot has it', () => {
    const holdings = new Holdings();
    holdings.stands(0);
    holdings.marks.set(0, { stale: true, kept: undefined, changed: false });
    holdings.keepAs(0, 'S');
    expect(holdings.marks.get(0)).toEqual({ stale: true, kept: 'S', changed: false });
    expect(holdings.isStanding(0)).toBe(false);
    // Where the line says so already, it can stand.
    holdings.stands(0);
    holdings.keepAs(0, 'S');
    expect(holdings.isStanding(0)).toBe(true);
    holdings.keepAs(0, 'T');
    expect([holdings.marks.get(0)?.kept, holdings.isStanding(0)]).toEqual(['T', false]);
    holdings.keepAs(1, 'S');
    expect(holdings.marks.get(1)).toEqual({ kept: 'S' });
  });
});
