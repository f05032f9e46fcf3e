// What a thread of the pool does: decompresses, verifies and writes what it is told to.
import type { ArchiveFormat } from '../base/archive-format.ts';
import type { Decompressor } from '../format/zstd/codec.ts';
import { loadDecompressor } from '../format/zstd/zstd.ts';
import { reasonOf, SnapshotError, systemCode } from '../base/errors.ts';
import { type Blake3, type Hasher, loadBlake3 } from '../hash/blake3.ts';
import { Target, Unsafe } from '../target/contained.ts';
import { frameContent, recordContent } from './content.ts';
import { Damaged } from './damage.ts';
import { doDeed } from './deeds.ts';
import { look } from './look.ts';
import type {
  ContentOrder,
  ContentsResult,
  ContentsTask,
  DeedsTask,
  Failure,
  FilesTask,
  FrameTask,
  PieceOf,
  Results,
  Task,
} from './tasks.ts';
import { writeFile } from '../target/write-file.ts';

const HASH_BYTES = 32;

/** Undefined until it is needed. */
let zstd: Decompressor | undefined;
let hasher: Hasher | undefined;
const loaded = loadBlake3();

async function loadedZstd(): Promise<Decompressor> {
  return (zstd ??= await loadDecompressor());
}

/** What decompresses archives of a format; undefined for a zip, which needs no zstd. */
async function zstdFor(format: ArchiveFormat): Promise<Decompressor | undefined> {
  return format === 'zip' ? undefined : await loadedZstd();
}

async function files(task: FilesTask, blake3: Blake3): Promise<readonly Failure[]> {
  const target = new Target(task.root);
  return each(task, await zstdFor(task.format), blake3, (order, content) =>
    writeFile(target, order, content),
  );
}

async function contents(task: ContentsTask, blake3: Blake3): Promise<ContentsResult> {
  const found = new Map<number, Uint8Array>();
  const failures = each(
    task,
    await zstdFor(task.format),
    blake3,
    (_, content, n) => void found.set(n, content),
  );
  return { contents: found, failures };
}

/**
 * Goes through the files of all pieces.
 *
 * @param take - Gets the content of each one that is right; what it returns was refused beside that.
 */
function each<F extends ContentOrder>(
  { bytes, pieces, hashes }: Pick<ContentsTask, 'bytes' | 'hashes'> & { pieces: readonly PieceOf<F>[] },
  decompressor: Decompressor | undefined,
  blake3: Blake3,
  take: (order: F, content: Uint8Array, n: number) => string | undefined,
): readonly Failure[] {
  const failures: Failure[] = [];
  let n = 0;
  for (const piece of pieces) {
    const contentOf = piece.length === 0 ? nothing : reader(piece, bytes, decompressor);
    for (const order of piece.files) {
      try {
        const content = contentOf(order);
        const expected = hashes.subarray(n * HASH_BYTES, (n + 1) * HASH_BYTES);
        if (Buffer.compare(blake3.hash(content), expected) !== 0)
          throw new Damaged('its content is not what it was');
        const refused = take(order, content, n);
        if (refused !== undefined) failures.push(attributes(n, refused));
      } catch (error) {
        failures.push(failureOf(n, error));
      }
      n++;
    }
  }
  return failures;
}

type ContentOf = (order: ContentOrder) => Uint8Array;

/** Gives the content of each file of a piece; what is wrong about one file leaves the others alone. */
function reader(
  { offset, length, files: wanted }: PieceOf<ContentOrder>,
  bytes: Uint8Array,
  decompressor: Decompressor | undefined,
): ContentOf {
  const own = Buffer.from(bytes.buffer, bytes.byteOffset + offset, length);
  if (decompressor === undefined) {
    return ({ skip, size }) => recordContent(own, size).subarray(skip, skip + size);
  }
  const needed = wanted.reduce((least, { skip, size }) => Math.min(least, skip + size), Infinity);
  let content: Buffer | undefined;
  let damage: Error | undefined;
  return ({ skip, size }) => {
    if (damage !== undefined) throw damage;
    try {
      content ??= frameContent(own, needed, decompressor);
    } catch (error) {
      damage = error instanceof Error ? error : new Error(String(error));
      throw damage;
    }
    return content.subarray(skip, skip + size);
  };
}

function nothing(): Uint8Array {
  return Buffer.alloc(0);
}

async function frame({ bytes, contentBytes }: FrameTask): Promise<Uint8Array | undefined> {
  const decompressor = await loadedZstd();
  try {
    return decompressor.decompress(bytes, contentBytes);
  } catch (error) {
    if (error instanceof SnapshotError && error.code === 'E_DAMAGED') return undefined;
    throw error;
  }
}

function deeds({ root, deeds: list }: DeedsTask): readonly Failure[] {
  const target = new Target(root);
  const failures: Failure[] = [];
  for (const [n, deed] of list.entries()) {
    try {
      const refused = doDeed(target, deed);
      if (refused !== undefined) failures.push(attributes(n, refused));
    } catch (error) {
      failures.push(failureOf(n, error));
    }
  }
  return failures;
}

function attributes(n: number, reason: string): Failure {
  return { n, kind: 'attributes', reason, code: undefined };
}

/** @throws what is no failure of the file's but a bug. */
function failureOf(n: number, error: unknown): Failure {
  const code = systemCode(error);
  if (error instanceof Damaged) return { n, kind: 'damaged', reason: error.message, code };
  if (error instanceof Unsafe) return { n, kind: 'refused', reason: error.message, code };
  if (code === undefined || error instanceof SnapshotError) throw error;
  return { n, kind: 'failed', reason: reasonOf(error), code };
}

/** Does one task. What cannot be done of it is in the answer; it rejects for bugs only. */
export async function doTask<T extends Task>(task: T): Promise<Results[T['kind']]>;
export async function doTask(task: Task): Promise<Results[Task['kind']]> {
  const blake3 = await loaded;
  switch (task.kind) {
    case 'files':
      return await files(task, blake3);
    case 'contents':
      return await contents(task, blake3);
    case 'frame':
      return await frame(task);
    case 'deeds':
      return deeds(task);
    case 'look':
      hasher ??= await blake3.create();
      return look(new Target(task.root), task, hasher);
  }
}
