import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  baseName,
  type BytePath,
  comparePaths,
  display,
  fromBytes,
  fromText,
  join,
  parentOf,
  systemPath,
  toBytes,
  toText,
} from './path.ts';

/** Any bytes but NUL and `/`; few different ones, so that names share their starts. */
const name = fc
  .array(fc.oneof(fc.constantFrom(1, 0x20, 0x2d, 0x2e, 0x30, 0x61, 0xff), fc.integer({ min: 1, max: 255 })), {
    minLength: 1,
    maxLength: 4,
  })
  .map(
    (bytes) => Buffer.from(bytes.map((byte) => (byte === 0x2f ? 0x2e : byte))).toString('latin1') as BytePath,
  );

const path = fc.array(name, { minLength: 0, maxLength: 4 }).map((names) => names.join('/') as BytePath);

/** Path order as its definition says it: names one by one, each by its bytes. */
function byNames(a: BytePath, b: BytePath): number {
  const [x, y] = [a, b].map((one) => (one === '' ? [] : one.split('/')));
  for (let i = 0; i < Math.min(x?.length ?? 0, y?.length ?? 0); i++) {
    const order = Buffer.compare(Buffer.from(x?.[i] ?? '', 'latin1'), Buffer.from(y?.[i] ?? '', 'latin1'));
    if (order !== 0) return order;
  }
  return (x?.length ?? 0) - (y?.length ?? 0);
}

type Folder = Map<string, Folder>;

function treeOf(paths: readonly BytePath[]): Folder {
  const root: Folder = new Map();
  for (const one of paths) {
    let folder = root;
    for (const part of one === '' ? [] : one.split('/')) {
      const inner = folder.get(part) ?? (new Map() as Folder);
      folder.set(part, inner);
      folder = inner;
    }
  }
  return root;
}

/** All paths in a tree, depth first, names in byte order. */
function* walk(folder: Folder, parent: BytePath): Generator<BytePath> {
  const inOrder = [...folder].toSorted(([a], [b]) =>
    Buffer.compare(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1')),
  );
  for (const [one, inner] of inOrder) {
    const below = join(parent, one as BytePath);
    yield below;
    yield* walk(inner, below);
  }
}

describe('comparePaths()', () => {
  it.each<[string, string]>([
    ['', 'a'],
    ['a', 'b'],
    ['a', 'a/b'],
    ['a/z', 'a b'],
    ['a/z', 'a-'],
    ['a/b/c', 'a/c'],
    ['a', 'a\x01'],
    ['a/x', 'a\x01'],
    ['Z', 'a'],
    ['a', '\xff'],
  ])('puts %j before %j', (a, b) => {
    expect(comparePaths(a as BytePath, b as BytePath)).toBeLessThan(0);
    expect(comparePaths(b as BytePath, a as BytePath)).toBeGreaterThan(0);
  });

  it('is the order of names, folder by folder', () => {
    fc.assert(
      fc.property(path, path, (a, b) => {
        expect(Math.sign(comparePaths(a, b))).toBe(Math.sign(byNames(a, b)));
      }),
      { numRuns: 2000 },
    );
  });

  it('orders every set of paths in one way', () => {
    fc.assert(
      fc.property(path, path, path, (a, b, c) => {
        expect(comparePaths(a, a)).toBe(0);
        expect(Math.sign(comparePaths(a, b))).toBe(-Math.sign(comparePaths(b, a)) + 0);
        if (comparePaths(a, b) <= 0 && comparePaths(b, c) <= 0) {
          expect(comparePaths(a, c)).toBeLessThanOrEqual(0);
        }
        expect(comparePaths(a, b) === 0).toBe(a === b);
      }),
    );
  });

  it('is the order of a walk through a tree, depth first', () => {
    fc.assert(
      fc.property(fc.array(path, { maxLength: 12 }), (paths) => {
        const walked = [...walk(treeOf(paths), '' as BytePath)];
        expect(walked.toReversed().toSorted(comparePaths)).toEqual(walked);
      }),
    );
  });
});

describe('toText()', () => {
  it('gives back any text that fromText() took', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(toText(fromText(text))).toBe(text);
      }),
    );
  });

  it('gives text only for bytes that are its UTF-8', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 8 }), (bytes) => {
        const text = toText(fromBytes(bytes));
        if (text !== undefined) expect(Buffer.from(text).equals(bytes)).toBe(true);
      }),
    );
  });

  it.each<[string, number[]]>([
    ['a byte that begins nothing', [0x61, 0xff]],
    ['a cut character', [0xc3]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['half of a surrogate pair', [0xed, 0xa0, 0x80]],
  ])('refuses %s', (_, bytes) => {
    expect(toText(fromBytes(Uint8Array.from(bytes)))).toBeUndefined();
  });

  it('keeps a byte order mark, which is part of the name', () => {
    expect(toText(fromText('\uFEFFname'))).toBe('\uFEFFname');
  });
});

describe('toBytes()', () => {
  it('gives back the bytes that fromBytes() took', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(Buffer.compare(toBytes(fromBytes(bytes)), bytes)).toBe(0);
      }),
    );
  });

  it('reads a view, not the buffer below it', () => {
    expect(fromBytes(Buffer.from('xabcx').subarray(1, 4))).toBe('abc');
  });
});

describe('display()', () => {
  it('holds nothing that a terminal would obey, whatever the name', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), fc.string({ unit: 'binary' }), (bytes, text) => {
        for (const shown of [display(fromBytes(bytes)), display(fromText(text))]) {
          expect(shown).not.toMatch(/\p{Cc}|[\u2028\u2029\u202A-\u202E\u2066-\u2069]/u);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it.each<[BytePath, string]>([
    [fromText('plain/name.txt'), 'plain/name.txt'],
    [fromText('é🙂'), 'é🙂'],
    ['caf\xe9' as BytePath, String.raw`caf\xe9`],
    [fromText('two\nlines\tand \u001B[31mred'), String.raw`two\nlines\tand \x1b[31mred`],
    [fromText('txt.\u202Eexe'), String.raw`txt.\u202eexe`],
    [fromText('\u0085'), String.raw`\x85`],
    ['\n\xff' as BytePath, String.raw`\x0a\xff`],
  ])('shows %j as %s', (one, shown) => {
    expect(display(one)).toBe(shown);
  });
});

describe('join(), baseName() and parentOf()', () => {
  it('take apart what they put together', () => {
    fc.assert(
      fc.property(path, name, (parent, last) => {
        const whole = join(parent, last);
        expect(baseName(whole)).toBe(last);
        expect(parentOf(whole)).toBe(parent);
      }),
    );
  });
});

describe('systemPath()', () => {
  it.each<[string, BytePath, string]>([
    ['/root', '' as BytePath, '/root'],
    ['/root', fromText('a/b'), '/root/a/b'],
    ['/', fromText('a'), '/a'],
    ['/root/', fromText('a'), '/root/a'],
    ['/röot', fromText('é'), '/röot/é'],
    // A backslash is a letter like others, but on Windows.
    ['/back\\', fromText('a'), process.platform === 'win32' ? '/back\\a' : '/back\\/a'],
  ])('puts %s and %j together', (root, one, whole) => {
    expect(String(systemPath(root, one))).toBe(whole);
  });

  it.skipIf(process.platform === 'win32')('keeps bytes that are not UTF-8', () => {
    const whole = systemPath('/ö', '\xff\xe9' as BytePath);
    expect(Buffer.from(whole).toString('hex')).toBe('2fc3b62fffe9');
  });
});
