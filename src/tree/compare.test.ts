import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Change, Comparison } from './compare.ts';
import type { PreviousCursor, PreviousEntry } from './previous-cursor.ts';
import type { Entry } from './entry.ts';
import { EntryTable } from './entry-table.ts';
import { shareContent } from './hardlinks.ts';
import { type BytePath, comparePaths } from './path.ts';

const SECOND = 1_000_000_000n;
/** When the last snapshot began. */
const BEGAN = 1000n * SECOND;

/** A file, folder or link for tests: what it holds is one letter. */
interface Item {
  readonly type: Entry['type'];
  readonly mode: number;
  /** Content of a file or target of a link. */
  readonly value: string;
  readonly size: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly inode: bigint;
  readonly uid?: number;
  readonly gid?: number;
  /** The first name of the file. */
  readonly first?: string;
  /** What reading it finds; of the last snapshot, what it says. */
  readonly attributes?: string;
}

type Items = Readonly<Record<string, Item>>;

const FILE: Item = {
  type: 'file',
  mode: 0o644,
  value: 'a',
  size: 1,
  mtimeNs: 5n,
  ctimeNs: 5n,
  inode: 9n,
};
const LINK: Item = { ...FILE, type: 'link', size: 0, value: 'to', mode: 0o777 };
const FOLDER: Item = { ...FILE, type: 'folder', size: 0, value: '', mode: 0o755 };

/** A file that changed when the last snapshot began. */
const NOW: Item = { ...FILE, ctimeNs: BEGAN };

function entryOf(path: string, { value, first, ...item }: Item): Entry {
  return {
    uid: 0,
    gid: 0,
    ...item,
    path: path as BytePath,
    target: item.type === 'link' ? (value as BytePath) : undefined,
    hardlink: first as BytePath | undefined,
  };
}

function hashOf({ value }: Item): Uint8Array {
  return new Uint8Array(32).fill(value.codePointAt(0) ?? 0);
}

function inOrder(items: Items): [string, Item][] {
  return Object.entries(items).toSorted(([a], [b]) => comparePaths(a as BytePath, b as BytePath));
}

function textOf(entry: Entry): string {
  const known = Object.entries(entry).filter(([, value]) => value !== undefined);
  const fields = known.map(([name, value]) => `${name}=${String(value)}`);
  return fields.toSorted().join('|');
}

/** A cursor as an index has it: `skipSame` knows all that a scan sees. It writes down what it is told. */
class ListCursor implements PreviousCursor {
  readonly told: string[] = [];
  readonly #entries: readonly PreviousEntry[];
  #at = 0;

  constructor(items: Items) {
    this.#entries = inOrder(items).map(([path, item]) => ({
      entry: entryOf(path, item),
      hash: item.type === 'file' ? hashOf(item) : undefined,
    }));
  }

  peek(): PreviousEntry | undefined {
    return this.#entries[this.#at];
  }

  remove(): void {
    this.told.push(`${this.#next().path} gone`);
  }

  match(i: number, now: Entry, keepsContent: boolean): void {
    const { path } = this.#next();
    expect(now.path).toBe(path);
    this.told.push(`${path} ${i}: ${keepsContent ? 'content stays' : 'who knows'}`);
  }

  skipSame(now: Entry, i: number): boolean {
    const same = this.peek()?.entry;
    if (same === undefined || textOf(same) !== textOf(now)) return false;
    this.told.push(`${this.#next().path} ${i}: content stays`);
    return true;
  }

  #next(): Entry {
    const before = this.#entries[this.#at++];
    if (before === undefined) throw new Error('it is past the end');
    return before.entry;
  }
}

interface Options {
  readonly rehash?: boolean;
  readonly previousStartNs?: bigint;
  /** Numbers of entries after which the scan pauses. */
  readonly pauses?: readonly number[];
  /** Files that cannot be read. */
  readonly unreadable?: readonly string[];
  readonly knowsAttributes?: boolean;
  readonly isCarried?: (path: BytePath) => boolean;
}

