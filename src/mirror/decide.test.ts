import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry, EntryType } from '../tree/entry.ts';
import { type BytePath, comparePaths, fromText, parentOf } from '../tree/path.ts';
import { decide, touchedBy } from './decide.ts';
import type { Held, There } from './held.ts';
import type { Step } from './steps.ts';

interface Item {
  readonly type: EntryType;
  readonly value: string;
  readonly inode: bigint;
  readonly time: bigint;
  readonly changed?: bigint;
}

type Model = ReadonlyMap<string, Item>;

function entryOf(path: string, { type, value, inode, time, changed = time }: Item): Entry {
  return {
    path: fromText(path),
    type,
    size: type === 'file' ? value.length : 0,
    mode: type === 'folder' ? 0o755 : 0o644,
    uid: 1,
    gid: 1,
    mtimeNs: time,
    ctimeNs: changed,
    inode,
    target: type === 'link' ? fromText(value) : undefined,
    hardlink: undefined,
  };
}

function heldOf(path: string, item: Item): Held {
  const { hardlink: _, ...entry } = entryOf(path, item);
  return { ...entry, hash: item.value, keptNs: item.time, sinceMs: 1 };
}

function thereOf(path: string, item: Item): There {
  const { type, size, mode, mtimeNs, target } = entryOf(path, item);
  return { path: fromText(path), type, size, mode, mtimeNs, target };
}

function sorted<T extends { readonly path: BytePath }>(items: readonly T[]): readonly T[] {
  return items.toSorted((a, b) => comparePaths(a.path, b.path));
}

/** @param there - Also what is known of the mirror, unless `held` says otherwise. */
function stepsFor(
  source: Model,
  there: Model,
  held: Model = there,
  isLeftAlone: (path: string) => boolean = () => false,
  mounts: ReadonlySet<BytePath> = new Set(),
): readonly Step[] {
  return decide({
    source: sorted([...source].map(([path, item]) => entryOf(path, item))),
    there: sorted([...there].map(([path, item]) => thereOf(path, item))),
    held: new Map([...held].map(([path, item]) => [fromText(path), heldOf(path, item)])),
    isLeftAlone,
    mounts,
    rehash: false,
  });
}

/** What a file system makes of the steps; throws where it would say no. */
function applied(steps: readonly Step[], source: Model, there: Model): ReadonlyMap<string, string> {
  const result = new Map([...there].map(([path, { type, value }]) => [path, `${type} ${value}`]));
  const hasBelow = (path: string): boolean => [...result.keys()].some((one) => one.startsWith(`${path}/`));
  for (const step of steps) {
    const { path } = step;
    const wanted = source.get(path);
    const text = wanted === undefined ? '' : `${wanted.type} ${wanted.value}`;
    const parent = parentOf(path);
    if (parent !== '' && !(result.get(parent) ?? '').startsWith('folder'))
      throw new Error(`no folder for ${path}`);
    switch (step.do) {
      case 'clear':
      case 'let go':
        if (hasBelow(path)) throw new Error(`${path} is not empty`);
        if (!result.delete(path)) throw new Error(`${path} is not there`);
        break;
      case 'move': {
        if (result.has(path)) throw new Error(`${path} is there`);
        for (const [one, value] of Array.from(result)) {
          if (one !== step.from && !one.startsWith(`${step.from}/`)) continue;
          result.delete(one);
          result.set(path + one.slice(step.from.length), value);
        }
        break;
      }
      case 'folder':
        if (result.has(path)) throw new Error(`${path} is there`);
        result.set(path, text);
        break;
      case 'copy':
      case 'link':
        if (result.has(path) !== step.replaces) throw new Error(`${path}: replaces ${step.replaces}`);
        result.set(path, text);
        break;
      case 'meta':
        if (!result.has(path)) throw new Error(`${path} is not there`);
        break;
    }
  }
  return result;
}

const item: fc.Arbitrary<readonly [readonly string[], Item]> = fc.tuple(
  fc.array(fc.constantFrom('a', 'b', 'c', 'a-'), { minLength: 1, maxLength: 3 }),
  fc.record({
    type: fc.constantFrom<EntryType>('file', 'folder', 'link'),
    value: fc.constantFrom('x', 'yy'),
    // Few, so that things move.
    inode: fc.bigInt({ min: 1n, max: 6n }),
    time: fc.bigInt({ min: 1n, max: 2n }),
  }),
);

