// Archives of a snapshot to repair that are not where they should be.
import { inFolder } from '../../series/commit.ts';
import type { IndexEntry } from '../../series/index/index-line.ts';
import type { ArchiveInfo } from '../../series/info.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import { display } from '../../tree/path.ts';
import { placeOf, type WholeArchive } from './repair-archives.ts';
import { baseOf, type Facts } from './repair-facts.ts';
import type { Files } from '../verify/verify-survey.ts';

export interface Found {
  /** Those that are there, in the order in which they are extracted. */
  readonly there: readonly string[];
  /** Those that are nowhere, and of which others, or info.json, tell all that there is to tell. */
  readonly known: readonly WholeArchive[];
  /** The names of those of which nobody does. */
  readonly lost: readonly string[];
}

/**
 * Looks for each archive that `facts` name, and for those that index lines speak of where nothing names them: in the
 * folder first, then in those of `others`, which share it.
 */
export async function findArchives(
  series: Series,
  files: Files,
  snapshot: string,
  facts: Facts,
  others: readonly Snapshot[],
): Promise<Found> {
  const there: string[] = [];
  const known: WholeArchive[] = [];
  const lost: string[] = [];
  for (const file of [...facts.archives, ...spokenOf(facts, others)]) {
    const place = (await isThere(series, files, snapshot, file))
      ? file
      : await findElsewhere(series, files, snapshot, file, others);
    const said = place === undefined ? tellOf(file, facts, others) : undefined;
    if (place !== undefined) there.push(place);
    else if (said !== undefined && facts.lines !== undefined) {
      known.push({ file, bytes: said.bytes, sha256: said.sha256, members: [], number: said.number });
    } else lost.push(file);
  }
  return { there, known, lost };
}

/** Archives that lines speak of by numbers which others have names for; none where all names are known anyway. */
function spokenOf({ lines, dead, archives, isListed }: Facts, others: readonly Snapshot[]): string[] {
  if (isListed || lines === undefined) return [];
  const ats = [...lines.items, ...(dead?.members ?? [])].flatMap(({ at }) =>
    at === undefined ? [] : [at[0]],
  );
  const numbers = new Set(ats);
  const names = new Set(archives.map(baseOf));
  const found = new Set<string>();
  for (const { info } of others) {
    for (const { number, file } of info.archives) {
      if (numbers.has(number) && !names.has(baseOf(file))) found.add(baseOf(file));
    }
  }
  return [...found];
}

async function isThere(series: Series, files: Files, snapshot: string, file: string): Promise<boolean> {
  return (await files.find(series.keyOf(snapshot, { file: placeOf(file) }))) !== undefined;
}

/** Makes an archive that another snapshot has one of this one too. */
async function findElsewhere(
  series: Series,
  files: Files,
  snapshot: string,
  file: string,
  others: readonly Snapshot[],
): Promise<string | undefined> {
  for (const { name, info } of others) {
    const archive = info.archives.find((one) => baseOf(one.file) === baseOf(file));
    if (archive === undefined || (await files.find(series.keyOf(name, archive))) === undefined) continue;
    return inFolder((await series.share(name, archive, snapshot)).file);
  }
  return undefined;
}

function tellOf(file: string, { info }: Facts, others: readonly Snapshot[]): ArchiveInfo | undefined {
  const said = [...(info?.archives ?? []), ...others.flatMap((other) => other.info.archives)];
  return said.find((archive) => baseOf(archive.file) === baseOf(file));
}

/** Splits entries by whether the archive with their content is one of `numbers`. */
export function withoutLost(
  items: readonly IndexEntry[],
  numbers: ReadonlySet<number>,
): { readonly items: readonly IndexEntry[]; readonly lost: readonly string[] } {
  const isLost = ({ at }: IndexEntry): boolean => at !== undefined && !numbers.has(at[0]);
  return {
    items: items.filter((item) => !isLost(item)),
    lost: items.filter(isLost).map(({ entry }) => display(entry.path)),
  };
}
