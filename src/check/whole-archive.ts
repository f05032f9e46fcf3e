import type { ArchiveFormat } from '../base/archive-format.ts';
import type { ArchiveSource, FoundMember } from '../format/found-member.ts';
import { readArchive } from '../format/read-archive.ts';
import { loadBlake3 } from '../hash/blake3.ts';
import { HashingSource } from '../format/hashing-source.ts';

/**
 * All members of an archive, when every one of them is whole, and its SHA-256. It is read once.
 *
 * @param where - The file, for messages.
 * @throws {@link SnapshotError} `E_DAMAGED`
 */
export async function readWholeArchive(
  format: ArchiveFormat,
  archive: ArchiveSource,
  where: string,
  signal: AbortSignal,
): Promise<{ readonly members: readonly FoundMember[]; readonly sha256: string }> {
  const source = new HashingSource(archive);
  const hasher = await (await loadBlake3()).create();
  const members: FoundMember[] = [];
  for await (const found of readArchive(format, source, where, hasher, signal)) members.push(found);
  return { members, sha256: await source.finish() };
}
