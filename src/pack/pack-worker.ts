// A thread of the pool: reads, hashes and compresses what it is told to, one task after the other.
import { parentPort } from 'node:worker_threads';
import { constants, deflateRawSync } from 'node:zlib';
import { HashLookup } from '../archive/contents.ts';
import { concatInto, loadCompressor } from '../archive/zstd.ts';
import { files } from '../file-calls.ts';
import { type Blake3, loadBlake3 } from '../hash/blake3.ts';
import type { Entry } from '../tree/entry.ts';
import { PIECE_BYTES } from './batches.ts';
import { memberOf } from './member-of.ts';
import { readInto, type ReadOutcome, readStable } from './read-file.ts';
import { type SegmentBuilder, TarSegment, ZipSegment } from './segment.ts';
import type {
  CompressResult,
  CompressTask,
  Exception,
  Format,
  HashTask,
  PackResult,
  PackTask,
  Reads,
  Results,
  Task,
} from './tasks.ts';

/** A file that grew past this since the scan is read by the main thread, in pieces. */
const OUTGROWN_BYTES = 2 * PIECE_BYTES;

const HASH_BYTES = 32;

class Outgrown extends Error {}

const builders = new Map<Format, SegmentBuilder>();
const hashRoom = Buffer.allocUnsafeSlow(1024 * 1024);

async function builderFor(format: Format): Promise<SegmentBuilder> {
  const capacity = PIECE_BYTES + 1024 * 1024;
  const builder =
    builders.get(format) ??
    (format === 'zip' ? new ZipSegment(capacity) : new TarSegment(await loadCompressor(), capacity));
  builders.set(format, builder);
  return builder;
}

async function pack(task: PackTask, blake3: Blake3): Promise<PackResult> {
  const builder = await builderFor(task.format);
  const { length } = task.entries;
  const hashes = new Uint8Array(length * HASH_BYTES);
  const offsets = new Uint32Array(length);
  const lengths = new Uint32Array(length);
  const skips = new Uint32Array(length);
  const exceptions: Exception[] = [];
  const known = task.known === undefined ? undefined : new HashLookup(task.known);
  let members = 0;
  task.entries.forEach((entry, n) => {
    const member = memberOf(entry, task.format);
    if (member.type !== 'file') {
      builder.add(member);
      members++;
      return;
    }
    const read = readMember(task.root, entry, (size) => builder.room({ ...member, size }));
    if (read.exception !== undefined) exceptions.push({ n, outcome: read.exception });
    if (read.content === undefined) return;
    const hash = blake3.hash(read.content);
    hashes.set(hash, n * HASH_BYTES);
    // Empty files are written all the same: a header costs less than a copy made when restoring. So is what
    // changed each time it was read, as its place is marked.
    const isShared = read.content.length > 0 && read.exception?.kind !== 'changed';
    if (isShared && known?.has(hash) === true) {
      exceptions.push({ n, outcome: { kind: 'known' } });
      return;
    }
    const spot = builder.addFile({ ...member, size: read.content.length, mtimeNs: read.mtimeNs });
    offsets[n] = spot.offset;
    lengths[n] = spot.length ?? 0;
    skips[n] = spot.skip;
    members++;
  });
  const { bytes, contentBytes, directory } = builder.finish(new Uint8Array(task.out));
  if (task.format === 'tar.zst') lengths.fill(bytes.length);
  return { hashes, exceptions, bytes, contentBytes, offsets, lengths, skips, directory, members };
}

interface ReadMember {
  readonly content: Buffer | undefined;
  readonly mtimeNs: bigint;
  readonly exception: Exception['outcome'] | undefined;
}

function readMember(root: string, entry: Entry, room: (sizeBytes: number) => Buffer): ReadMember {
  let content: Buffer = Buffer.alloc(0);
  try {
    const outcome = readStable(root, entry, (fd, sizeBytes) => {
      if (sizeBytes > OUTGROWN_BYTES) throw new Outgrown();
      const space = room(sizeBytes);
      content = space.subarray(0, readInto(fd, space));
      return content.length;
    });
    if (outcome.kind !== 'read') return { content: undefined, mtimeNs: 0n, exception: outcome };
    return { content, mtimeNs: outcome.seen.mtimeNs, exception: unlessAsScanned(entry, outcome) };
  } catch (error) {
    if (error instanceof Outgrown)
      return { content: undefined, mtimeNs: 0n, exception: { kind: 'outgrown' } };
    throw error;
  }
}

/** What to say of a file that was read, when it is not what the scan saw. */
function unlessAsScanned(
  entry: Entry,
  { seen, changed }: Extract<ReadOutcome, { kind: 'read' }>,
): Exception['outcome'] | undefined {
  if (changed) return { kind: 'changed', seen };
  const isAsScanned =
    seen.ctimeNs === entry.ctimeNs && seen.size === entry.size && seen.mtimeNs === entry.mtimeNs;
  return isAsScanned ? undefined : { kind: 'reread', seen };
}

async function hashFiles(task: HashTask, blake3: Blake3): Promise<Reads> {
  const hashes = new Uint8Array(task.entries.length * HASH_BYTES);
  const exceptions: Exception[] = [];
  const hasher = await blake3.create();
  task.entries.forEach((entry, n) => {
    const outcome = readStable(task.root, entry, (fd, sizeBytes) => {
      hasher.reset();
      let done = 0;
      while (done < sizeBytes) {
        const bytes = files.readSync(fd, hashRoom, 0, Math.min(hashRoom.length, sizeBytes - done), done);
        if (bytes === 0) break;
        hasher.update(hashRoom.subarray(0, bytes));
        done += bytes;
      }
      return done;
    });
    const isRead = outcome.kind === 'read';
    if (isRead) hashes.set(hasher.digest(), n * HASH_BYTES);
    const exception = isRead ? unlessAsScanned(entry, outcome) : outcome;
    if (exception !== undefined) exceptions.push({ n, outcome: exception });
  });
  return { hashes, exceptions };
}

async function compress(task: CompressTask): Promise<CompressResult> {
  const content = new Uint8Array(task.piece, 0, task.bytes);
  const out = new Uint8Array(task.out);
  if (task.format === 'tar.zst') return { bytes: (await loadedCompressor).compress(content, out) };
  const finishFlush = task.last ? constants.Z_FINISH : constants.Z_FULL_FLUSH;
  return { bytes: concatInto(out, [deflateRawSync(content, { finishFlush, level: task.level })]) };
}

const loadedBlake3 = loadBlake3();
const loadedCompressor = loadCompressor();
// Where zstd is missing, the row that needs it says so; a zip needs none.
loadedCompressor.catch(() => {});

async function work(task: Task): Promise<Results[Task['kind']]> {
  const blake3 = await loadedBlake3;
  switch (task.kind) {
    case 'pack':
      return await pack(task, blake3);
    case 'hash':
      return await hashFiles(task, blake3);
    case 'compress':
      return await compress(task);
  }
}

parentPort?.on('message', (task: Task) => {
  void work(task).then(
    (result) => parentPort?.postMessage({ result }),
    (error: unknown) => parentPort?.postMessage({ error }),
  );
});
