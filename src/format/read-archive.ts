import type { ArchiveFormat } from '../base/archive-format.ts';
import { printable, SnapshotError } from '../base/errors.ts';
import { Damage } from './damage.ts';
import type { ArchiveSource, ContentHasher, FoundMember } from './found-member.ts';
import { readTar } from './tar/read-tar.ts';
import { readZip } from './zip/read-zip.ts';

export type { ArchiveSource, ContentHasher, FoundMember } from './found-member.ts';

/**
 * Reads all of an archive and yields its members, in the order they stand in it.
 *
 * Every byte that a checksum covers is checked: each zstd frame, each tar header, each CRC of a zip. A
 * damage may show only after members were yielded: none of them counts before the generator ends. In a zip,
 * nothing covers permission bits, owners and whether an entry is a link; they are as the archive says.
 *
 * Memory is bounded whatever the archive claims: by one frame of at most 64 MiB and its content, and by
 * 16 MiB for a record of a zip.
 *
 * @param where - Names the archive in messages.
 * @param hasher - Used for one file after the other.
 * @throws {@link SnapshotError} `E_DAMAGED` when the archive is not whole, not as `docs/format.md` says, or
 * holds a member whose path leads outside. What `source` throws and the reason of `signal` pass through.
 */
export async function* readArchive(
  format: ArchiveFormat,
  source: ArchiveSource,
  where: string,
  hasher: ContentHasher,
  signal: AbortSignal,
): AsyncGenerator<FoundMember> {
  try {
    yield* (format === 'zip' ? readZip : readTar)({ source, hasher, signal });
  } catch (error) {
    if (!(error instanceof Damage)) throw error;
    const message = printable(`"${where}" is damaged: ${error.message}`);
    throw new SnapshotError('E_DAMAGED', message, { cause: error.cause });
  }
}
