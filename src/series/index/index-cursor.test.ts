import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Compressor } from '../../format/zstd/codec.ts';
import { loadCompressor, loadDecompressor } from '../../format/zstd/zstd.ts';
import { groupName, userName } from '../../host/users.ts';
import { type Change, Comparison } from '../../tree/compare.ts';
import type { Entry } from '../../tree/entry.ts';
import { EntryTable } from '../../tree/entry-table.ts';
import { type BytePath, comparePaths } from '../../tree/path.ts';
import type { Holdings } from '../holdings.ts';
import { EntryLines } from './entry-lines.ts';
import { IndexCursor } from './index-cursor.ts';
import { formatLine, formatNone, type IndexEntry } from './index-line.ts';
import { LineReader } from './lines.ts';

const zstd: Compressor = await loadCompressor();
const decompressor = await loadDecompressor();

/** When the last snapshot began, and a time long before. */
const BEGAN = 1_000_000_000_000n;
const SETTLED = 6n;

/** A line of the index, and of the changes; `none` says that the path is gone. */
type Lines = ReadonlyMap<string, IndexEntry | 'none'>;

function itemOf(path: string, changes: Partial<Entry> = {}, oddities: Partial<IndexEntry> = {}): IndexEntry {
  const entry: Entry = {
    path: path as BytePath,
    type: 'file',
    size: 1,
    mode: 0o644,
    uid: 0,
    gid: 12_345,
    mtimeNs: 5n,
    ctimeNs: SETTLED,
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
    ...oddities,
  };
}

/** The files' texts, in order; each text is a frame. */
function reader(where: string, ...texts: readonly string[]): LineReader {
  const bytes = Buffer.concat(texts.map((one) => zstd.compress(Buffer.from(one, 'latin1'))));
  return LineReader.open(bytes, createHash('sha256').update(bytes).digest('hex'), where, decompressor);
}

function text(lines: Lines): string {
  return [...lines]
    .toSorted(([a], [b]) => comparePaths(a as BytePath, b as BytePath))
    .map(([path, line]) => `${line === 'none' ? formatNone(path as BytePath) : formatLine(line)}\n`)
    .join('');
}

function open(index: Lines, changes?: Lines): IndexCursor {
  const more = changes === undefined ? undefined : reader('the/changes', text(changes));
  return new IndexCursor(reader('the/index', text(index)), more);
}

function linesOf(...items: readonly IndexEntry[]): Lines {
  return new Map(items.map((item) => [item.entry.path, item]));
}

function textOf(...paths: readonly string[]): string {
  return paths.map((path) => `${formatLine(itemOf(path))}\n`).join('');
}

/** What index and changes say together. */
function merged(index: Lines, changes: Lines): Map<string, IndexEntry> {
  const all = [...new Map([...index, ...changes])];
  return new Map(
    all
      .filter((line): line is [string, IndexEntry] => line[1] !== 'none')
      .toSorted(([a], [b]) => comparePaths(a as BytePath, b as BytePath)),
  );
}

const PATHS = ['a', 'a/b', 'a/b/c', 'a-b', 'ab', 'b', '\xff', '\xc3\xa9', 'q"\\'];

const anEntry = fc.record({
  type: fc.constantFrom('file', 'file', 'file', 'file', 'folder', 'link'),
  size: fc.nat({ max: 2 }),
  mode: fc.constantFrom(0o644, 0o755),
  uid: fc.constantFrom(0, 54_321),
  mtimeNs: fc.constantFrom(5n, 50n),
  ctimeNs: fc.constantFrom(SETTLED, SETTLED, BEGAN),
  inode: fc.constantFrom(7n, 70n),
  target: fc.constantFrom('to', 'to/more', '\xff') as fc.Arbitrary<BytePath>,
  hardlink: fc.option(fc.constantFrom('0', '\xfe') as fc.Arbitrary<BytePath>, { nil: undefined, freq: 4 }),
});