/** Compares as a run does: scan, look into what may have changed, and see. */
function compared(
  before: Items,
  now: Items,
  {
    rehash = false,
    previousStartNs = BEGAN,
    pauses = [],
    unreadable = [],
    knowsAttributes = true,
    isCarried,
  }: Options = {},
): {
  /** Those that are known before anything is read. */
  unread: Change[];
  changes: Change[];
  read: string[];
  looked: BytePath[];
  certainBefore: boolean;
  certain: boolean;
  comparison: Comparison;
  told: string[];
} {
  const table = new EntryTable(1);
  const cursor = new ListCursor(before);
  const comparison = new Comparison(cursor, table, { rehash, previousStartNs, knowsAttributes, isCarried });
  const items = inOrder(now);
  items.forEach(([path, item], i) => {
    table.push({ ...entryOf(path, item), attributes: undefined });
    if (pauses.includes(i)) comparison.advance();
  });
  comparison.finish();
  const unread = [...comparison.changes()];
  const certainBefore = comparison.isCertain();
  const read: string[] = [];
  const unlooked = comparison.unlooked();
  const looked = unlooked.map((i) => table.path(i));
  for (const i of new Set([...unlooked, ...comparison.unread()]))
    table.setAttributes(i, items[i]?.[1].attributes ?? '');
  for (const i of comparison.unread()) {
    const [path, item] = items[i] ?? ['', FILE];
    read.push(path);
    if (unreadable.includes(path)) comparison.dismiss(i);
    else table.setHash(i, hashOf(item));
  }
  if (read.length > 0) shareContent(table);
  const changes = [...comparison.changes()];
  return {
    unread,
    changes,
    read,
    looked,
    certainBefore,
    certain: comparison.isCertain(),
    comparison,
    told: cursor.told,
  };
}

function shown(changes: readonly Change[]): string[] {
  return changes.map(({ kind, path, reasons }) => `${kind} ${path} ${reasons.join()}`.trimEnd());
}

