import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BytePath, comparePaths } from './path.ts';
import { type HashedEntry, treeHash } from './tree-hash.ts';

// Which hash it is, the caller decides.
function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function file(path: string, mode: number, content: string): HashedEntry {
  return { entry: { path: path as BytePath, type: 'file', mode, target: undefined }, hash: content };
}

function folder(path: string, mode = 0o755): HashedEntry {
  return { entry: { path: path as BytePath, type: 'folder', mode, target: undefined }, hash: undefined };
}

function link(path: string, target: string, mode = 0o777): HashedEntry {
  const entry = { path: path as BytePath, type: 'link', mode, target: target as BytePath } as const;
  return { entry, hash: undefined };
}

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);

const TREE = [
  folder('', 0o700),
  folder('a', 0o755),
  file('a/\xff', 0o644, A),
  folder('a/empty', 0o1777),
  link('a/link', '../x', 0o777),
  folder('a/sub', 0o700),
  file('a/sub/deep', 0o4755, B),
  file('a b', 0o600, B),
  folder('z', 0o7),
];

function hashOf(entries: readonly HashedEntry[]): string {
  return treeHash(entries, sha256).tree;
}

/** As `docs/format.md` says it, from nested objects rather than from a list. */
interface Node {
  readonly type: 'f' | 'd' | 'l';
  readonly mode: number;
  readonly value: string | ReadonlyMap<string, Node>;
}

function modelHash(children: ReadonlyMap<string, Node>): string {
  const names = [...children.keys()].toSorted((a, b) =>
    Buffer.compare(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1')),
  );
  const records = names.map((name) => {
    const { type, mode, value } = children.get(name) ?? { type: 'f', mode: 0, value: '' };
    const text = typeof value === 'string' ? value : modelHash(value);
    return Buffer.from(`${type}${mode.toString(8).padStart(4, '0')} ${name}\0${text}\0`, 'latin1');
  });
  return sha256(Buffer.concat(records));
}

function* entriesOf(children: ReadonlyMap<string, Node>, parent = ''): Generator<HashedEntry> {
  for (const [name, { type, mode, value }] of children) {
    const path = parent === '' ? name : `${parent}/${name}`;
    if (typeof value !== 'string') {
      yield folder(path, mode);
      yield* entriesOf(value, path);
    } else yield type === 'l' ? link(path, value, mode) : file(path, mode, value);
  }
}

const name = fc
  .uint8Array({ min: 1, minLength: 1, maxLength: 3 })
  .map((bytes) => Buffer.from(bytes).toString('latin1').replaceAll('/', '.'));
const mode = fc.integer({ min: 0, max: 0o7777 });
const { children } = fc.letrec<{ node: Node; children: ReadonlyMap<string, Node> }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3 },
    fc.record<Node>({ type: fc.constant('f'), mode, value: fc.constantFrom(A, B) }),
    fc.record<Node>({ type: fc.constant('l'), mode, value: name }),
    fc.record<Node>({ type: fc.constant('d'), mode, value: tie('children') }),
  ),
  children: fc.array(fc.tuple(name, tie('node')), { maxLength: 5 }).map((pairs) => new Map(pairs)),
}));

/** `text` with a NUL for each bar. */
function record(text: string): string {
  return text.replaceAll('|', '\0');
}

describe('treeHash()', () => {
  it('is the hash of the records in docs/format.md', () => {
    const sub = sha256(Buffer.from(record(`f4755 deep|${B}|`), 'latin1'));
    const empty = sha256(Buffer.alloc(0));
    const a = sha256(
      Buffer.from(record(`d1777 empty|${empty}|l0777 link|../x|d0700 sub|${sub}|f0644 \xff|${A}|`), 'latin1'),
    );
    const root = sha256(Buffer.from(record(`d0755 a|${a}|f0600 a b|${B}|d0007 z|${empty}|`), 'latin1'));
    const tree = treeHash(
      TREE.toSorted((x, y) => comparePaths(x.entry.path, y.entry.path)),
      sha256,
    );
    expect(tree.tree).toBe(root);
    expect([...tree.folders]).toEqual([
      ['a', a],
      ['z', empty],
    ]);
  });

  it('is the hash of nothing for an empty tree', () => {
    expect(hashOf([folder('')])).toBe(sha256(Buffer.alloc(0)));
    expect(hashOf([])).toBe(sha256(Buffer.alloc(0)));
  });

  it('is that of a single file when the source is one', () => {
    expect(hashOf([file('name', 0o644, A)])).toBe(sha256(Buffer.from(`f0644 name\0${A}\0`)));
  });

  it('agrees with the definition on any tree', () => {
    fc.assert(
      fc.property(children, (tree) => {
        const entries = [...entriesOf(tree)].toSorted((a, b) => comparePaths(a.entry.path, b.entry.path));
        expect(hashOf(entries)).toBe(modelHash(tree));
      }),
    );
  });

  const BASE = [folder('d', 0o755), file('d/f', 0o644, A), link('d/l', 'to')];

  it.each<[string, HashedEntry[]]>([
    ['a file goes', [folder('d'), link('d/l', 'to')]],
    ['a file comes', [...BASE, file('d/n', 0o644, A)]],
    ['a folder comes', [...BASE, folder('d/n')]],
    [
      'an empty folder goes',
      BASE.slice(1).map(({ entry, hash }) => ({
        entry: { ...entry, path: entry.path.slice(2) as BytePath },
        hash,
      })),
    ],
    ['content changes', [folder('d'), file('d/f', 0o644, B), link('d/l', 'to')]],
    ['a file is renamed', [folder('d'), file('d/g', 0o644, A), link('d/l', 'to')]],
    ['a folder is renamed', [folder('e'), file('e/f', 0o644, A), link('e/l', 'to')]],
    ['permission bits of a file change', [folder('d'), file('d/f', 0o600, A), link('d/l', 'to')]],
    ['a set-user-id bit comes', [folder('d'), file('d/f', 0o4644, A), link('d/l', 'to')]],
    ['permission bits of a folder change', [folder('d', 0o700), ...BASE.slice(1)]],
    ['a target changes', [folder('d'), file('d/f', 0o644, A), link('d/l', 'too')]],
    ['a file becomes a link', [folder('d'), link('d/f', A, 0o644), link('d/l', 'to')]],
    ['a file moves up', [folder('d'), link('d/l', 'to'), file('f', 0o644, A)]],
  ])('changes when %s', (_, changed) => {
    expect(hashOf(changed)).not.toBe(hashOf(BASE));
  });

  it('does not change with the permission bits of the root', () => {
    expect(hashOf([folder('', 0o700), ...BASE])).toBe(hashOf([folder('', 0o777), ...BASE]));
  });
});
