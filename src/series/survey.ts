// What there is in a series: snapshots, and dated folders that are none.
import { DamagedError, SnapshotError } from '../base/errors.ts';
import { ordered } from '../base/ordered.ts';
import { commandLine } from '../base/command-line.ts';
import { shellWord } from '../base/shell-word.ts';
import type { Placed } from './clocks.ts';
import { inOrder } from './order.ts';
import { REQUESTS_AT_ONCE, type Store, type StoreItem } from '../store/store.ts';
import {
  type FolderPast,
  type FolderState,
  isArchivesOnly,
  parseFolderPast,
  stateOf,
} from './folder-state.ts';
import { namesFor } from './former-names.ts';
import { type Info, parseInfo } from './info.ts';
import { INFO_FILE, isSeriesPart, snapshotTime, SUMS_FILE } from './names.ts';
import { parseSums } from './sums.ts';

/** Where a series lies, and how its files are called. */
export interface Home {
  readonly store: Store;
  readonly name: string;
  /** The key of `parts` below the series' folder. */
  key(...parts: readonly string[]): string;
  /** `parts` as a place, for people. */
  place(...parts: readonly string[]): string;
}

/** A whole snapshot of a series. */
export interface Snapshot {
  readonly name: string;
  /** When it was taken, as far as that can be known. */
  readonly at: Date;
  /** Whether that is certain, see {@link Placed}. */
  readonly doubt?: Placed['doubt'];
  readonly info: Info;
}

export interface DamagedSnapshot {
  readonly name: string;
  /** What is wrong, and what to do about it. */
  readonly error: SnapshotError;
  /** Nothing but archives is left. */
  readonly isArchivesOnly?: boolean;
}

/** What a series' folder holds. */
export interface Survey {
  /** Whole ones, oldest first: in the order in which they were written, whatever the clocks said. */
  readonly snapshots: readonly Snapshot[];
  /** Dated folders that are no snapshots, by positive signs: a run was cut short, or rotation was. */
  readonly unfinished: readonly string[];
  /** Those among them in which something lies that snapshots need. */
  readonly kept: readonly string[];
  /** Dated folders whose info.json is lost, or cannot be read. They are never removed, and nothing they may need. */
  readonly damaged: readonly DamagedSnapshot[];
  /** What has the name of a snapshot and is no folder: a link could lead anywhere. It is left alone. */
  readonly foreign: readonly string[];
  /** Files that a write was to replace, and was cut short. */
  readonly parts: readonly string[];
}

/** The log of the series, see runs-log.ts. */
const RUNS_FILE = 'runs.jsonl';

/** No info.json is that large. */
const MAX_INFO_BYTES = 256 * 1024 * 1024;

/** A file that lies in the folder of one snapshot, and is named by others: `SNAPSHOT/NAME`. */
type FilePlace = string;

/**
 * Files that some snapshot names although they lie in the folder of another: where hard links are not
 * possible, that is how archives are shared.
 */
export function namedElsewhere(snapshots: readonly Snapshot[]): ReadonlySet<FilePlace> {
  const files = snapshots.flatMap(({ info }) => [info.index, info.changes, info.dead, ...info.archives]);
  return new Set(files.flatMap((file) => (file?.file.includes('/') === true ? [file.file] : [])));
}

/** Looks at all dated folders of a series. @param now - What the clock says, to tell which clocks were wrong. */
export async function surveySeries(home: Home, now: Date): Promise<Survey> {
  const found: Pick<Snapshot, 'name' | 'info'>[] = [];
  const bare: { name: string; items: readonly StoreItem[] }[] = [];
  const damaged: DamagedSnapshot[] = [];
  const foreign: string[] = [];
  const parts: string[] = [];
  const dated: string[] = [];
  for (const { name, isFolder, isFile } of await home.store.list(home.name)) {
    if (isFile && isSeriesPart(name)) parts.push(name);
    if (snapshotTime(name) === undefined) continue;
    if (isFolder) dated.push(name);
    else foreign.push(name);
  }
  const looks = ordered(dated, REQUESTS_AT_ONCE, async (name) => ({ name, seen: await look(home, name) }));
  for await (const { name, seen } of looks) {
    if ('info' in seen) found.push({ name, info: seen.info });
    else if ('items' in seen) bare.push({ name, items: seen.items });
    else damaged.push({ name, error: seen.error });
  }
  const snapshots = inOrder(found, now);
  const states = { unfinished: [] as string[], kept: [] as string[] };
  for (const { name, items } of bare) {
    const state = await findState(home, name, items, snapshots);
    if (state === 'damaged') {
      const error = new DamagedError(home.place(name, INFO_FILE), 'is missing');
      const isOnly = isArchivesOnly({ series: await namesFor(home, items), items });
      damaged.push({ name, error: withWayOut(error, home.place()), isArchivesOnly: isOnly });
    } else states[state === 'needed' ? 'kept' : state].push(name);
  }
  const byName = damaged.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { snapshots, ...states, damaged: byName, foreign, parts };
}