describe('Comparison', () => {
  it.each<[string, Items, Items, string[]]>([
    ['nothing', { a: FILE }, { a: FILE }, []],
    ['nothing of nothing', {}, {}, []],
    ['a new file', {}, { a: FILE }, ['added a']],
    ['a file that went', { a: FILE }, {}, ['removed a']],
    ['a renamed file', { a: FILE }, { b: FILE }, ['added b', 'removed a']],
    ['a touched file', { a: FILE }, { a: { ...FILE, mtimeNs: 6n, ctimeNs: 6n } }, []],
    ['a file that was copied back', { a: FILE }, { a: { ...FILE, inode: 77n, ctimeNs: 8n } }, []],
    [
      'another file of the same size and times',
      { a: FILE },
      { a: { ...FILE, inode: 77n, value: 'b' } },
      ['modified a content'],
    ],
    ['other content', { a: FILE }, { a: { ...FILE, value: 'b', ctimeNs: 6n } }, ['modified a content']],
    ['another size', { a: FILE }, { a: { ...FILE, size: 2, value: 'b' } }, ['modified a content']],
    ['another mode', { a: FILE }, { a: { ...FILE, mode: 0o600, ctimeNs: 6n } }, ['modified a mode']],
    [
      'content and mode',
      { a: FILE },
      { a: { ...FILE, mode: 0o600, value: 'b', mtimeNs: 6n } },
      ['modified a content,mode'],
    ],
    ['another target', { a: LINK }, { a: { ...LINK, value: 'x' } }, ['modified a target']],
    ['a touched link', { a: LINK }, { a: { ...LINK, mtimeNs: 7n } }, []],
    ['another folder mode', { a: FOLDER }, { a: { ...FOLDER, mode: 0o700 } }, ['modified a mode']],
    ['a touched folder', { a: FOLDER }, { a: { ...FOLDER, mtimeNs: 7n } }, []],
    ['a file that became a link', { a: FILE }, { a: LINK }, ['modified a type']],
    [
      'a folder that became a file',
      { a: FOLDER, 'a/b': FILE },
      { a: FILE },
      ['modified a type', 'removed a/b'],
    ],
    ['the mode of the root', { '': FOLDER }, { '': { ...FOLDER, mode: 0o700 } }, []],
    ['a new root', {}, { '': FOLDER }, []],
  ])('sees %s', (_, before, now, expected) => {
    expect(shown(compared(before, now).changes)).toEqual(expected);
  });

  const TAGGED = { ...FILE, ctimeNs: 6n, attributes: '{"user.a":"MQ=="}' };
  it.each<[string, Items, Items, string[]]>([
    ['another owner', { a: FILE }, { a: { ...FILE, uid: 1, ctimeNs: 6n } }, ['modified a owner']],
    ['another group', { a: FILE }, { a: { ...FILE, gid: 1, ctimeNs: 6n } }, ['modified a owner']],
    ['another owner of a folder', { a: FOLDER }, { a: { ...FOLDER, uid: 1 } }, ['modified a owner']],
    ['a new attribute', { a: FILE }, { a: TAGGED }, ['modified a attributes']],
    ['an attribute that went', { a: TAGGED }, { a: FILE }, ['modified a attributes']],
    [
      'another attribute',
      { a: TAGGED },
      { a: { ...TAGGED, ctimeNs: 7n, attributes: '{"user.a":"Mg=="}' } },
      ['modified a attributes'],
    ],
    ['the same attribute', { a: TAGGED }, { a: { ...TAGGED, ctimeNs: 7n } }, []],
    ['that there is none still', { a: { ...FILE, attributes: '{}' } }, { a: { ...FILE, ctimeNs: 7n } }, []],
    [
      'attributes of a folder and a link',
      { a: FOLDER, b: LINK },
      { a: { ...FOLDER, ...TAGGED, type: 'folder', size: 0, mode: 0o755 }, b: { ...LINK, ctimeNs: 7n } },
      ['modified a attributes'],
    ],
    [
      'those of the root as none',
      { '': FOLDER },
      { '': { ...FOLDER, ctimeNs: 6n, attributes: '{"a":""}' } },
      [],
    ],
  ])('sees %s', (_, before, now, expected) => {
    const { changes, comparison } = compared(before, now);
    expect(shown(changes)).toEqual(expected);
    expect(comparison.isCertain()).toBe(expected.length > 0);
    // The guard is about content.
    expect(comparison.filesHit()).toBe(0);
  });

  it('looks at the attributes of what is new or was touched, and of no other folder or link', () => {
    const before = { a: FOLDER, b: LINK, c: FILE, d: FOLDER };
    const now = { a: FOLDER, b: LINK, c: FILE, d: { ...FOLDER, ctimeNs: 6n }, e: LINK };
    expect(compared(before, now).looked).toEqual(['d', 'e']);
    expect(compared(before, before).looked).toEqual([]);
  });

  it('looks at all once where nothing is known of them, and takes none for a change', () => {
    const before = { a: FOLDER, b: FILE, c: FILE };
    const now = { a: FOLDER, b: { ...FILE, attributes: '{"user.a":"MQ=="}' }, c: TAGGED };
    const { changes, looked, certain } = compared(before, now, { knowsAttributes: false });
    // Those of c come with its content, which has to be read.
    expect([changes, looked, certain]).toEqual([[], ['a', 'b'], false]);
  });

  it('knows before it reads a file that another size is another content, and of attributes nothing', () => {
    const before = { a: FILE, b: FILE, c: TAGGED };
    const now = { a: { ...FILE, size: 2 }, b: { ...FILE, mtimeNs: 6n }, c: { ...FILE, mtimeNs: 6n } };
    expect(shown(compared(before, now).unread)).toEqual(['modified a content']);
  });

  it('reads in path order, the first name of a file in the place that it has', () => {
    const now = { a: FILE, b: { ...FILE, mtimeNs: 6n }, c: { ...FILE, first: 'a' } };
    expect(compared({ a: FILE, b: FILE }, now).read).toEqual(['a', 'b']);
  });

  it('looks into no file whose size, times and inode are as they were', () => {
    expect(compared({ a: FILE, b: FILE }, { a: FILE, b: { ...FILE, mtimeNs: 6n } }).read).toEqual(['b']);
  });

  it('looks into all files when told to', () => {
    expect(compared({ a: FILE, l: LINK }, { a: FILE, b: FILE, l: LINK }, { rehash: true }).read).toEqual([
      'a',
      'b',
    ]);
  });

  it.each<[string, bigint, string[]]>([
    ['right at its start', BEGAN, ['a']],
    ['within a tick before it', BEGAN - 2n * SECOND, ['a']],
    ['after it', BEGAN + SECOND, ['a']],
    ['well before it', BEGAN - 2n * SECOND - 1n, []],
  ])('looks again into a file last changed %s', (_, ctimeNs, read) => {
    // It may have changed once more in the same tick, after it was read.
    const file = { ...FILE, ctimeNs };
    expect(compared({ a: file }, { a: file }).read).toEqual(read);
    const changed = compared({ a: file }, { a: { ...file, value: 'b' } });
    expect(shown(changed.changes)).toEqual(read.map((path) => `modified ${path} content`));
    // Not bit rot: nobody asked, and the time does not say that nothing wrote to it.
    expect(changed.comparison.rotten(new Set())).toEqual([]);
  });

  it('finds content that rots, and only where nothing wrote to it', () => {
    const before = { rotten: FILE, same: FILE, written: FILE, grown: FILE };
    const now = {
      rotten: { ...FILE, value: 'b' },
      same: FILE,
      written: { ...FILE, value: 'b', mtimeNs: 6n },
      grown: { ...FILE, value: 'b', size: 2 },
    };
    const { comparison, changes } = compared(before, now, { rehash: true });
    // In path order: grown, rotten, same, written.
    expect(comparison.rotten(new Set())).toEqual([1]);
    expect(shown(changes)).toEqual([
      'modified grown content',
      'modified rotten content',
      'modified written content',
    ]);
    expect(comparison.rotten(new Set([1]))).toEqual([]);
  });

  it('counts what rots no more once it is dismissed', () => {
    const now = { a: { ...FILE, value: 'b' }, b: { ...FILE, value: 'b' } };
    const { comparison } = compared({ a: FILE, b: FILE }, now, { rehash: true });
    expect([comparison.rotten(new Set()), comparison.filesHit()]).toEqual([[0, 1], 2]);
    for (const i of [0, 1]) comparison.dismiss(i);
    expect([comparison.rotten(new Set()), comparison.filesHit()]).toEqual([[], 0]);
    expect([comparison.isCertain(), [...comparison.changes()]]).toEqual([false, []]);
  });

  it('does not call it rot when the file may have changed within the tick in which it was read', () => {
    const file = { ...FILE, ctimeNs: BEGAN };
    const { comparison } = compared({ a: file }, { a: { ...file, value: 'b' } }, { rehash: true });
    expect(comparison.rotten(new Set())).toEqual([]);
  });

  it.each([false, true])(
    'reads nothing of what nobody can look at now, however late it changed',
    (rehash) => {
      const before = { 'a/b': NOW, c: NOW };
      const options = { rehash, isCarried: (path: BytePath) => path === 'a/b' };
      const { read, told, changes } = compared(before, before, options);
      expect([read, changes]).toEqual([['c'], []]);
      expect(told).toEqual(['a/b 0: content stays', 'c 1: who knows']);
    },
  );

  it('counts no difference for a file that cannot be read', () => {
    const now = { a: { ...FILE, mtimeNs: 6n, value: 'b' }, b: FILE };
    const { changes, certain } = compared({ a: FILE }, now, { unreadable: ['a', 'b'] });
    expect([changes, certain]).toEqual([[], false]);
  });

  it('takes a link for gone when a file is in its place that cannot be read', () => {
    const { changes, certain } = compared({ a: LINK }, { a: FILE }, { unreadable: ['a'] });
    expect([shown(changes), certain]).toEqual([['removed a'], true]);
  });

  it('is not certain of one by the mode or size of a file that may not be readable', () => {
    const now = { a: { ...FILE, mode: 0, ctimeNs: 6n }, b: { ...FILE, size: 9 } };
    const { certainBefore, certain } = compared({ a: FILE, b: FILE }, now, { unreadable: ['a', 'b'] });
    expect([certainBefore, certain]).toEqual([false, false]);
  });

  it.each<[string, Items, Items, boolean]>([
    ['a path went', { a: FILE, b: FILE }, { a: FILE }, true],
    ['a folder came', {}, { a: FOLDER }, true],
    ['a link came', {}, { a: LINK }, true],
    ['a mode differs', { a: FILE }, { a: { ...FILE, mode: 0o600 } }, true],
    ['a target differs', { a: LINK }, { a: { ...LINK, value: 'x' } }, true],
    ['a file became a link', { a: FILE }, { a: LINK }, true],
    ['a file came', {}, { a: FILE }, false],
    ['a file became larger', { a: FILE }, { a: { ...FILE, size: 2 } }, false],
    ['a file may have changed', { a: FILE }, { a: { ...FILE, mtimeNs: 6n } }, false],
    ['a link became a file', { a: LINK }, { a: FILE }, false],
    ['nothing changed', { a: FILE }, { a: FILE }, false],
  ])('knows before it reads a file whether there is a difference: %s', (_, before, now, certain) => {
    // A file that came or grew may turn out not to be readable, which is no difference.
    expect(compared(before, now).certainBefore).toBe(certain);
  });

  it('is certain of none once every file that was touched has been read, and is as it was', () => {
    const touched = { ...FILE, mtimeNs: 6n };
    const { certainBefore, certain, changes } = compared({ a: FILE, b: FILE }, { a: touched, b: touched });
    expect([certainBefore, certain, changes]).toEqual([false, false, []]);
    expect(compared({ a: FILE }, { a: { ...touched, value: 'b' } }).certain).toBe(true);
  });

  it('says how many paths came, went and differ', () => {
    const before = { a: FILE, b: FILE, c: FILE, d: FOLDER };
    const now = { a: { ...FILE, mode: 0o600 }, d: FOLDER, e: FILE, f: LINK, g: FILE };
    expect(compared(before, now).comparison.count()).toEqual({ added: 3, modified: 1, removed: 2 });
  });
});

