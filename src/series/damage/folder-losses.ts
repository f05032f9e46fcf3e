// How much of each folder is lost: what the guard against mass change looks at. Pure.
import { type BytePath, comparePaths, parentOf } from '../../tree/path.ts';

/** A folder of an older snapshot, and what has become of the files in it and below. */
export interface FolderLoss {
  /** The empty path: all of them. */
  readonly path: BytePath;
  readonly files: number;
  readonly bytes: number;
  /** Files that are gone or modified, and whose content is nowhere in the tree any more. */
  readonly lost: number;
  /** The first few of these. */
  readonly examples: readonly BytePath[];
}

/** A file of an older snapshot. */
export interface OlderFile {
  readonly path: BytePath;
  readonly size: number;
}

/** So many lost files are no matter, wherever they were. */
const FEW = 100;
/** A folder is of weight that had one in so many of all files, or of all bytes. */
const WEIGHT = 20;
const EXAMPLES = 3;

/**
 * Folders that programs fill and make anew: a package manager, a compiler, a cache. What happens in them says nothing, and
 * they count for nothing.
 */
const MADE_BY_PROGRAMS: ReadonlySet<string> = new Set(
  (
    'node_modules .git .svn .hg .venv venv __pycache__ .tox .gradle .next ' +
    'target build dist tmp .cache cache Cache Caches .Trash Trash'
  ).split(' '),
);

/** Counts of one folder while its files come by. */
interface Counting {
  readonly path: BytePath;
  files: number;
  bytes: number;
  lost: number;
  readonly examples: BytePath[];
}

/**
 * The folders with more lost files than a few, each before what it holds, the whole first.
 *
 * @param before - In path order.
 * @param isLost - Whether a file is gone or modified, and its content is nowhere any more.
 */
export function lossesOf<T extends OlderFile>(
  before: Iterable<T>,
  isLost: (file: T) => boolean,
): { readonly whole: FolderLoss; readonly folders: readonly FolderLoss[] } {
  const whole = counting('' as BytePath);
  const open: Counting[] = [whole];
  const found: FolderLoss[] = [];
  const close = (): void => {
    const folder = open.pop();
    const parent = open.at(-1);
    if (folder === undefined || parent === undefined) return;
    parent.files += folder.files;
    parent.bytes += folder.bytes;
    parent.lost += folder.lost;
    parent.examples.push(...folder.examples.slice(0, EXAMPLES - parent.examples.length));
    if (folder.lost > FEW) found.push(folder);
  };
  for (const file of before) {
    const parent = parentOf(file.path);
    if (isMade(parent)) continue;
    while (open.length > 1 && !isBelow(parent, open.at(-1)?.path ?? '')) close();
    for (const path of foldersBetween(open.at(-1)?.path ?? ('' as BytePath), parent))
      open.push(counting(path));
    const folder = open.at(-1) ?? whole;
    folder.files++;
    folder.bytes += file.size;
    if (!isLost(file)) continue;
    folder.lost++;
    if (folder.examples.length < EXAMPLES) folder.examples.push(file.path);
  }
  while (open.length > 1) close();
  return { whole, folders: found.toSorted((a, b) => comparePaths(a.path, b.path)) };
}

/**
 * Those that a guard stops for: more than a hundred files lost, which are more than half of a folder that had a twentieth
 * of all files or bytes. Of folders within each other, the outermost.
 */
export function gravest({ whole, folders }: ReturnType<typeof lossesOf>): readonly FolderLoss[] {
  const isGrave = ({ files, bytes, lost }: FolderLoss): boolean =>
    lost > FEW &&
    lost * 2 > files &&
    (files * WEIGHT >= whole.files || (whole.bytes > 0 && bytes * WEIGHT >= whole.bytes));
  if (isGrave(whole)) return [whole];
  const grave: FolderLoss[] = [];
  for (const folder of folders.filter(isGrave)) {
    if (!grave.some(({ path }) => isBelow(folder.path, path))) grave.push(folder);
  }
  return grave;
}

/**
 * Whether {@link gravest} may find any, by less than all files of the older snapshot: a folder of whose files more are kept than may be
 * lost is none.
 *
 * @param maybeLost - Every path at which a file of it may be lost, each once; others may be among them.
 * @param kept - Files of it that are not lost, each once; those of one folder best one after the other.
 */
export function canBeGrave(maybeLost: Iterable<BytePath>, kept: Iterable<BytePath>): boolean {
  const lost = new Map<BytePath, number>();
  for (const path of maybeLost) {
    for (const folder of countingFolders(path)) lost.set(folder, (lost.get(folder) ?? 0) + 1);
  }
  for (const [folder, count] of lost) if (count <= FEW) lost.delete(folder);
  if (lost.size === 0) return false;
  let parent: BytePath | undefined;
  let folders: readonly BytePath[] = [];
  for (const path of kept) {
    if (parentOf(path) !== parent) {
      parent = parentOf(path);
      folders = countingFolders(path).filter((folder) => lost.has(folder));
    }
    for (const folder of folders) lost.set(folder, (lost.get(folder) ?? 0) - 1);
  }
  return [...lost.values()].some((left) => left > 0);
}

/** The folders that a file counts in, from the root on; none when it counts for nothing. */
function countingFolders(path: BytePath): readonly BytePath[] {
  const parent = parentOf(path);
  const root = '' as BytePath;
  return isMade(parent) ? [] : [root, ...foldersBetween(root, parent)];
}

function counting(path: BytePath): Counting {
  return { path, files: 0, bytes: 0, lost: 0, examples: [] };
}

function isMade(folder: BytePath): boolean {
  return folder.split('/').some((name) => MADE_BY_PROGRAMS.has(name));
}

function isBelow(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}

/** The folders below `from` on the way to `to`, which is the last of them. */
function foldersBetween(from: BytePath, to: BytePath): readonly BytePath[] {
  const folders: BytePath[] = [];
  for (let at = to; at !== from && at !== ''; at = parentOf(at)) folders.unshift(at);
  return folders;
}
