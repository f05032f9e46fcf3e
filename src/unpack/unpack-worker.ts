// A thread of the pool: decompresses, verifies and writes what it is told to, one task after the other.
import { parentPort } from 'node:worker_threads';
import { type Decompressor, loadDecompressor } from '../archive/zstd.ts';
import { reasonOf, SnapshotError, systemCode } from '../errors.ts';
import { type Blake3, type Hasher, loadBlake3 } from '../hash/blake3.ts';
import { Target, Unsafe } from './contained.ts';
import { frameContent, recordContent } from './content.ts';
import { Damaged } from './damage.ts';
import { doDeed } from './deeds.ts';
import { look } from './look.ts';
import type { DeedsTask, Failure, FilesTask, FrameTask, Piece, Results, Task } from './tasks.ts';
import { writeFile } from './write-file.ts';

const HASH_BYTES = 32;

/** A zip needs no zstd: a machine without one can still restore it. */
let zstd: Decompressor | undefined;
let hasher: Hasher | undefined;
const loaded = loadBlake3();

function files({ root, format, bytes, pieces, hashes }: FilesTask, blake3: Blake3): readonly Failure[] {
  const target = new Target(root);
  const failures: Failure[] = [];
  let n = 0;
  for (const piece of pieces) {
    let content: Buffer | undefined;
    let damage: unknown;
    try {
      content = contentOf(piece, format, bytes);
    } catch (error) {
      damage = error;
    }
    for (const order of piece.files) {
      try {
        if (content === undefined) throw damage;
        const own = content.subarray(order.skip, order.skip + order.size);
        const expected = hashes.subarray(n * HASH_BYTES, (n + 1) * HASH_BYTES);
        if (Buffer.compare(blake3.hash(own), expected) !== 0)
          throw new Damaged('its content is not what it was');
        writeFile(target, order, own);
      } catch (error) {
        failures.push(failureOf(n, error));
      }
      n++;
    }
  }
  return failures;
}

function contentOf(
  { offset, length, files: wanted }: Piece,
  format: FilesTask['format'],
  bytes: Uint8Array,
): Buffer {
  const needed = wanted.reduce((most, { skip, size }) => Math.max(most, size === 0 ? 0 : skip + size), 0);
  // Empty files: nothing was read for them.
  if (needed === 0) return Buffer.alloc(0);
  const own = Buffer.from(bytes.buffer, bytes.byteOffset + offset, length);
  if (format === 'zip') return recordContent(own, needed);
  zstd ??= loadDecompressor();
  return frameContent(own, needed, zstd);
}

function frame({ bytes, contentBytes }: FrameTask): Uint8Array | undefined {
  zstd ??= loadDecompressor();
  try {
    return zstd.decompress(bytes, contentBytes);
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
      doDeed(target, deed);
    } catch (error) {
      failures.push(failureOf(n, error));
    }
  }
  return failures;
}

/** @throws what is no failure of the file's but a bug. */
function failureOf(n: number, error: unknown): Failure {
  const code = systemCode(error);
  if (error instanceof Damaged) return { n, kind: 'damaged', reason: error.message, code };
  if (error instanceof Unsafe) return { n, kind: 'refused', reason: error.message, code };
  if (code === undefined || error instanceof SnapshotError) throw error;
  return { n, kind: 'failed', reason: reasonOf(error), code };
}

async function work(task: Task): Promise<Results[Task['kind']]> {
  const blake3 = await loaded;
  switch (task.kind) {
    case 'files':
      return files(task, blake3);
    case 'frame':
      return frame(task);
    case 'deeds':
      return deeds(task);
    case 'look':
      hasher ??= await blake3.create();
      return look(new Target(task.root), task.sought, hasher);
  }
}

parentPort?.on('message', (task: Task) => {
  void work(task).then(
    (result) => parentPort?.postMessage({ result }),
    (error: unknown) => parentPort?.postMessage({ error }),
  );
});