describe('Comparison, of a file', () => {
  it.each<[string, Items, Items, string[]]>([
    ['nothing changed', { a: FILE }, { a: FILE }, ['a 0: content stays']],
    ['its mode changed', { a: FILE }, { a: { ...FILE, mode: 0o600 } }, ['a 0: content stays']],
    ['it was touched', { a: FILE }, { a: { ...FILE, mtimeNs: 6n } }, ['a 0: who knows']],
    ['it has another inode', { a: FILE }, { a: { ...FILE, inode: 10n } }, ['a 0: who knows']],
    ['it grew', { a: FILE }, { a: { ...FILE, size: 2 } }, ['a 0: who knows']],
    ['it became a link', { a: FILE }, { a: LINK }, ['a 0: who knows']],
    ['it was a link', { a: LINK }, { a: FILE }, ['a 0: who knows']],
    ['it may have changed once more', { a: NOW }, { a: NOW }, ['a 0: who knows']],
    ['it went', { a: FILE, b: FILE }, { b: FILE }, ['a gone', 'b 0: content stays']],
    ['it came', { b: FILE }, { a: FILE, b: FILE }, ['b 1: content stays']],
    ['the root is there', { '': FOLDER, a: FILE }, { '': FOLDER }, [' 0: content stays', 'a gone']],
    [
      'the root has another mode',
      { '': FOLDER, a: FILE },
      { '': { ...FOLDER, mode: 0o700 }, a: FILE },
      [' 0: content stays', 'a 1: content stays'],
    ],
  ])('tells the cursor whether its content stays, when %s', (_, before, now, expected) => {
    expect(compared(before, now).told).toEqual(expected);
  });

  it('remembers the hashes to compare with while the tree grows', () => {
    const names = Array.from({ length: 4000 }, (_, n) => String(n).padStart(5, '0'));
    const before = Object.fromEntries(names.map((name, n) => [name, { ...FILE, value: 'xyz'[n % 3] ?? '' }]));
    const now = Object.fromEntries(names.map((name) => [name, { ...FILE, mtimeNs: 6n, value: 'x' }]));
    const { changes } = compared(before, now, { pauses: [0, 1100, 3900] });
    expect(shown(changes)).toEqual(
      names.filter((_, n) => n % 3 !== 0).map((name) => `modified ${name} content`),
    );
  });

  it('takes no content for kept when every file is to be looked into', () => {
    const { told } = compared({ a: FILE, d: FOLDER }, { a: FILE, d: FOLDER }, { rehash: true });
    expect(told).toEqual(['a 0: who knows', 'd 1: content stays']);
  });
});

