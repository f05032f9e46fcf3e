// What a dated folder without info.json is, by what lies in it; docs/format.md has the table. Pure.
import { SnapshotError } from '../base/errors.ts';
import type { StoreItem } from '../store/store.ts';
import { Fields } from './index/fields.ts';
import {
  DAMAGED_SUFFIX,
  INFO_PART,
  isArchive,
  isContentArchive,
  isOurs,
  LET_GO_FILE,
  snapshotName,
  SUMS_FILE,
  UNFINISHED_FILE,
} from './names.ts';

/**
 * `unfinished`: a run has not made it a snapshot, or rotation has let it go; what is there can be cleared away.
 * `kept`: no snapshot either, but others need some of it. `needed`: others need all that is there, and nothing says what
 * it was. `damaged`: it was a snapshot, and has lost its info.json.
 */
export type FolderState = 'unfinished' | 'kept' | 'needed' | 'damaged';

/** A dated folder without info.json. */
export interface BareFolder {
  /** What the series is or was called. */
  readonly series: readonly string[];
  readonly name: string;
  readonly items: readonly StoreItem[];
  /** Whether a whole snapshot names a file that lies here. */
  readonly isNamed: (file: string) => boolean;
}

/** What the log of a series says of dated folders, by their names. */
export interface FolderPast {
  readonly written: ReadonlySet<string>;
  readonly removed: ReadonlySet<string>;
  /** Runs that began then wrote no snapshot. */
  readonly cutShort: ReadonlySet<string>;
}

/** @param past - Asked only about folders of versions that put no marker there. */
export async function stateOf(folder: BareFolder, past: () => Promise<FolderPast>): Promise<FolderState> {
  const whole = wholeFiles(folder);
  const named = whole.filter(folder.isNamed);
  if (hasSign(folder)) return named.length > 0 ? 'kept' : 'unfinished';
  const { written, removed, cutShort } = await past();
  if (named.length === whole.length) {
    if (removed.has(folder.name)) return 'kept';
    return written.has(folder.name) ? 'damaged' : 'needed';
  }
  const isOfRun = whole.every((file) => isContentArchive(file, folder.series, folder.name));
  if (!isOfRun || !cutShort.has(folder.name)) return 'damaged';
  return named.length > 0 ? 'kept' : 'unfinished';
}

/** Whether nothing but archives is left of a folder: an earlier version may have been cut short there. */
export function isArchivesOnly(folder: Pick<BareFolder, 'series' | 'items'>): boolean {
  return wholeFiles(folder).every(isArchive);
}

/** Whether something says of itself that no snapshot was finished here, or that it was to go. */
function hasSign(folder: BareFolder): boolean {
  const names = new Set(folder.items.flatMap(({ name, isFile }) => (isFile ? [name] : [])));
  if (names.has(LET_GO_FILE)) return true;
  // SHA256SUMS stands alone from the moment on in which info.json has its name.
  const hadInfo = names.has(SUMS_FILE) && !names.has(INFO_PART);
  const marker = folder.items.find(({ name, isFile }) => isFile && name === UNFINISHED_FILE);
  // One that says something is removed right after info.json is there.
  if (marker !== undefined) return !hadInfo || marker.sizeBytes > 0;
  const whole = wholeFiles(folder);
  if (whole.length === 0) return true;
  // A repair has begun an info.json as well.
  if (names.has(INFO_PART)) return !whole.some((name) => name.endsWith(DAMAGED_SUFFIX));
  const isOfRun = (name: string): boolean => isArchivePart(name) && isOurs(name, folder.series);
  return whole.every(isArchive) && [...names].some(isOfRun);
}

function isArchivePart(name: string): boolean {
  return name.endsWith('.part') && isArchive(name.slice(0, -'.part'.length));
}

/** Files of this program that were there as a whole, but for markers. */
function wholeFiles({ series, items }: Pick<BareFolder, 'series' | 'items'>): readonly string[] {
  return items.flatMap(({ name, isFile }) => {
    const isWhole = isFile && isOurs(name, series) && !name.endsWith('.part');
    return isWhole && name !== UNFINISHED_FILE && name !== LET_GO_FILE ? [name] : [];
  });
}

/** Reads what a log says of dated folders. Lines that say nothing are passed over. */
export function parseFolderPast(log: string): FolderPast {
  const past = { written: new Set<string>(), removed: new Set<string>(), cutShort: new Set<string>() };
  for (const line of log.split('\n')) {
    if (line.trim() === '') continue;
    try {
      const fields = Fields.parse(line, 'runs.jsonl');
      const outcome = fields.text('outcome');
      if (outcome === 'written') past.written.add(fields.text('snapshot'));
      const started = new Date(fields.text('started'));
      const isCutShort = outcome === 'stopped' || outcome === 'failed';
      if (isCutShort && !Number.isNaN(started.getTime())) past.cutShort.add(snapshotName(started));
      if (fields.has('removed')) for (const name of fields.strings('removed')) past.removed.add(name);
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
    }
  }
  return past;
}
