// A thread of the pool: reads, hashes and compresses what it is told to, one task after the other.
import type { ArchiveFormat } from '../base/archive-format.ts';
import { parentPort } from 'node:worker_threads';
import { constants, deflateRawSync } from 'node:zlib';
import { uncut } from '../base/uncut.ts';
import { HashLookup } from '../format/contents.ts';
import { concatInto } from '../format/zstd/codec.ts';
import { loadCompressor } from '../format/zstd/zstd.ts';
import { type Blake3, loadBlake3 } from '../hash/blake3.ts';
import type { FoundAttributes } from '../base/attribute-calls.ts';
import type { Entry } from '../tree/entry.ts';
import { systemPath } from '../tree/path.ts';
import { PIECE_BYTES } from './batches.ts';
import { hashStretches, hashWhole } from './hash-content.ts';
import { memberOf } from './member-of.ts';
import { attributesOf, AttributesOfTask, type ReadAttributes } from './read-attributes.ts';
import { stretchesOf } from './stretches.ts';
import { readInto, type ReadOutcome, readStable } from './read-file.ts';
import { type SegmentBuilder, TarSegment, ZipSegment } from './segment.ts';
import type {
  AttributesTask,
  CompressResult,
  CompressTask,
  Exception,
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

/** What is read at first where nothing was expected: /proc gives a page at a time. */
const LITTLE_BYTES = 64 * 1024;

class Outgrown extends Error {}

const builders = new Map<ArchiveFormat, SegmentBuilder>();

async function builderFor(format: ArchiveFormat): Promise<SegmentBuilder> {
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
  const attributes = new AttributesOfTask();
  const known = task.known === undefined ? undefined : new HashLookup(task.known);
  let members = 0;
  task.entries.forEach((entry, n) => {
    const member = memberOf(entry, task.format);
    if (member.type !== 'file') {
      builder.add(member);
      members++;
      return;
    }
    const read = readMember(task.root, entry, blake3, (size) => builder.room({ ...member, size }));
    if (read.exception !== undefined) exceptions.push({ n, outcome: read.exception });
    if (read.content === undefined) return;
    const found = attributes.add(n, read.attributes);
    const hash = blake3.hash(read.content);
    hashes.set(hash, n * HASH_BYTES);
    // Empty files are written all the same: a header costs less than a copy made when restoring. So is what
    // changed each time it was read, as its place is marked.
    const isShared = read.content.length > 0 && read.exception?.kind !== 'changed';
    if (isShared && known?.has(hash) === true) {
      exceptions.push({ n, outcome: { kind: 'known' } });
      return;
    }
    const { mtimeNs } = read;
    const place = builder.addFile({ ...member, size: read.content.length, mtimeNs, attributes: found });
    offsets[n] = place.offset;
    lengths[n] = place.length ?? 0;
    skips[n] = place.skip;
    members++;
  });
  const { bytes, contentBytes, directory } = builder.finish(new Uint8Array(task.out));
  if (task.format === 'tar.zst') lengths.fill(bytes.length);
  const sizes = { bytes, contentBytes, offsets, lengths, skips };
  return { hashes, exceptions, attributes: attributes.result(), ...sizes, directory, members };
}

interface ReadMember {
  readonly content: Buffer | undefined;
  readonly mtimeNs: bigint;
  readonly attributes: FoundAttributes | undefined;
  readonly exception: Exception['outcome'] | undefined;
}

const UNREAD = { content: undefined, mtimeNs: 0n, attributes: undefined } as const;

function readMember(
  root: string,
  entry: Entry,
  blake3: Blake3,
  room: (sizeBytes: number) => Buffer,
): ReadMember {
  let content: Buffer = Buffer.alloc(0);
  try {
    const outcome = readStable(root, entry, (fd, sizeBytes) => {
      for (let expected = sizeBytes; ; expected = expected * 4 + LITTLE_BYTES) {
        if (expected > OUTGROWN_BYTES) throw new Outgrown();
        const space = room(expected + 1);
        content = space.subarray(0, readInto(fd, space, sizeBytes));
        // There may be more than there is room for: the size in a listing is not always so.
        if (content.length <= expected)
          return { bytes: content.length, hash: () => Buffer.from(blake3.hash(content)).toString('hex') };
      }
    });
    if (outcome.kind !== 'read') return { ...UNREAD, exception: outcome };
    const { seen, attributes } = outcome;
    return { content, mtimeNs: seen.mtimeNs, attributes, exception: unlessAsScanned(entry, outcome) };
  } catch (error) {
    if (error instanceof Outgrown) return { ...UNREAD, exception: { kind: 'outgrown' } };
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
  const attributes = new AttributesOfTask();
  const hasher = await blake3.create();
  let digest: Uint8Array = new Uint8Array(0);
  task.entries.forEach((entry, n) => {
    const outcome = readStable(task.root, entry, (fd, sizeBytes) => {
      hasher.reset();
      const stretches = entry.allocated === undefined ? undefined : stretchesOf(fd, sizeBytes);
      const done =
        stretches === undefined
          ? hashWhole(fd, sizeBytes, hasher)
          : hashStretches(fd, sizeBytes, stretches, hasher);
      digest = hasher.digest();
      return { bytes: done, hash: () => Buffer.from(digest).toString('hex') };
    });
    const isRead = outcome.kind === 'read';
    if (isRead) hashes.set(digest, n * HASH_BYTES);
    if (isRead) attributes.add(n, outcome.attributes);
    const exception = isRead ? unlessAsScanned(entry, outcome) : outcome;
    if (exception !== undefined) exceptions.push({ n, outcome: exception });
  });
  return { hashes, exceptions, attributes: attributes.result() };
}

function readAttributes({ root, paths }: AttributesTask): ReadAttributes | undefined {
  const attributes = new AttributesOfTask();
  for (const [n, path] of paths.entries()) attributes.add(n, attributesOf(systemPath(root, path)));
  return attributes.result();
}

async function compress(task: CompressTask): Promise<CompressResult> {
  const content = new Uint8Array(task.piece, 0, task.bytes);
  const out = new Uint8Array(task.out);
  if (task.format === 'tar.zst') return { bytes: (await loadedCompressor).compress(content, out) };
  const finishFlush = task.last ? constants.Z_FINISH : constants.Z_FULL_FLUSH;
  const deflated = uncut(() => deflateRawSync(content, { finishFlush, level: task.level }));
  return { bytes: concatInto(out, [deflated]) };
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
    case 'attributes':
      return readAttributes(task);
  }
}

parentPort?.on('message', (task: Task) => {
  void work(task).then(
    (result) => parentPort?.postMessage({ result }),
    (error: unknown) => parentPort?.postMessage({ error }),
  );
});