/** Few, so that most are in both trees; whether a path's folder is there does not matter. */
const paths = fc.constantFrom('a', 'a b', 'a.', 'a/a', 'a/b', 'a/b/c', 'a\xff', 'b', 'b/\xff', '\xff');
const item: fc.Arbitrary<Item> = fc
  .record({
    type: fc.constantFrom<Entry['type'][]>('file', 'file', 'file', 'folder', 'link'),
    mode: fc.constantFrom(0o644, 0o755),
    value: fc.constantFrom('a', 'b'),
    size: fc.constantFrom(1, 2),
    mtimeNs: fc.constantFrom(1n, 2n),
    ctimeNs: fc.constantFrom(1n, 2n, BEGAN, BEGAN + SECOND),
    inode: fc.constantFrom(1n, 2n),
  })
  .map((one) => ({
    ...one,
    size: one.type === 'file' ? one.size : 0,
    value: one.type === 'folder' ? '' : one.value,
  }));
const items = fc.dictionary(paths, item, { maxKeys: 12, noNullPrototype: true });

/** Every difference, found in the plainest way. */
function model(before: Items, now: Items, rehash: boolean): string[] {
  const reasonsFor = (a: Item, b: Item): string[] => {
    if (a.type !== b.type) return ['type'];
    const isStill = a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs && a.inode === b.inode;
    const isRacy = b.ctimeNs >= BEGAN - 2n * SECOND;
    const content =
      b.type === 'file' && a.value !== b.value && (a.size !== b.size || !isStill || isRacy || rehash);
    return [
      ...(content ? ['content'] : []),
      ...(b.type === 'link' && a.value !== b.value ? ['target'] : []),
      ...(a.mode === b.mode ? [] : ['mode']),
    ];
  };
  const present = inOrder(now).flatMap(([path, is]) => {
    const was = before[path];
    if (was === undefined) return [`added ${path}`];
    const reasons = reasonsFor(was, is);
    return reasons.length === 0 ? [] : [`modified ${path} ${reasons.join()}`];
  });
  const removed = inOrder(before).filter(([path]) => now[path] === undefined);
  return [...present, ...removed.map(([path]) => `removed ${path}`)];
}

