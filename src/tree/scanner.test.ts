import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { readdirSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Entry } from './entry.ts';
import { EntryTable } from './entry-table.ts';
import { comparePaths } from './path.ts';
import { matching } from './left-out.ts';
import { scan, startScan } from './scan.ts';
import { scanTree, type Tree } from './scanner.ts';

const NOBODY = 65_534;
const isRoot = process.geteuid?.() === 0;

let folder: string;
let source: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'scanner-'));
  await chmod(folder, 0o755);
  source = join(folder, 'source');
  await mkdir(source);
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function file(path: string, content = 'x'): Promise<void> {
  await mkdir(join(source, path, '..'), { recursive: true });
  await writeFile(join(source, path), content);
}

async function scanned(
  exclude: readonly string[] = [],
  from = source,
  grown = (): void => {},
): Promise<Tree> {
  const start = startScan(from, matching(exclude));
  return await scanTree(from, new AbortController().signal, new EntryTable(), grown, start);
}

function all(table: EntryTable): Entry[] {
  return Array.from({ length: table.length }, (_, i) => table.at(i));
}

/** The same tree, scanned on this thread in one go. */
function inOneGo(root: string, exclude: readonly string[]): Entry[] {
  const { entry, task } = startScan(root, matching(exclude));
  const table = new EntryTable();
  table.push(entry);
  if (task === undefined) throw new Error('no folder');
  table.append(scan(root, task, 1_000_000).entries.toChunk().chunk);
  return all(table);
}

/** More than one thread takes at once, in few large and many small folders. */
function makeLargeTree(root: string): void {
  for (let n = 0; n < 40; n++) {
    const inner = join(root, `folder-${n}`);
    mkdirSync(join(inner, 'sub'), { recursive: true });
    writeFileSync(join(inner, '.snapshotignore'), `sub/${n}.tmp`);
    for (let i = 0; i < 20; i++) writeFileSync(join(inner, `${i}`), '');
    for (let i = n - 2; i < n + 2; i++) writeFileSync(join(inner, 'sub', `${i}.tmp`), '');
    linkSync(join(root, 'folder-0', '0'), join(root, `hard-${39 - n}`));
  }
  mkdirSync(join(root, 'wide'));
  // More than one message holds.
  for (let i = 0; i < 5000; i++) linkSync(join(root, 'folder-0', `${i % 3}`), join(root, 'wide', `${i}`));
  for (let n = 0; n < 40; n++) writeFileSync(join(root, `wide-${n}`), '');
}

describe('scanTree() of a large tree', () => {
  let large: string;

  beforeAll(async () => {
    large = await mkdtemp(join(tmpdir(), 'scanner-large-'));
    makeLargeTree(large);
  });
  afterAll(async () => {
    await rm(large, { recursive: true });
  });

  it('sees the same as one scan on one thread, in path order, and says when it has more', async () => {
    const exclude = ['/wide/*7', 'folder-3'];
    const entries = new EntryTable();
    const lengths: number[] = [];
    const grown = (): void => void lengths.push(entries.length);
    const start = startScan(large, matching(exclude));
    const tree = await scanTree(large, new AbortController().signal, entries, grown, start);
    expect(tree.root).toBe(large);
    expect(tree.problems).toEqual([]);
    const rules = tree.rules.map(({ base, patterns }) => `${base}: ${patterns.join(' ')}`).toSorted();
    const wanted = Array.from({ length: 40 }, (_, n) => `folder-${n}: sub/${n}.tmp`).toSorted();
    expect(rules).toEqual(wanted.filter((one) => !one.startsWith('folder-3:')));
    expect(tree.entries).toBe(entries);
    const paths = all(entries).map(({ path }) => path);
    expect(paths.toSorted(comparePaths)).toEqual(paths);
    expect(all(entries)).toEqual(inOneGo(large, exclude));
    expect(lengths.at(-1)).toBe(entries.length);
    expect(lengths.toSorted((a, b) => a - b)).toEqual(lengths);
    expect(lengths.length).toBeGreaterThan(1);
  });

  it('stops when it is told to, before and in the middle', async () => {
    const stop = new AbortController();
    const reason = new Error('stopped');
    let calls = 0;
    const begun = scanTree(large, stop.signal, new EntryTable(), () => {
      calls++;
      stop.abort(reason);
      // Meanwhile a thread has said more.
      readdirSync(large, { recursive: true });
    });
    await expect(begun).rejects.toBe(reason);
    // What its threads were about to say comes to nothing: the row has been told as failed by then.
    expect(calls).toBe(1);
    await expect(scanTree(large, stop.signal, new EntryTable(), () => {})).rejects.toBe(reason);
  });
});

describe('scanTree()', () => {
  it('finds an empty source empty', async () => {
    const { entries, problems } = await scanned();
    expect([all(entries).map(({ path }) => path), problems]).toEqual([[''], []]);
  });

  it('takes one file, whose folder is the root', async () => {
    await file('single', 'content');
    const { root, entries } = await scanned([], join(source, 'single'));
    expect(root).toBe(source);
    expect(all(entries).map(({ path, type, size }) => [path, type, size])).toEqual([['single', 'file', 7]]);
  });

  it('follows a source that is a link', async () => {
    await file('f');
    await symlink('source', join(folder, 'link'));
    const { root, entries } = await scanned([], join(folder, 'link'));
    expect(root).toBe(join(folder, 'link'));
    expect(all(entries).map(({ path }) => path)).toEqual(['', 'f']);
  });

  it('fails when the source does not exist', async () => {
    await expect(scanned([], join(source, 'none'))).rejects.toMatchObject({ code: 'E_ROW' });
  });

  it('fails with what its caller throws', async () => {
    await file('f');
    const failure = new Error('the index is damaged');
    const failing = scanned([], source, () => {
      throw failure;
    });
    await expect(failing).rejects.toBe(failure);
  });

  it('names what an ordinary user cannot read, rules at the top included', async () => {
    for (const path of ['.snapshotignore', 'sub/.snapshotignore', 'closed/inside']) await file(path);
    for (const path of ['.snapshotignore', 'sub/.snapshotignore', 'closed'])
      await chmod(join(source, path), 0);
    if (isRoot) {
      process.setegid?.(NOBODY);
      process.seteuid?.(NOBODY);
    }
    let tree: Tree;
    try {
      tree = await scanned();
    } finally {
      if (isRoot) {
        process.seteuid?.(0);
        process.setegid?.(0);
      }
      await chmod(join(source, 'closed'), 0o700);
    }
    const rules = 'its rules do not count: permission denied';
    expect(tree.problems.toSorted((a, b) => comparePaths(a.path, b.path))).toEqual([
      { path: '.snapshotignore', kind: 'unreadable', reason: rules },
      { path: 'closed', kind: 'unreadable', reason: 'permission denied' },
      { path: 'sub/.snapshotignore', kind: 'unreadable', reason: rules },
    ]);
  });
});
