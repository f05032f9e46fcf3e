import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attributeCalls, setAttributes } from '../base/attribute-calls.ts';
import { formatAttributes } from '../base/attributes.ts';
import { Contents } from '../format/contents.ts';
import { loadBlake3 } from '../hash/blake3.ts';
import { LocalStore } from '../store/local/local-store.ts';
import { EntryTable } from '../tree/entry-table.ts';
import type { BytePath } from '../tree/path.ts';
import { scan, startScan } from '../tree/scan.ts';
import { PIECE_BYTES } from './batches.ts';
import { hashFiles } from './hash-files.ts';
import { lookAtAttributes } from './look-at-attributes.ts';
import { Packer } from './pack.ts';
import type { PackOptions } from './pack-options.ts';
import { WorkerPool } from './pool.ts';
import { finished } from './whole-tree.lab.ts';

const pool = new WorkerPool(2);
const blake3 = await loadBlake3();

afterAll(async () => {
  await pool.close();
});

let folder: string;
let source: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pack-attributes-'));
  source = join(folder, 'source');
  mkdirSync(source);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What `path` gets, which is of no other. */
function noteOf(path: string): string {
  return formatAttributes([['user.note', Buffer.from(path)]]);
}

/** Two folders, small files and a large one, each with a note of its own. */
function makeTree(): EntryTable {
  for (const path of ['d', 'e']) mkdirSync(join(source, path));
  const contents = { 'd/small': 'small', 'd/stored': 'stored', large: randomBytes(PIECE_BYTES + 1) };
  for (const [path, content] of Object.entries(contents)) writeFileSync(join(source, path), content);
  for (const path of ['d', 'e', ...Object.keys(contents)]) setAttributes(join(source, path), noteOf(path));
  linkSync(join(source, 'd/small'), join(source, 'd/zz'));
  const { entry, task } = startScan(source);
  const entries = new EntryTable();
  entries.push(entry);
  if (task !== undefined) entries.append(scan(source, task, 100_000).entries.toChunk().chunk);
  return entries;
}

function numbersOf(entries: EntryTable, type: string): number[] {
  return Array.from({ length: entries.length }, (_, i) => i).filter(
    (i) => entries.type(i) === type && (type !== 'file' || entries.hasContent(i)),
  );
}

/** What is known of all entries but the root and further names, by path. */
function known(entries: EntryTable): Record<string, string | undefined> {
  const all = [...numbersOf(entries, 'folder').slice(1), ...numbersOf(entries, 'file')];
  return Object.fromEntries(all.map((i) => [entries.path(i), entries.attributes(i)]));
}

function notes(paths: readonly string[]): Record<string, string> {
  return Object.fromEntries(paths.map((path) => [path, noteOf(path)]));
}

function given(): { root: string; pool: WorkerPool; signal: AbortSignal; progress: () => void } {
  return { root: source, pool, signal: new AbortController().signal, progress: () => {} };
}

const FILES = ['d/small', 'd/stored', 'large'];

/** An attribute whose name no archive could say. */
function nameless(path: string): void {
  const code = `import os, sys; os.setxattr(sys.argv[1], b'user.\\xff', b'1')`;
  expect(spawnSync('python3', ['-c', code, join(source, path)]).status).toBe(0);
}

const REFUSED = 'its extended attributes: one has a name that is not UTF-8';

describe.skipIf(process.platform !== 'linux' || attributeCalls() === undefined)('extended attributes', () => {
  it('are noted of what is packed, stored already or large, and stay what they were of folders', async () => {
    const entries = makeTree();
    for (const path of ['d/small', 'large']) nameless(path);
    await lookAtAttributes(entries, numbersOf(entries, 'folder'), given());
    const store = new LocalStore(join(folder, 'store'));
    const contents = new Contents();
    contents.add(blake3.hash(Buffer.from('stored')), 6, { archive: 3, offset: 0, length: 1, skip: 0 });
    const create: PackOptions['create'] = async (n) => ({ file: `${n}`, writer: await store.create(`${n}`) });
    const packer = await Packer.open(entries, {
      ...given(),
      format: 'tar.zst',
      contents,
      known: contents.seal(() => true).shared,
      knownSizes: new Set(),
      firstNumber: 4,
      create,
      createTree: async () => await create(-1),
    });
    await packer.files(numbersOf(entries, 'file'));
    await packer.tree(new Set());
    const { problems } = await finished(packer);
    expect(known(entries)).toEqual(notes(['d', 'e', ...FILES]));
    expect(problems).toEqual(
      ['d/small', 'large'].map((path) => ({ path, kind: 'attributes', reason: REFUSED })),
    );
  });

  it('are noted of what is only hashed', async () => {
    const entries = makeTree();
    nameless('d/small');
    const { problems } = await hashFiles(entries, numbersOf(entries, 'file'), given());
    expect(known(entries)).toEqual({ d: undefined, e: undefined, ...notes(FILES) });
    expect(problems).toEqual([{ path: 'd/small', kind: 'attributes', reason: REFUSED }]);
  });

  it('are noted of what is only looked at, further names with it', async () => {
    const entries = makeTree();
    const wanted = [...numbersOf(entries, 'folder'), ...numbersOf(entries, 'file')];
    expect(await lookAtAttributes(entries, wanted, given())).toEqual([]);
    expect(known(entries)).toEqual(notes(['d', 'e', ...FILES]));
    expect(entries.attributes(entries.find('d/zz' as BytePath) ?? -1)).toBe(noteOf('d/small'));
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(lookAtAttributes(entries, wanted, { ...given(), signal })).rejects.toThrow('stopped');
  });
});
