// Reads an archive, or the parts of it that fall to this thread.
import type { ArchivePart, ArchiveSource, ContentHasher, FoundMember } from '../format/found-member.ts';
import { Damage } from '../format/damage.ts';
import { HashingSource } from '../format/hashing-source.ts';
import { readArchive } from '../format/read-archive.ts';
import { readTar } from '../format/tar/read-tar.ts';
import { partsOf } from './archive-parts.ts';
import { PieceList, type SharedPieces } from './piece-list.ts';
import { attempt } from './read-pieces.ts';
import type { ArchiveFile, FoundPart, ReadResult } from './tasks.ts';

/**
 * More files are not remembered: an archive may be made up, and a few bytes of it claim millions. Then those that it should
 * hold are looked for one by one.
 */
const MOST_FOUND = 2 ** 21;

/** Past every part. */
const END = 2 ** 30;

/** Reads all of an archive, to its end or to what is broken. @param most - See {@link MOST_FOUND}. */
export async function readAll(
  { format, where }: ArchiveFile,
  source: ArchiveSource,
  hasher: ContentHasher,
  most: number = MOST_FOUND,
): Promise<ReadResult> {
  const hashing = new HashingSource(source);
  let pieces = new PieceList();
  let count = 0;
  const { signal } = new AbortController();
  const broken = await attempt(async () => {
    for await (const member of readArchive(format, hashing, where, hasher, signal)) {
      if (member.hash === undefined) continue;
      count++;
      if (count <= most) add(pieces, member);
      else if (count === most + 1) pieces = new PieceList();
    }
  });
  let sha256: string | undefined;
  const unreadable = await attempt(async () => {
    sha256 = await hashing.finish();
  });
  const parts = count > most ? undefined : [{ n: 0, pieces: pieces.share() }];
  return { parts, count, sha256, broken, unreadable };
}

/** What the threads that read an archive together need. */
export interface Sharing {
  /** The same file as `source`, for its SHA-256. */
  readonly sum: ArchiveSource;
  /**
   * The same memory in all of them, at first 0: what is taken next. 0 is the SHA-256, or all of an archive that is not
   * cut; the parts follow.
   */
  readonly next: Int32Array;
  /** As for {@link partsOf}. */
  readonly partBytes?: number;
}

/**
 * Reads what no other thread takes of a tar.zst.
 *
 * @returns Undefined when something is not as it should be: what that is, {@link readAll} tells.
 */
export async function readShare(
  archive: ArchiveFile,
  source: ArchiveSource,
  hasher: ContentHasher,
  { sum, next, partBytes }: Sharing,
): Promise<ReadResult | undefined> {
  let all: ReadResult | undefined;
  let sha256: string | undefined;
  const found: FoundPart[] = [];
  let count = 0;
  const trouble = await attempt(async () => {
    const parts = await partsOf(source, partBytes);
    const last = parts.length > 1 ? parts.length : 0;
    for (let n = Atomics.add(next, 0, 1); n <= last; n = Atomics.add(next, 0, 1)) {
      const part = parts[n - 1];
      if (last === 0) all = await readAll(archive, source, hasher);
      else if (part === undefined) sha256 = await new HashingSource(sum).finish();
      else {
        const pieces = await readPart(source, part, hasher, MOST_FOUND - count);
        found.push({ n, pieces });
        count += pieces.length;
      }
    }
  });
  if (trouble === undefined) return all ?? { parts: found, count, sha256 };
  // Nobody needs the rest.
  Atomics.store(next, 0, END);
  return undefined;
}

async function readPart(
  source: ArchiveSource,
  part: ArchivePart,
  hasher: ContentHasher,
  most: number,
): Promise<SharedPieces> {
  const pieces = new PieceList();
  const { signal } = new AbortController();
  for await (const member of readTar({ source, part, hasher, signal })) {
    add(pieces, member);
    if (pieces.length > most) throw new Damage('there are more files in it than are remembered');
  }
  return pieces.share();
}

function add(pieces: PieceList, { member: { size }, place, hash }: FoundMember): void {
  if (hash !== undefined) pieces.add({ ...place, size, hash });
}