describe('Comparison, for any two trees', () => {
  it('finds the differences that a plain model finds, however the scan is cut into pieces', () => {
    fc.assert(
      fc.property(
        items,
        items,
        fc.boolean(),
        fc.array(fc.nat({ max: 12 })),
        (before, changed, rehash, pauses) => {
          // About half of the paths are as they were.
          const now = Object.fromEntries(
            Object.entries({ ...before, ...changed }).filter(
              ([path]) => path.length % 3 !== 0 || path in changed,
            ),
          );
          const { changes, certain } = compared(before, now, { rehash, pauses });
          expect(shown(changes)).toEqual(model(before, now, rehash));
          expect(certain).toBe(changes.length > 0);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('tells the cursor of each earlier path, once and in order, what became of it', () => {
    fc.assert(
      fc.property(items, items, fc.array(fc.nat({ max: 12 })), (before, now, pauses) => {
        const { told, comparison } = compared(before, now, { pauses });
        const numbers = new Map(inOrder(now).map(([path], i) => [path, i]));
        expect(told.map((line) => line.replace(/: .*$/, ''))).toEqual(
          inOrder(before).map(([path]) => `${path} ${numbers.get(path) ?? 'gone'}`),
        );
        // What is said to stay is never read, and what is not is read, unless it is no file any more.
        const staying = new Set(told.filter((line) => line.endsWith('content stays')));
        for (const [path, { type }] of inOrder(now)) {
          if (before[path] === undefined || type !== 'file') continue;
          const i = numbers.get(path) ?? -1;
          expect(compared(before, now).read.includes(path)).toBe(!staying.has(`${path} ${i}: content stays`));
        }
        expect(comparison.unread()).toEqual([]);
      }),
    );
  });

  it.each<[string, Items, string[], string[]]>([
    // In a zip each name is read for itself, and one of them may have failed: what is kept is an older copy.
    [
      'that is an older copy',
      { b: { ...FILE, value: 'o', ctimeNs: 0n, inode: 0n } },
      ['a'],
      ['modified b content'],
    ],
    ['that is new', {}, ['a'], ['added b']],
    ['that is as it was', { b: { ...FILE, first: 'a' } }, [], []],
  ])('reads the first name for another name of a file, %s', (_, before, read, changes) => {
    const now = { a: FILE, b: { ...FILE, first: 'a' } };
    const all = compared({ a: FILE, ...before }, now);
    expect(all.read).toEqual(read);
    expect(shown(all.changes)).toEqual(changes);
    expect(all.certain).toBe(changes.length > 0);
  });

  it('counts the files of the last snapshot that are gone or modified', () => {
    fc.assert(
      fc.property(items, items, (before, now) => {
        const { comparison, changes } = compared(before, now);
        const touched = new Set(
          changes.filter(({ kind }) => kind !== 'added').map(({ path }) => String(path)),
        );
        const hit = inOrder(before).filter(([path, { type }]) => type === 'file' && touched.has(path));
        expect(comparison.filesHit()).toBe(hit.length);
      }),
    );
  });

  it('reads no more files than may have changed', () => {
    fc.assert(
      fc.property(items, items, (before, now) => {
        const { read } = compared(before, now);
        for (const path of read) {
          const [was, is] = [before[path], now[path]];
          const isStill =
            was !== undefined &&
            is !== undefined &&
            was.type === is.type &&
            was.size === is.size &&
            was.mtimeNs === is.mtimeNs &&
            was.ctimeNs === is.ctimeNs &&
            was.inode === is.inode;
          expect(is?.type).toBe('file');
          expect(isStill && is.ctimeNs < BEGAN - 2n * SECOND).toBe(false);
        }
      }),
    );
  });
});