/** An entry as a scan can see it: no links with sizes, no folders with targets. */
function tidied({
  type,
  size,
  target,
  hardlink,
  ...rest
}: typeof anEntry extends fc.Arbitrary<infer T> ? T : never): Partial<Entry> {
  const isFile = type === 'file';
  return {
    ...rest,
    type,
    size: isFile ? size : 0,
    target: type === 'link' ? target : undefined,
    hardlink: isFile ? hardlink : undefined,
  };
}

const aLine = fc
  .record({
    entry: anEntry,
    content: fc.constantFrom('x', 'y'),
    at: fc.tuple(fc.nat(), fc.maxSafeNat(), fc.maxSafeNat(), fc.nat()),
    changed: fc.constantFrom(false, false, false, true),
    member: fc.option(fc.constantFrom('m', 'a/b', '\xff') as fc.Arbitrary<BytePath>, {
      nil: undefined,
      freq: 3,
    }),
    stale: fc.option(fc.constant(true), { nil: undefined, freq: 3 }),
    kept: fc.option(fc.constant('2026-11-19T02-00-00Z'), { nil: undefined, freq: 3 }),
  })
  .map(({ entry, content, at, ...oddities }) => (path: string): IndexEntry => {
    const { type } = entry;
    if (type !== 'file') return itemOf(path, tidied(entry));
    const some = Object.fromEntries(Object.entries(oddities).filter(([, value]) => value !== undefined));
    return itemOf(path, tidied(entry), { hash: Buffer.alloc(32, content), at, ...some });
  });

const lists = fc
  .subarray(PATHS)
  .chain((paths) =>
    fc
      .array(aLine, { minLength: paths.length, maxLength: paths.length })
      .map((made): Lines => new Map(paths.map((path, i) => [path, made[i]?.(path) ?? 'none']))),
  );

/** An index without gaps, and changes that replace, add and take away. */
const layers = fc.record({
  index: lists,
  changes: fc.option(
    fc
      .record({ lines: lists, none: fc.subarray(PATHS) })
      .map(({ lines, none }): Lines => new Map([...lines, ...none.map((path) => [path, 'none'] as const)])),
    { nil: undefined },
  ),
});

