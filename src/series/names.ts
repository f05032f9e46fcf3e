import { type ArchiveFormat, formatOf } from '../base/archive-format.ts';
// How snapshots and their files are called.
import { SnapshotError } from '../base/errors.ts';

/** `2026-11-19T02-00-00Z`: ISO 8601 with `-` for `:`, which Windows does not allow in names. */
const SNAPSHOT_NAME = /^\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}Z$/;

export const INFO_FILE = 'info.json';
/** What info.json is called while it is written. */
export const INFO_PART: string = `${INFO_FILE}.part`;
export const INDEX_FILE = 'index.jsonl.zst';
export const CHANGES_FILE = 'changes.jsonl.zst';
export const DEAD_FILE = 'dead.jsonl.zst';
export const SUMS_FILE = 'SHA256SUMS';
export const RESTORE_FILE = 'RESTORE.txt';

/** Lies in a dated folder from the moment a run begins it until its info.json is there. */
export const UNFINISHED_FILE = 'UNFINISHED';
/** Lies in a dated folder that rotation or a clearing run has begun to remove, until the folder is gone. */
export const LET_GO_FILE = 'LET-GO';
/** Lies in the folder of a snapshot that rotation never takes, see pins.ts. */
export const PINNED_FILE = 'PINNED';
/**
 * A folder beside it, where versions that know no pins write a file before they remove anything of a snapshot: they fail
 * there, and remove nothing.
 */
export const BOLT_FOLDER: string = `${LET_GO_FILE}.part`;

/** A folder in a series, where versions that know no snapshots of version 2 look for a lock, see bolt.ts. */
export const VERSION_BOLT = '.lock-of-version-2';

/** What of the source is known not to be readable, see accepted.ts. */
export const ACCEPTED_FILE = 'accepted.json';
/** What is known to be damaged, see damage/damage.ts. */
export const DAMAGE_FILE = 'damage.json';
/** Why rotation is held back, see guards.ts. */
export const HELD_FILE = 'held.json';
/** Written when a series changes hands, see owner.ts; from then on it says whose the series is, not the snapshots. */
export const OWNER_FILE = 'owner.json';

/** What the series was called before, see former-names.ts. */
export const NAMES_FILE = 'names.json';

/** What is written anew in a series' own folder, whole or not at all. */
const SERIES_FILES = [ACCEPTED_FILE, DAMAGE_FILE, HELD_FILE, OWNER_FILE, NAMES_FILE];

const OWN_FILES = [INFO_FILE, INDEX_FILE, CHANGES_FILE, DEAD_FILE, SUMS_FILE, RESTORE_FILE];
const MARKERS = [UNFINISHED_FILE, LET_GO_FILE];

/**
 * The name of a snapshot that begins at `at`; parts of a second are cut off.
 *
 * @throws {@link SnapshotError} `E_HOST` for a year that has no name of this form.
 */
export function snapshotName(at: Date): string {
  const year = at.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) {
    throw new SnapshotError('E_HOST', `The clock of this machine says that it is the year ${year}`, {
      hint: 'Set it right; no snapshot was written.',
    });
  }
  return `${at.toISOString().slice(0, 19).replaceAll(':', '-')}Z`;
}

/** When the snapshot called `name` began; undefined when that is no snapshot's name. */
export function snapshotTime(name: string): Date | undefined {
  if (!SNAPSHOT_NAME.test(name)) return undefined;
  const at = new Date(`${name.slice(0, 11)}${name.slice(11, 19).replaceAll('-', ':')}Z`);
  // 30 February and 24 o'clock have the form of a time, and are none.
  return Number.isNaN(at.getTime()) || snapshotName(at) !== name ? undefined : at;
}

const SECOND_MS = 1000;
/** Within so much of the clock, names grow: it may have been set right by a little, or several begin in one second. */
const NEAR_MS = 3_600_000;

/**
 * A name for a snapshot that begins at `at`, and that is not among `taken`. It is true to the clock: what a clock that
 * was far ahead has left is passed over.
 */
export function nextSnapshotName(at: Date, taken: readonly string[]): string {
  const times = new Set(taken.map((name) => snapshotTime(name)?.getTime() ?? 0));
  const near = [...times].filter((ms) => ms <= at.getTime() + NEAR_MS);
  let ms = near.reduce((most, time) => Math.max(most, time + SECOND_MS), at.getTime());
  while (times.has(Math.floor(ms / SECOND_MS) * SECOND_MS)) ms += SECOND_MS;
  return snapshotName(new Date(ms));
}