type Seen =
  | { readonly info: Info }
  /** It has none. */
  | { readonly items: readonly StoreItem[] }
  /** It has one that says nothing. */
  | { readonly error: SnapshotError };

/** What only lacks its key is whole; and of what lies where nobody comes to just now, nothing is known. */
const NO_DAMAGE: ReadonlySet<string> = new Set(['E_KEY', 'E_AWAY', 'E_AUTH']);

/** Whether nothing is known of what could not be read: it lacks its key, or nobody comes to it just now. */
export function isUnknown({ code }: SnapshotError): boolean {
  return NO_DAMAGE.has(code);
}

/** A dated folder by its info.json. @throws {@link SnapshotError} What is no damage. */
async function look(home: Home, snapshot: string): Promise<Seen> {
  try {
    return await infoOrItems(home, snapshot);
  } catch (error) {
    if (!(error instanceof SnapshotError) || isUnknown(error)) throw error;
    return { error: withWayOut(error, home.place()) };
  }
}

/**
 * The info.json of a dated folder, or what lies there where it has none.
 *
 * @throws {@link SnapshotError} `E_DAMAGED`; another when nobody can look.
 */
async function infoOrItems(home: Home, snapshot: string): Promise<Seen> {
  const [key, where] = [home.key(snapshot, INFO_FILE), home.place(snapshot, INFO_FILE)];
  let bytes = await home.store.read(key);
  if (bytes === undefined) {
    // A run may have put it there since; and one wrong "not there", as of a file server that is starting, is no answer.
    const items = await home.store.list(home.key(snapshot));
    if (items.every(({ name }) => name !== INFO_FILE)) return { items };
    bytes = await home.store.read(key);
    if (bytes === undefined) throw new SnapshotError('E_STORE', `Cannot read "${where}", which is there`);
  }
  if (bytes.length > MAX_INFO_BYTES) throw new DamagedError(where, 'is far too large');
  return { info: parseInfo(bytes.toString('utf8'), where) };
}

/** What a dated folder is that has no info.json, and holds `items`. */
export async function findState(
  home: Home,
  name: string,
  items: readonly StoreItem[],
  snapshots: readonly Snapshot[],
): Promise<FolderState> {
  const named = namedElsewhere(snapshots);
  const isNamed = (file: string): boolean => named.has(`${name}/${file}`);
  const series = await namesFor(home, items);
  return await stateOf({ series, name, items, isNamed }, async () => await pastOf(home));
}

/** What the log says of dated folders: nothing, when it cannot be read. Then nothing is cleared away because of it. */
async function pastOf(home: Home): Promise<FolderPast> {
  try {
    return parseFolderPast((await home.store.readLines(home.key(RUNS_FILE), Infinity)).text);
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    return parseFolderPast('');
  }
}

/**
 * Whether a damaged snapshot may need files that lie in the folders of others. Where hard links are possible, it has
 * all that it needs in its own.
 */
export async function mayNeedOthers(
  home: Home,
  { snapshots, damaged }: Pick<Survey, 'snapshots' | 'damaged'>,
): Promise<boolean> {
  if (damaged.length > 0 && namedElsewhere(snapshots).size > 0) return true;
  const hasLinks = snapshots.some(({ name, info }) =>
    info.archives.some(({ file }) => !file.includes('/') && !file.includes(`-${name}`)),
  );
  for (const { name } of damaged) {
    const sums = await sumsOf(home, name);
    if (sums === undefined ? !hasLinks : [...sums].some((file) => file.startsWith('../'))) return true;
  }
  return false;
}

/** The files that SHA256SUMS of a damaged snapshot names; undefined when nobody can tell. */
async function sumsOf(home: Home, snapshot: string): Promise<Iterable<string> | undefined> {
  try {
    const text = await home.store.read(home.key(snapshot, SUMS_FILE));
    return text && parseSums(text.toString('utf8'), SUMS_FILE).keys();
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    return undefined;
  }
}

/** `error`, with what to do about a snapshot that is damaged. */
function withWayOut(error: SnapshotError, place: string): SnapshotError {
  if (error.hint !== undefined || !(error instanceof DamagedError)) return error;
  const hint = `\`${commandLine(`verify ${shellWord(place)} --repair`)}\` writes it anew from what is left. Until then it stays, and counts for no \`keep\`.`;
  return error.withHint(hint);
}
