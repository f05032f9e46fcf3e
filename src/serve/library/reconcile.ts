// Holds a journal against its folder: the folder is the truth.
import { reasonOf } from '../../base/errors.ts';
import { ordered } from '../../base/ordered.ts';
import type { Blake3 } from '../../hash/blake3.ts';
import { EntryTable } from '../../tree/entry-table.ts';
import { type BytePath, display } from '../../tree/path.ts';
import { scanTree } from '../../tree/scanner.ts';
import { Gone } from './gone.ts';
import { hashFile } from './hash-file.ts';
import type { Held } from './holdings.ts';
import type { Journal } from './journal.ts';
import { isSameSight, lookAt, type Sight, sightOf } from './sight.ts';

/** What a comparison came to. */
export interface SyncResult {
  /** Files that were not there before; copies of known content are new as well. */
  readonly new: number;
  /** Under another name than before. */
  readonly renamed: number;
  readonly removed: number;
  /** Under the same name with other content. */
  readonly changed: number;
  /** As before. */
  readonly matched: number;
  /** What could not be read. */
  readonly problems: readonly { readonly path: string; readonly reason: string }[];
}

export interface ReconcileOptions {
  readonly blake3: Blake3;
  /** Read every file, also those whose size and time are as before. */
  readonly rehash: boolean;
  readonly signal: AbortSignal;
  /** Whether a file is being placed at a path at this moment: it is nobody else's. */
  readonly isBusy: (path: BytePath) => boolean;
  /** Called with the number of files that are to be read, then after each one. */
  readonly onRead?: ((done: number, total: number) => void) | undefined;
}

/** So many files are read at once. */
const READ_AT_ONCE = 4;
/** So many are recorded together: when it is killed, what was hashed stays known. */
const RECORD_AT_ONCE = 256;

interface Found {
  readonly path: BytePath;
  readonly sight: Sight;
}

/** @throws SnapshotError `E_ROW` when the folder `root` cannot be read. */
export async function reconcile(
  root: string,
  journal: Journal,
  options: ReconcileOptions,
): Promise<SyncResult> {
  const { rehash, signal, isBusy, blake3 } = options;
  const { holdings } = journal;
  const before = journal.last;
  const entries = new EntryTable();
  const tree = await scanTree(root, signal, entries, () => {});
  const problems = tree.problems.map(({ path, reason }) => ({ path: display(path), reason }));
  const count = { new: 0, renamed: 0, removed: 0, changed: 0, matched: 0 };

  const seen = new Set<BytePath>();
  const toRead: Found[] = [];
  for (let i = 0; i < entries.length; i++) {
    if (entries.type(i) !== 'file') continue;
    const entry = entries.at(i);
    const held = holdings.at(entry.path);
    const sight = sightOf(entry);
    if (held !== undefined) seen.add(entry.path);
    if (held !== undefined && isSameSight(held, sight) && !rehash) count.matched += 1;
    else if (!isBusy(entry.path) && !isLater(held)) toRead.push({ path: entry.path, sight });
  }

  const gone = new Gone();
  for (const held of holdings.all()) {
    if (seen.has(held.path) || isLater(held)) continue;
    // It may lie where a scan does not look, as in a folder that cannot be read.
    if ((await lookAt(root, held.path).catch(() => held)) === undefined) gone.add(held);
    else count.matched += 1;
  }

  let records: Omit<Held, 'n'>[] = [];
  const record = async (one: Omit<Held, 'n'>): Promise<void> => {
    records.push(one);
    if (records.length < RECORD_AT_ONCE) return;
    const full = records;
    records = [];
    await journal.put(full);
  };

  const unknown: Found[] = [];
  for (const found of toRead) {
    const moved =
      holdings.at(found.path) === undefined && !rehash ? gone.takeBySight(found.sight) : undefined;
    if (moved === undefined) unknown.push(found);
    else {
      count.renamed += 1;
      const { blake3: hash, sha256, by, atMs } = moved;
      await record({ path: found.path, ...found.sight, blake3: hash, sha256, by, atMs });
    }
  }

  let done = 0;
  options.onRead?.(done, unknown.length);
  const read = ordered(unknown, READ_AT_ONCE, async ({ path }) => {
    const hashed = await hashFile(root, path, blake3, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      problems.push({ path: display(path), reason: reasonOf(error) });
      return undefined;
    });
    options.onRead?.(++done, unknown.length);
    return { path, hashed };
  });
  for await (const { path, hashed } of read) {
    const held = holdings.at(path);
    if (hashed === undefined || isBusy(path) || isLater(held)) continue;
    if (hashed === 'changing') {
      problems.push({ path: display(path), reason: 'it changes while it is read' });
      continue;
    }
    const isSame = held?.blake3 === hashed.blake3;
    const moved = held === undefined ? gone.takeByContent(hashed.blake3) : undefined;
    if (held !== undefined) count[isSame ? 'matched' : 'changed'] += 1;
    else count[moved === undefined ? 'new' : 'renamed'] += 1;
    if (isSame && isSameSight(held, hashed.sight)) continue;
    const { sha256, by, atMs } = (isSame ? held : moved) ?? {};
    await record({ path, ...hashed.sight, blake3: hashed.blake3, sha256, by, atMs });
  }
  await journal.put(records);

  count.removed = gone.left;
  await journal.remove(gone.all.filter((path) => !isLater(holdings.at(path))));
  return { ...count, problems };

  /** Whether an upload has placed it since this began. */
  function isLater(held: Held | undefined): boolean {
    return held !== undefined && held.n > before;
  }
}