/**
 * The date for the names of the archives of `snapshot`: the snapshot's own, or else later than all `older` ones. By
 * hand, archives are extracted in the order of their names, whatever the clocks said.
 */
export function nextArchiveDate(snapshot: string, older: readonly string[]): string {
  const last = older.map((date) => snapshotTime(date)?.getTime() ?? 0).reduce((a, b) => Math.max(a, b), 0);
  const own = snapshotTime(snapshot)?.getTime() ?? 0;
  return own > last ? snapshot : snapshotName(new Date(last + SECOND_MS));
}

/** `SERIES-DATE.tar.zst`, `SERIES-DATE-2.zip`, `SERIES-DATE~tree.tar.zst`; also as `SNAPSHOT/FILE`. */
const ARCHIVE =
  /(?:^|\/)(?<series>[^/]+)-(?<date>\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}Z)(?<end>-\d+|~tree)?\.(?:tar\.zst|zip)$/s;

/**
 * What archive number `n` (from 0) of a snapshot is called.
 *
 * @param date - That of {@link nextArchiveDate}. Where it is not the snapshot's own, a snapshot of that name may come one
 *   day: its archives have other numbers.
 */
export function archiveName(
  series: string,
  snapshot: string,
  n: number,
  format: ArchiveFormat,
  date: string = snapshot,
): string {
  if (date !== snapshot) return `${series}-${date}-0${n + 1}.${format}`;
  return `${series}-${snapshot}${n === 0 ? '' : `-${n + 1}`}.${format}`;
}

/** The date in the name of an archive with content, of whatever series; undefined when `file` is none. */
export function archiveDate(file: string): string | undefined {
  const { date = '', end } = ARCHIVE.exec(file)?.groups ?? {};
  return snapshotTime(date) === undefined || end === '~tree' ? undefined : date;
}

/** Whether `file` is called like an archive of a series, whole, in part or put aside: of any, or of one of these names. */
export function isCalledAfter(file: string, series?: readonly string[]): boolean {
  const name = ARCHIVE.exec(withoutSuffix(file))?.groups?.['series'];
  return name !== undefined && (series?.includes(name) ?? true);
}

/**
 * What the archive of a snapshot is called that holds its folders and links. `~` comes after `-` and `.` in
 * byte order, so that it is the last one to be extracted.
 */
export function treeArchiveName(series: string, snapshot: string, format: ArchiveFormat): string {
  return `${series}-${snapshot}~tree.${format}`;
}

/** What a file is called after a repair has written another one in its place. */
export const DAMAGED_SUFFIX = '.damaged';

function withoutSuffix(file: string): string {
  const suffix = ['.part', DAMAGED_SUFFIX].find((end) => file.endsWith(end)) ?? '';
  return file.slice(0, file.length - suffix.length);
}

/**
 * Whether `file`, in a snapshot's folder, is of a kind that this program writes there, whole or in part, or has
 * put aside.
 *
 * @param series - What the series is or was called.
 */
export function isOurs(file: string, series: readonly string[]): boolean {
  const whole = withoutSuffix(file);
  return OWN_FILES.includes(whole) || MARKERS.includes(whole) || isCalledAfter(file, series);
}

/** Whether `file`, in a series' own folder, is what was left of a write that was cut short. */
export function isSeriesPart(file: string): boolean {
  return SERIES_FILES.some((name) => file === `${name}.part`);
}

/** Whether `file` is called like an archive, of whatever series. */
export function isArchive(file: string): boolean {
  return formatOf(file) !== undefined;
}

/** Whether `file` is an archive with content, whole, of a series of one of these names, that was written for `snapshot`. */
export function isContentArchive(file: string, series: readonly string[], snapshot: string): boolean {
  return archiveDate(file) === snapshot && isCalledAfter(file, series) && withoutSuffix(file) === file;
}

/** The folder in which a mirror keeps what is not of its source. For locks, owner and log it is a series like others, called `NAME/.snapshot-data`. */
export const MIRROR_DATA = '.snapshot-data';

/** In the folder of a mirror: there while it is kept up to date. */
export const WATCH_FILE = 'watch.json';
