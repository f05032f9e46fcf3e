import type { ArchiveFormat } from '../../base/archive-format.ts';
import { loadBlake3 } from '../../hash/blake3.ts';
import type { IndexEntry } from '../../series/index/index-line.ts';
import { type ArchiveInfo, folderKey, type Info, VERSION } from '../../series/info.ts';
import { snapshotTime } from '../../series/names.ts';
import type { Series } from '../../series/series.ts';
import { type HashedEntry, treeHash } from '../../tree/tree-hash.ts';
import { placeOf, type WholeArchive } from './repair-archives.ts';
import type { Facts } from './repair-facts.ts';
import { TOOL } from '../tool.ts';

interface Parts {
  readonly facts: Facts;
  readonly archives: readonly WholeArchive[];
  readonly numbers: ReadonlyMap<string, number>;
  readonly items: readonly IndexEntry[];
  /** Paths of files whose archives are gone. */
  readonly lost: readonly string[];
  /** Added to. */
  readonly notes: string[];
}

/** info.json: what can be counted is counted anew; the rest is as it was said, or neutral. */
export async function rebuildInfo(
  series: Series,
  snapshot: string,
  { facts, archives, numbers, items, lost, notes }: Parts,
): Promise<Omit<Info, 'index' | 'changes' | 'dead'>> {
  const { info, isInfoProven } = facts;
  const hash = await hashOf(items);
  if (info === undefined) {
    notes.push(
      'info.json is rebuilt: source, destination, host, what changed and what was skipped are not known',
    );
  } else {
    if (hash.tree !== info.hash.tree) {
      notes.push('the tree is not what it was: its hash is another one than info.json had');
    }
    if (!isInfoProven) {
      notes.push(
        'what info.json says of source, destination, host and times is kept as it stands, and not proven',
      );
    }
  }
  const started = (snapshotTime(snapshot) ?? new Date(0)).toISOString();
  const unknown = {
    tool: TOOL,
    name: series.name,
    host: '',
    source: '',
    destination: '',
    time: { started, finished: started },
    strategy: 'incremental',
    change: { added: 0, modified: 0, removed: 0 },
    previous: null,
    skipped: [],
  } as const;
  const said = info === undefined ? unknown : withoutFiles(info);
  const { counts, bytes, uses } = countItems(items);
  return {
    ...said,
    version: info?.version ?? VERSION,
    format: info?.format ?? newestFormat(archives),
    hash,
    count: counts,
    bytes,
    archives: archives.map((archive): ArchiveInfo => {
      const number = numbers.get(archive.file) ?? -1;
      const { file, bytes: size, sha256 } = archive;
      const use = uses.get(number) ?? { entries: 0, liveBytes: 0 };
      return { number, file: placeOf(file), bytes: size, sha256, ...use };
    }),
    skipped: [...said.skipped, ...lost.map((path) => ({ path, reason: 'its archive is lost' }))],
  };
}

/** All that it says of itself, and not of the files beside it. */
function withoutFiles(info: Info): Omit<Info, 'index' | 'changes' | 'dead'> {
  const { index: _index, changes: _changes, dead: _dead, ...said } = info;
  return said;
}

/** That of the newest archive: a file that could not be read since may lie in one of another format. */
function newestFormat(archives: readonly WholeArchive[]): ArchiveFormat {
  return archives.at(-1)?.file.endsWith('.zip') === true ? 'zip' : 'tar.zst';
}

/** The hashes of a tree, and of its top-level folders. */
export async function hashOf(items: readonly IndexEntry[]): Promise<Info['hash']> {
  const blake3 = await loadBlake3();
  const hashed = items.map(({ entry, hash }): HashedEntry => {
    return { entry, hash: hash === undefined ? undefined : Buffer.from(hash).toString('hex') };
  });
  const { tree, folders } = treeHash(hashed, (bytes) => Buffer.from(blake3.hash(bytes)).toString('hex'));
  const keys = [...folders].map(([path, value]) => [folderKey(path), value] as const);
  return { algorithm: 'blake3', tree, folders: Object.fromEntries(keys) };
}

interface Use {
  entries: number;
  liveBytes: number;
}

function countItems(items: readonly IndexEntry[]): {
  counts: Info['count'];
  bytes: number;
  uses: ReadonlyMap<number, Use>;
} {
  const counts = { files: 0, folders: 0, links: 0 };
  const uses = new Map<number, Use>();
  const seen = new Set<string>();
  let bytes = 0;
  for (const { entry, at } of items) {
    if (entry.path === '') continue;
    counts[`${entry.type}s`]++;
    if (entry.type === 'file' && entry.hardlink === undefined) bytes += entry.size;
    if (at === undefined) continue;
    const place = `${at[0]} ${at[1]} ${at[3]}`;
    if (seen.has(place)) continue;
    seen.add(place);
    const use = uses.get(at[0]) ?? { entries: 0, liveBytes: 0 };
    uses.set(at[0], use);
    use.entries++;
    use.liveBytes += entry.size;
  }
  return { counts, bytes, uses };
}