function modelOf(items: readonly (readonly [readonly string[], Item])[]): Model {
  const model = new Map<string, Item>();
  for (const [names, one] of items) {
    const path = names.join('/');
    const folders = names.slice(1).map((_, depth) => names.slice(0, depth + 1).join('/'));
    if (model.has(path) || folders.some((above) => (model.get(above)?.type ?? 'folder') !== 'folder'))
      continue;
    for (const [n, above] of folders.entries())
      if (!model.has(above))
        model.set(above, { type: 'folder', value: '', inode: 100n + BigInt(n), time: 1n });
    model.set(path, one.type === 'folder' ? { ...one, value: '' } : one);
  }
  return model;
}

const model = fc.array(item, { maxLength: 10 }).map(modelOf);

function isLeft(path: string): boolean {
  return path.split('/').includes('c');
}

function file(value: string, inode: bigint, time = 1n): Item {
  return { type: 'file', value, inode, time };
}

function folder(inode: bigint): Item {
  return { type: 'folder', value: '', inode, time: 1n };
}

describe('decide()', () => {
  it('makes the mirror what the source is', () => {
    fc.assert(
      fc.property(model, model, fc.boolean(), (source, there, isKnown) => {
        const steps = stepsFor(source, there, isKnown ? there : new Map());
        // What looks the same is not read by this file system: equal values, or a copy.
        const result = applied(steps, source, there);
        expect([...result.keys()].toSorted()).toEqual([...source.keys()].toSorted());
        for (const [path, { type, value }] of source) {
          const known = there.get(path);
          const looksSame =
            known !== undefined &&
            known.type === type &&
            type === 'file' &&
            known.value.length === value.length;
          if (!looksSame) expect(result.get(path)).toBe(`${type} ${value}`);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('has nothing to do where nothing has changed', () => {
    fc.assert(
      fc.property(model, (source) => {
        expect(stepsFor(source, source)).toEqual([]);
      }),
    );
  });

  it('never touches what is to be left alone, nor takes away the folder around it', () => {
    fc.assert(
      fc.property(model, model, (source, there) => {
        const steps = stepsFor(source, there, there, isLeft);
        const gone = steps.filter((step) => step.do === 'let go');
        expect(gone.some(({ path }) => isLeft(path))).toBe(false);
      }),
    );
  });

  it('moves a file that has another name, and a folder with all that is in it', () => {
    const before = new Map([
      ['a', file('x', 1n)],
      ['d', folder(2n)],
      ['d/e', file('yy', 3n)],
    ]);
    const after = new Map([
      ['b', file('x', 1n)],
      ['f', folder(2n)],
      ['f/e', file('yy', 3n)],
    ]);
    expect(stepsFor(after, before).filter((step) => step.do !== 'meta')).toEqual([
      { do: 'move', path: 'b', from: 'a', type: 'file' },
      { do: 'move', path: 'f', from: 'd', type: 'folder' },
    ]);
  });

  it('copies what only has the inode of something that is gone', () => {
    const before = new Map([
      ['a', file('x', 1n)],
      ['d', folder(2n)],
      ['d/e', file('yy', 3n)],
    ]);
    const after = new Map([
      ['b', file('zzz', 1n)],
      ['f', folder(2n)],
      ['f/e', file('yy', 9n)],
    ]);
    expect(stepsFor(after, before).some((step) => step.do === 'move')).toBe(false);
  });

  it.each([
    [5_000_000_000n, ['move', 'looks first']],
    [5_000_000_001n, ['move']],
  ])('looks into what is moved where many files may have its time: %s', (time, expected) => {
    const after = new Map([['b', { ...file('y', 1n, time), changed: time + 2n }]]);
    const steps = stepsFor(after, new Map([['a', file('x', 1n, time)]]));
    expect(steps.map((step) => (step.do === 'copy' && step.looksFirst ? 'looks first' : step.do))).toEqual(
      expected,
    );
  });

  it('takes a folder for the same of which half is still in it', () => {
    const before = new Map([
      ['d', folder(2n)],
      ['d/e', file('x', 3n)],
      ['d/f', file('x', 4n)],
    ]);
    const isMoved = (kept: readonly bigint[]): boolean => {
      const inside = kept.map((inode): [string, Item] => [`g/${inode}`, file('yy', inode)]);
      return stepsFor(new Map([['g', folder(2n)], ...inside]), before).some(
        (step) => step.do === 'move' && step.path === 'g',
      );
    };
    expect([isMoved([3n, 9n]), isMoved([8n, 9n])]).toEqual([true, false]);
  });

  it('moves none of several names of one file', () => {
    const before = new Map([
      ['a', file('x', 1n)],
      ['b', file('x', 1n)],
    ]);
    expect(stepsFor(new Map([['c', file('x', 1n)]]), before).some((step) => step.do === 'move')).toBe(false);
  });

  it('believes no inode of another file system', () => {
    const before = new Map([
      ['m', folder(2n)],
      ['m/a', file('x', 12n)],
    ]);
    const after = new Map([
      ['n', folder(2n)],
      ['n/a', file('x', 12n)],
    ]);
    expect(stepsFor(after, before).some((step) => step.do === 'move')).toBe(true);
    for (const mount of ['m', 'n'])
      expect(
        stepsFor(after, before, before, undefined, new Set([fromText(mount)])).some(
          (step) => step.do === 'move',
        ),
      ).toBe(false);
  });

  it('never leaves a path empty that the source has: what is there under its old name is copied', () => {
    const before = new Map([['a', file('x', 1n)]]);
    // An editor has kept the old one under another name, and written a new one.
    const after = new Map([
      ['a', file('yy', 2n, 2n)],
      ['a~', file('x', 1n)],
    ]);
    expect(stepsFor(after, before).map((step) => [step.do, step.path])).toEqual([
      ['copy', 'a'],
      ['copy', 'a~'],
    ]);
  });

  it('replaces what others have changed in the mirror', () => {
    const source = new Map([['a', file('x', 1n)]]);
    const changed = new Map([['a', file('zzz', 1n, 7n)]]);
    expect(stepsFor(source, changed, source)).toMatchObject([
      { do: 'copy', path: 'a', replaces: true, keptHash: undefined, looksFirst: false },
    ]);
  });

  it('looks first where nothing is known, or only the time of a change differs', () => {
    const source = new Map([['a', file('x', 1n)]]);
    expect(stepsFor(source, source, new Map())).toMatchObject([{ do: 'copy', looksFirst: true }]);
    const touched = new Map([['a', { ...file('x', 2n), time: 1n }]]);
    expect(stepsFor(touched, source)).toMatchObject([{ do: 'copy', looksFirst: true, keptHash: 'x' }]);
    const newer = new Map([['a', file('x', 1n, 2n)]]);
    expect(stepsFor(newer, source)).toMatchObject([{ do: 'copy', looksFirst: false, keptHash: 'x' }]);
  });

  it('moves nothing that others have changed in the mirror: it is copied', () => {
    const before = new Map([['a', file('x', 1n)]]);
    const after = new Map([['b', file('x', 1n)]]);
    const changed = new Map([['a', file('y', 1n, 7n)]]);
    const steps = stepsFor(after, changed, before).map((step) => [step.do, step.path]);
    expect(steps).toEqual([
      ['copy', 'b'],
      ['let go', 'a'],
    ]);
  });

  it.each<[string, Partial<Entry>, boolean, object[]]>([
    ['as before', {}, false, []],
    ['with other content of the same size and time', { ctimeNs: 2n }, false, [{ keptHash: 'x' }]],
    ['under another inode', { inode: 2n }, false, [{ keptHash: 'x' }]],
    ['of which all is to be read, here and there', {}, true, [{ keptHash: undefined, looksFirst: true }]],
  ])('reads a file %s: %o', (_, change, rehash, expected) => {
    const before = file('x', 1n);
    const steps = decide({
      source: [{ ...entryOf('a', before), ...change }],
      there: [thereOf('a', before)],
      held: new Map([[fromText('a'), heldOf('a', before)]]),
      isLeftAlone: () => false,
      mounts: new Set(),
      rehash,
    });
    expect(steps).toMatchObject(expected.map((one) => ({ do: 'copy', looksFirst: true, ...one })));
  });
});

describe('touchedBy()', () => {
  it('names the folders in which something is done, the deepest first', () => {
    const steps: readonly Step[] = [
      { do: 'move', path: fromText('a/b/c'), from: fromText('d/e'), type: 'file' },
      { do: 'let go', path: fromText('f'), type: 'file' },
    ];
    expect(touchedBy(steps)).toEqual(['d', 'a/b', '']);
  });
});
