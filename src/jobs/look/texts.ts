// The content of files on one side of a comparison, to be told line by line.
import { constants, open } from 'node:fs/promises';
import type { Series, Snapshot } from '../../series/series.ts';
import { type BytePath, systemPath } from '../../tree/path.ts';
import { UnpackPool } from '../../unpack/pool.ts';
import { Contents } from '../export/contents.ts';
import { Wanted } from '../restore/wanted.ts';

/** A side of a comparison: a snapshot, or the folder that is the source. */
export type TextSide =
  | { readonly snapshot: Snapshot; readonly series: Series; readonly snapshots: readonly Snapshot[] }
  | { readonly source: string };

/**
 * What the files at `paths` hold. One that is not there, or cannot be read, is left out.
 *
 * @param paths - Of files that are small enough for memory, all together.
 * @throws {@link SnapshotError} `E_DAMAGED` when a snapshot's content is nowhere whole. The reason of `signal`.
 */
export async function readTexts(
  side: TextSide,
  paths: ReadonlySet<BytePath>,
  signal: AbortSignal,
  note: (message: string) => void,
): Promise<ReadonlyMap<BytePath, Uint8Array>> {
  if (paths.size === 0) return new Map();
  if ('source' in side) return await readSource(side.source, paths, signal);
  const has = (path: BytePath): boolean => paths.has(path);
  const { series, snapshot, snapshots } = side;
  const wanted = await Wanted.read(series, snapshot, { isAll: false, mayHave: has, has }, signal);
  const { entries, names } = wanted;
  const numbers = Array.from({ length: entries.length }, (_, i) => i).filter(
    (i) => entries.type(i) === 'file' && has(entries.path(i)),
  );
  const firsts = numbers.filter((i) => !names.has(i));
  const pool = new UnpackPool();
  const found = new Map<BytePath, Uint8Array>();
  try {
    const whenLost = 'Without `--patch`, the paths that differ can be told.';
    const contents = new Contents({ series, snapshots, wanted, pool, signal, note, whenLost });
    for await (const { i, content } of contents.read(firsts)) {
      found.set(entries.path(i), content instanceof Uint8Array ? Buffer.from(content) : await whole(content));
    }
  } finally {
    await pool.close();
  }
  for (const i of numbers) {
    const first = names.get(i);
    const content = first === undefined ? undefined : found.get(entries.path(first));
    if (content !== undefined) found.set(entries.path(i), content);
  }
  return found;
}

async function whole(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(Buffer.from(piece));
  return Buffer.concat(all);
}

async function readSource(
  source: string,
  paths: ReadonlySet<BytePath>,
  signal: AbortSignal,
): Promise<ReadonlyMap<BytePath, Uint8Array>> {
  const found = new Map<BytePath, Uint8Array>();
  for (const path of paths) {
    signal.throwIfAborted();
    const bytes = await readPlain(systemPath(source, path)).catch(() => undefined);
    if (bytes !== undefined) found.set(path, bytes);
  }
  return found;
}

/** What has become a link or a FIFO meanwhile is not read. */
async function readPlain(path: string | Buffer): Promise<Uint8Array> {
  // Neither is there on Windows.
  const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants as Partial<typeof constants>;
  const file = await open(path, constants.O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile()) throw new Error('no file any more');
    return await file.readFile();
  } finally {
    await file.close();
  }
}