describe('IndexCursor', () => {
  /** Goes to the end in each of the ways there are. */
  const WAYS: readonly [string, (index: LineReader, changes?: LineReader) => void][] = [
    ['entries()', (...files) => expect([...new EntryLines(...files).entries()]).toBeDefined()],
    [
      'remove()',
      (...files) => {
        const cursor = new IndexCursor(...files);
        while (cursor.peek() !== undefined) cursor.remove();
      },
    ],
    [
      'match()',
      (...files) => {
        const cursor = new IndexCursor(...files);
        for (let item = cursor.peek(); item !== undefined; item = cursor.peek()) {
          cursor.match(0, item.entry, true);
        }
      },
    ],
  ];

  const DAMAGES: readonly [string, readonly string[], string][] = [
    ['entries out of order', [textOf('b', 'a')], '`a` is out of order'],
    ['entries out of order in two frames', [textOf('b'), textOf('a')], '`a` is out of order'],
    ['an entry twice', [textOf('a', 'a')], '`a` is out of order'],
    ['what a folder holds before it', [textOf('a/b', 'a')], '`a` is out of order'],
    ['an empty line', [`${textOf('a')}\n`], 'it is not JSON'],
    ['a last line that is cut short', [textOf('a', 'b').slice(0, -1)], 'its last line is cut short'],
    ['a line that is no entry', ['{"path":"a"}\n'], '`type` is missing or not what it should be'],
    ['a type that is none', ['{"path":"a","type":"socket"}\n'], '`type` is missing or not what it should be'],
    [
      'a path that leads out',
      ['{"path":"../a","type":"none"}\n'],
      '`path` is missing or not what it should be',
    ],
    ['no path', ['{"type":"none"}\n'], '`path` is missing or not what it should be'],
  ];

  for (const [way, go] of WAYS) {
    it.each(DAMAGES)(`refuses %s, met by ${way}`, (_, texts, message) => {
      for (const where of ['the/index', 'the/changes']) {
        const [index, changes] = [where === 'the/index' ? texts : [''], where === 'the/index' ? [''] : texts];
        const expected = {
          code: 'E_DAMAGED',
          message: expect.stringContaining(`"${where}" is damaged: ${message}`) as string,
        };
        expect(() => {
          go(reader('the/index', ...index), reader('the/changes', ...changes));
        }).toThrow(expect.objectContaining(expected) as Error);
      }
    });

    it(`refuses a path without an entry in the index, met by ${way}`, () => {
      expect(() => {
        go(reader('the/index', text(new Map([['a', 'none']]))));
      }).toThrow(
        expect.objectContaining({
          code: 'E_DAMAGED',
          message: '"the/index" is damaged: `a` is no entry',
        }) as Error,
      );
    });
  }

  it('stays where it is until it is told to go on, and at its end', () => {
    const cursor = open(linesOf(itemOf('a'), itemOf('b')));
    expect(cursor.peek()).toBe(cursor.peek());
    cursor.remove();
    expect(cursor.peek()?.entry.path).toBe('b');
    for (let i = 0; i < 3; i++) {
      cursor.remove();
      expect(cursor.peek()).toBeUndefined();
    }
    cursor.match(0, itemOf('c').entry, true);
    expect(cursor.skipSame(itemOf('c').entry, 0)).toBe(false);
    expect([cursor.holdings.gone, cursor.holdings.slot(0)]).toEqual([['a', 'b'], undefined]);
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
    ['a further name of a file', { hardlink: 'first' as BytePath }, false],
  ])('skips what a scan sees as %s: only the same', (_, change, isSame) => {
    const now = { ...SAME.entry, ...change };
    for (const cursor of [
      open(linesOf(SAME, itemOf('then'))),
      open(linesOf(itemOf('then')), linesOf(SAME)),
      open(linesOf(itemOf('same', { inode: 9n }), itemOf('then')), linesOf(SAME)),
    ]) {
      expect(cursor.skipSame(now, 4)).toBe(isSame);
      expect(cursor.peek()?.entry.path).toBe(isSame ? 'then' : 'same');
      expect(cursor.holdings.slot(4)).toBe(isSame ? 0 : undefined);
    }
  });

  it('does not skip a line that the changes replace or take away', () => {
    const { entry } = itemOf('same');
    for (const change of ['none', itemOf('same', { inode: 8n })] as const) {
      const cursor = open(linesOf(itemOf('same')), new Map([['same', change]]));
      expect(cursor.skipSame(entry, 0)).toBe(false);
      expect(cursor.peek()).toEqual(change === 'none' ? undefined : change);
    }
  });

  it.each<[string, Partial<Entry>]>([
    ['a folder', { type: 'folder', size: 0 }],
    ['a link', { type: 'link', size: 0, target: 'to' as BytePath }],
    ['a further name of a file', { hardlink: 'first' as BytePath }],
    ['a name that is not UTF-8', { path: '\xff' as BytePath }],
  ])('skips %s when it is the same', (_, change) => {
    const item = itemOf('same', change);
    expect(open(linesOf(item)).skipSame(item.entry, 0)).toBe(true);
    const longer = { ...item.entry, target: 'to/more' as BytePath, type: 'link' as const, size: 0 };
    expect(open(linesOf(item)).skipSame(longer, 0)).toBe(false);
  });

  it.each<[string, Partial<IndexEntry>]>([
    ['has a member whose name has to be escaped', { member: 'm"' as BytePath }],
    ['is kept', { kept: '2026-11-19T02-00-00Z' }],
    ['changed while it was read', { changed: true }],
  ])('takes a longer look at a line that %s', (_, oddities) => {
    const cursor = open(linesOf(itemOf('a', {}, oddities)));
    expect(cursor.skipSame(itemOf('a').entry, 0)).toBe(false);
    expect(cursor.holdings.contents.length).toBe(0);
  });

  it('takes a line with a member of another name as it stands, and remembers that name', () => {
    const cursor = open(linesOf(itemOf('a', {}, { member: 'm/n' as BytePath, stale: true })));
    expect(cursor.skipSame(itemOf('a').entry, 0)).toBe(true);
    expect(cursor.holdings.isStanding(0)).toBe(true);
    expect(cursor.holdings.names.get(cursor.holdings.slot(0) ?? -1)).toBe('m/n');
    expect(cursor.holdings.marks.get(0)).toMatchObject({ stale: true });
  });

  it('takes a line that is stale as it stands, and remembers that it is', () => {
    const cursor = open(linesOf(itemOf('a', {}, { stale: true })));
    expect(cursor.skipSame(itemOf('a').entry, 0)).toBe(true);
    expect(cursor.holdings.isStanding(0)).toBe(true);
    expect(cursor.holdings.marks.get(0)).toMatchObject({ stale: true });
  });

  it.each<[string, (line: string) => string]>([
    ['another digit in the hash', (line) => line.replace(/"hash":"6/, '"hash":"g')],
    ['a capital in the hash', (line) => line.replace(/"hash":"6/, '"hash":"F')],
    ...['/', ':', '`'].map((sign): [string, (line: string) => string] => [
      `\`${sign}\` in the hash`,
      (line) => line.replace(/"hash":"6/, `"hash":"${sign}`),
    ]),
    ['a hash that is too short', (line) => line.replace(/"hash":"6/, '"hash":"')],
    ['another key than the hash', (line) => line.replace('"hash"', '"hush"')],
    ['another key than the place', (line) => line.replace('"at"', '"ta"')],
    ['another bracket at its end', (line) => line.replace('}\n', ']\n')],
    ['a place of three numbers', (line) => line.replace('"at":[0,1,2,3]', '"at":[0,1,2]')],
    ['a place of five numbers', (line) => line.replace('"at":[0,1,2,3]', '"at":[0,1,2,3,4]')],
    ['a number below 0', (line) => line.replace('"at":[0,', '"at":[-1,')],
    ['a number that is too large', (line) => line.replace('"at":[0,', '"at":[9007199254740993,')],
    ['no number', (line) => line.replace('"at":[0,', '"at":[,')],
    ['another sign between numbers', (line) => line.replace('[0,1', '[0;1')],
    ['another bracket behind attributes', (line) => line.replace('}\n', ',"xattrs":{"user.a":"MQ=="]\n')],
    ['a place without an end', (line) => line.replace('3]}', '3}')],
    ['nothing after the scan', (line) => line.replace(/,"hash".*$/m, '}')],
    ['more after its end', (line) => line.replace('}\n', '}}\n')],
  ])('does not skip a line with %s, and refuses it', (_, damage) => {
    const line = textOf('a');
    expect(damage(line)).not.toBe(line);
    const cursor = new IndexCursor(reader('the/index', damage(line)), undefined);
    expect(cursor.skipSame(itemOf('a').entry, 0)).toBe(false);
    expect(() => cursor.peek()).toThrow(expect.objectContaining({ code: 'E_DAMAGED' }) as Error);
  });

  it.each<[string, string, string | undefined]>([
    ['attributes', ',"xattrs":{"user.a":"MQ==","user.\u00e4":""}', '{"user.a":"MQ==","user.\u00e4":""}'],
    ['a name that JSON escapes', ',"xattrs":{"user.\\"":"MQ=="}', undefined],
    ['that there are none', ',"xattrs":{}', undefined],
    ['no form of ours', ',"xattrs":{"user.a":"MQ==","user.b"}', undefined],
    ['more behind them', ',"xattrs":{"user.a":"MQ=="},"changed":true', undefined],
  ])('passes a line with extended attributes, but for %s', (_, xattrs, kept) => {
    for (const path of ['a', 'folder']) {
      const line = textOf(path).replace('}\n', `${xattrs}}\n`);
      const cursor = new IndexCursor(reader('the/index', line), undefined);
      expect(cursor.skipSame(itemOf(path).entry, 0)).toBe(kept !== undefined);
      expect(cursor.holdings.attributes.get(0)).toBe(kept);
    }
  });

  it('takes over every digit of a hash, and a name only where it says one', () => {
    for (let first = 0; first < 256; first += 32) {
      const hash = Buffer.from(Array.from({ length: 32 }, (_, i) => first + i));
      const cursor = open(linesOf(itemOf('a', {}, { hash })));
      expect(cursor.skipSame(itemOf('a').entry, 0)).toBe(true);
      expect(Buffer.from(cursor.holdings.contents.hash(0))).toEqual(hash);
      expect(cursor.holdings.names.size).toBe(0);
    }
  });

  it('sees entries out of order also when others were skipped unread', () => {
    const cursor = new IndexCursor(reader('the/index', textOf('b', 'a')), undefined);
    expect(cursor.skipSame(itemOf('b').entry, 0)).toBe(true);
    expect(() => cursor.peek()).toThrow(/`a` is out of order/);
  });
});

/** A tree as it is now: for each path, what the scan sees and what the file holds. */
type Now = ReadonlyMap<string, { readonly entry: Entry; readonly content: string }>;

interface Moment {
  readonly index: Lines;
  readonly changes: Lines | undefined;
  readonly now: Now;
  readonly rehash: boolean;
  readonly pauses: readonly number[];
}

const moments: fc.Arbitrary<Moment> = layers.chain(({ index, changes }) => {
  const before = merged(index, changes ?? new Map());
  const one = fc.record({
    fate: fc.constantFrom('same', 'same', 'same', 'touched', 'other', 'gone'),
    entry: anEntry,
    content: fc.constantFrom('x', 'y'),
    mode: fc.constantFrom(0o644, 0o755),
    uid: fc.constantFrom(0, 54_321),
  });
  return fc
    .record({
      fates: fc.array(one, { minLength: PATHS.length, maxLength: PATHS.length }),
      rehash: fc.constantFrom(false, false, false, true),
      pauses: fc.array(fc.nat({ max: PATHS.length })),
    })
    .map(({ fates, rehash, pauses }): Moment => {
      const now = new Map<string, { entry: Entry; content: string }>();
      PATHS.forEach((path, i) => {
        const { fate, entry, content, mode, uid } = fates[i] ?? {};
        const last = before.get(path);
        if (fate === undefined || fate === 'gone' || entry === undefined || content === undefined) return;
        const old = last?.hash === undefined ? 'x' : String.fromCodePoint(last.hash[0] ?? 0);
        if (fate === 'other') {
          const fresh = itemOf(path, tidied(entry)).entry;
          // Content cannot differ where size, times and inode do not.
          const isOld = last !== undefined && keeps(last, fresh, false);
          now.set(path, { entry: fresh, content: isOld ? old : content });
        }
        if (fate === 'other' || last === undefined) return;
        const same = { entry: last.entry, content: old };
        now.set(
          path,
          fate === 'same' ? same : { ...same, entry: { ...last.entry, mode: mode ?? 0, uid: uid ?? 0 } },
        );
      });
      return { index, changes, now, rehash, pauses };
    });
});

function isStill(a: Entry, b: Entry): boolean {
  return a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs && a.inode === b.inode;
}

/** Whether content stands without a look, in the words of the design. */
function keeps(before: IndexEntry, now: Entry, rehash: boolean): boolean {
  const isFile = before.entry.type === 'file' && now.type === 'file';
  return isFile && isStill(before.entry, now) && !rehash && now.ctimeNs === SETTLED;
}

/** Compares as a run does, and reads what has to be read. */
function compare({ index, changes, now, rehash, pauses }: Moment): {
  found: Change[];
  read: string[];
  holdings: Holdings;
  paths: string[];
} {
  const cursor = open(index, changes);
  const table = new EntryTable(1);
  const comparison = new Comparison(cursor, table, { rehash, previousStartNs: BEGAN, knowsAttributes: true });
  const paths = [...now.keys()].toSorted((a, b) => comparePaths(a as BytePath, b as BytePath));
  paths.forEach((path, i) => {
    const { entry } = now.get(path) ?? itemOf(path);
    table.push(entry);
    if (pauses.includes(i)) comparison.advance();
  });
  comparison.finish();
  const { holdings } = cursor;
  for (let i = 0; i < table.length; i++) {
    const slot = holdings.slot(i);
    if (slot !== undefined) table.setHash(i, holdings.contents.hash(slot));
  }
  const unread = comparison.unread();
  for (let i = 0; i < table.length; i++) {
    const isFile = table.type(i) === 'file' && table.hash(i) === undefined;
    if (isFile) table.setHash(i, Buffer.alloc(32, now.get(paths[i] ?? '')?.content));
  }
  const read = unread.map((i) => paths[i] ?? '');
  return { found: [...comparison.changes()], read, holdings, paths };
}

/** What differs, found without any haste. */
function differences({ index, changes, now }: Moment): Change[] {
  const before = merged(index, changes ?? new Map());
  const found: Change[] = [];
  for (const path of PATHS.toSorted((a, b) => comparePaths(a as BytePath, b as BytePath)) as BytePath[]) {
    const [old, current] = [before.get(path), now.get(path)];
    if (old === undefined && current !== undefined) found.push({ path, kind: 'added', reasons: [] });
    if (old === undefined || current === undefined) continue;
    const { entry } = current;
    const reasons: string[] = [];
    const isSameType = old.entry.type === entry.type;
    if (!isSameType) reasons.push('type');
    const hash = Buffer.alloc(32, current.content);
    const isOther = !hash.equals(old.hash ?? hash);
    if (isSameType && entry.type === 'file' && isOther) reasons.push('content');
    if (isSameType && entry.type === 'link' && old.entry.target !== entry.target) reasons.push('target');
    if (isSameType && old.entry.mode !== entry.mode) reasons.push('mode');
    const isOwned = old.entry.uid === entry.uid && old.entry.gid === entry.gid;
    if (isSameType && !isOwned) reasons.push('owner');
    if (reasons.length > 0) found.push({ path, kind: 'modified', reasons });
  }
  const gone = [...before.keys()].filter((path) => !now.has(path)) as BytePath[];
  return [...found, ...gone.map((path): Change => ({ path, kind: 'removed', reasons: [] }))];
}

/** Lines that stand say where the content lies as they always did. */
function seen({ entry, hash }: IndexEntry): Pick<IndexEntry, 'entry' | 'hash'> {
  return { entry, hash };
}

describe('IndexCursor, compared with a tree', () => {
  const RUNS = { numRuns: 1000 };

  it('finds exactly what differs, and asks for the content of what may differ', () => {
    fc.assert(
      fc.property(moments, (moment) => {
        const { found, read } = compare(moment);
        expect(found).toEqual(differences(moment));
        const before = merged(moment.index, moment.changes ?? new Map());
        for (const [path, { entry }] of moment.now) {
          const old = before.get(path);
          const isKept = old !== undefined && keeps(old, entry, moment.rehash);
          const hasContent = entry.type === 'file' && entry.hardlink === undefined;
          expect([path, read.includes(path)]).toEqual([path, hasContent && !isKept]);
        }
      }),
      RUNS,
    );
  });

  it('knows afterwards the hash and place of each file that stands, its name, and what is odd about it', () => {
    fc.assert(
      fc.property(moments, (moment) => {
        const { holdings, paths } = compare(moment);
        const before = merged(moment.index, moment.changes ?? new Map());
        for (const [i, path] of paths.entries()) {
          const entry = moment.now.get(path)?.entry ?? itemOf(path).entry;
          const old = before.get(path);
          const slot = holdings.slot(i);
          if (old === undefined || !keeps(old, entry, moment.rehash)) {
            expect(slot).toBeUndefined();
            expect(holdings.marks.get(i)).toBeUndefined();
            continue;
          }
          const [archive, offset, length, skip] = old.at ?? [];
          expect(Buffer.from(holdings.contents.hash(slot ?? -1))).toEqual(old.hash);
          expect(holdings.contents.place(slot ?? -1)).toEqual({ archive, offset, length, skip });
          expect(holdings.contents.size(slot ?? -1)).toBe(old.entry.size);
          const { member, stale, kept, changed } = old;
          const isStale = stale === true || entry.mode !== old.entry.mode || entry.uid !== old.entry.uid;
          const isOdd = isStale || kept !== undefined || changed;
          expect(holdings.marks.get(i)).toEqual(isOdd ? { stale: isStale, kept, changed } : undefined);
          const name = holdings.names.get(slot ?? -1) ?? path;
          expect([path, old.entry.hardlink, member]).toContain(name);
          if (member !== undefined) expect(name).toBe(member);
        }
      }),
      RUNS,
    );
  });

  it('has the content of every line once, whatever became of its entry', () => {
    fc.assert(
      fc.property(moments, (moment) => {
        const { contents } = compare(moment).holdings;
        const found = Array.from({ length: contents.length }, (_, slot) => {
          const { archive, offset, length, skip } = contents.place(slot);
          return [Buffer.from(contents.hash(slot)), contents.size(slot), [archive, offset, length, skip]];
        });
        const lines = [...merged(moment.index, moment.changes ?? new Map()).values()].filter(
          ({ entry }) => entry.type === 'file',
        );
        expect(found).toEqual(lines.map(({ hash, entry, at }) => [hash, entry.size, at]));
      }),
      RUNS,
    );
  });

  it('knows which lines of the index stand, and which paths the index has in vain', () => {
    fc.assert(
      fc.property(moments, (moment) => {
        const { holdings, paths } = compare(moment);
        const { index, changes, now, rehash } = moment;
        for (const [i, path] of paths.entries()) {
          const line = index.get(path);
          const entry = now.get(path)?.entry;
          const isUsual =
            line !== undefined &&
            line !== 'none' &&
            changes?.has(path) !== true &&
            (line.member === undefined || /,"member":"[^"\\]*"/.test(formatLine(line))) &&
            line.kept === undefined &&
            !line.changed;
          const isSame =
            isUsual &&
            formatLine({ ...line, entry: entry ?? line.entry, user: userName(entry?.uid ?? 0) }) ===
              formatLine(line);
          const isTrusted = entry?.type !== 'file' || (!rehash && entry.ctimeNs === SETTLED);
          expect([path, holdings.isStanding(i)]).toEqual([path, isSame && isTrusted]);
        }
        const gone = [...index.keys()].filter((path) => !now.has(path) || changes?.get(path) === 'none');
        expect(holdings.gone).toEqual(gone.toSorted((a, b) => comparePaths(a as BytePath, b as BytePath)));
      }),
      RUNS,
    );
  });

  it('gives the tree when the lines that do not stand are laid over the index', () => {
    fc.assert(
      fc.property(moments, (moment) => {
        const { holdings, paths } = compare(moment);
        const { index, now } = moment;
        const items = paths.map((path) => {
          const { entry = itemOf(path).entry, content = '' } = now.get(path) ?? {};
          return itemOf(path, entry, entry.type === 'file' ? { hash: Buffer.alloc(32, content) } : {});
        });
        const gone = holdings.gone.filter((path) => !now.has(path)).map((path) => [path, 'none'] as const);
        const fresh = items
          .filter((_, i) => !holdings.isStanding(i))
          .map((item) => [item.entry.path, item] as const);
        const changes: Lines = new Map<string, IndexEntry | 'none'>([...gone, ...fresh]);
        const again = new EntryLines(reader('the/index', text(index)), reader('the/changes', text(changes)));
        expect([...again.entries()].map(seen)).toEqual(items.map(seen));
      }),
      RUNS,
    );
  });
});
