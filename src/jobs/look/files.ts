import type { IndexEntry } from '../../series/index/index-line.ts';
import { archivePlaces, findLostContents, type LostContents } from '../../series/damage/lost-contents.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import { Globs } from '../../tree/globs.ts';
import type { BytePath } from '../../tree/path.ts';
import { chooseSnapshot } from '../address.ts';

/** How much was found. */
export interface FoundCount {
  files: number;
  folders: number;
  links: number;
  /** Of all files, each file with several names once. */
  bytes: number;
}

/** What a snapshot holds, one entry at a time: there may be millions. */
export interface FoundFiles {
  readonly snapshot: Snapshot;
  /** In path order; the source's root itself is none of them. Throws E_DAMAGED where the index is. */
  readonly entries: Iterable<IndexEntry>;
  /** Of those entries that were asked for by now. */
  readonly count: FoundCount;
  /** Which of them cannot be restored. */
  readonly lost: LostContents;
}

/**
 * The entries of a snapshot that match any of `globs`; all of them without any.
 *
 * @param when - See {@link chooseSnapshot}.
 */
export async function findFiles(
  series: Series,
  globs: readonly string[],
  when: string | undefined,
): Promise<FoundFiles> {
  const survey = await series.survey();
  const snapshot = chooseSnapshot(survey, when);
  const lost = await findLostContents(series, survey.snapshots, new Set(archivePlaces(snapshot)));
  const lines = await series.entryLines(snapshot);
  const matcher = new Globs(globs);
  const count = { files: 0, folders: 0, links: 0, bytes: 0 };
  const shared = new Set<BytePath>();
  const add = ({ entry: { type, size, hardlink } }: IndexEntry): void => {
    if (type === 'folder') count.folders++;
    else if (type === 'link') count.links++;
    else {
      count.files++;
      const isCounted = hardlink !== undefined && (shared.has(hardlink) || matcher.matches(hardlink, false));
      if (hardlink !== undefined) shared.add(hardlink);
      if (!isCounted) count.bytes += size;
    }
  };
  const entries = function* (): Generator<IndexEntry> {
    for (; lines.path !== undefined; lines.skip()) {
      const { path } = lines;
      if (path === '' || !matcher.mayMatch(path)) continue;
      const item = lines.parse();
      if (!matcher.matches(path, item.entry.type === 'folder')) continue;
      add(item);
      yield item;
    }
  };
  return { snapshot, entries: entries(), count, lost };
}
