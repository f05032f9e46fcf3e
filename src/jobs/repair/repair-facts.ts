// What is left of a snapshot that is damaged, and how far each part can be believed.
import { formatOf } from '../../base/archive-format.ts';
import { createHash } from 'node:crypto';
import { SnapshotError } from '../../base/errors.ts';
import { inFolder } from '../../series/commit.ts';
import { namesFor } from '../../series/former-names.ts';
import type { DeadMember, IndexEntry } from '../../series/index/index-line.ts';
import { type FileInfo, type Info, parseInfo } from '../../series/info.ts';
import {
  CHANGES_FILE,
  DEAD_FILE,
  INDEX_FILE,
  INFO_FILE,
  isCalledAfter,
  RESTORE_FILE,
  SUMS_FILE,
} from '../../series/names.ts';
import { parseRestore, type RestoreStep } from '../../series/script/read-script.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import { parseSums } from '../../series/sums.ts';

/** The lines of a snapshot, when all of them are as they were written. */
export interface Lines {
  readonly items: readonly IndexEntry[];
  readonly index: FileInfo;
  readonly changes: FileInfo | undefined;
}

export interface Facts {
  /** What info.json says; undefined when it cannot be read. */
  readonly info: Info | undefined;
  /** SHA256SUMS says so too. */
  readonly isInfoProven: boolean;
  readonly sums: ReadonlyMap<string, string> | undefined;
  /** What RESTORE.txt does; undefined when it is damaged. */
  readonly steps: readonly RestoreStep[] | undefined;
  /** In the order in which they are extracted, seen from the snapshot's folder. */
  readonly archives: readonly string[];
  /** Whether something names them: else they are those that lie in the folder. */
  readonly isListed: boolean;
  readonly lines: Lines | undefined;
  readonly dead: { readonly members: readonly DeadMember[]; readonly file: FileInfo | undefined } | undefined;
}

/** @throws {@link SnapshotError} `E_DAMAGED` when a newer version of this program wrote the snapshot. */
export async function gatherFacts(series: Series, snapshot: string): Promise<Facts> {
  const read = async (file: string): Promise<Buffer | undefined> =>
    await series.store.read(series.key(snapshot, file));
  const sumsText = await read(SUMS_FILE);
  const sums = unlessDamaged(() =>
    sumsText === undefined ? undefined : parseSums(sumsText.toString('utf8'), SUMS_FILE),
  );
  const infoText = await read(INFO_FILE);
  const isInfoSaid = infoText !== undefined && sums?.get(INFO_FILE) === sha256Of(infoText);
  if (isInfoSaid) refuseNewer(infoText, series.place(snapshot, INFO_FILE));
  const info = unlessDamaged(() =>
    infoText === undefined ? undefined : parseInfo(infoText.toString('utf8'), INFO_FILE),
  );
  const restore = await read(RESTORE_FILE);
  const isRestoreSaid =
    restore !== undefined && (sums === undefined || sums.get(RESTORE_FILE) === sha256Of(restore));
  const steps = unlessDamaged(() =>
    isRestoreSaid ? parseRestore(restore.toString('latin1'), RESTORE_FILE) : undefined,
  );
  const isInfoProven = isInfoSaid && info !== undefined;
  const known = { info, isInfoProven, sums, steps };
  const archives = await archivesOf(series, snapshot, known);
  const { lines, dead } = await linesOf(series, snapshot, known);
  const isListed = info !== undefined || sums !== undefined || steps !== undefined;
  return { ...known, archives, isListed, lines, dead };
}

type Known = Pick<Facts, 'info' | 'isInfoProven' | 'sums' | 'steps'>;

/** Of those that name them, the first that can be believed; at last, what lies in the folder. */
async function archivesOf(
  series: Series,
  snapshot: string,
  { info, isInfoProven, sums, steps }: Known,
): Promise<readonly string[]> {
  const ofInfo = info?.archives.map(({ file }) => inFolder(file));
  if (isInfoProven && ofInfo !== undefined) return ofInfo;
  if (sums !== undefined) return [...sums.keys()].filter((file) => formatOf(file) !== undefined);
  if (steps !== undefined) return steps.flatMap((step) => (step.do === 'extract' ? [step.file] : []));
  if (ofInfo !== undefined) return ofInfo;
  const items = await series.store.list(series.key(snapshot));
  const called = await namesFor(series, items);
  const names = items
    .map(({ name }) => name)
    .filter((name) => formatOf(name) !== undefined && isCalledAfter(name, called));
  return names.toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}

/** By date, then by number, `~tree` last. */
export function orderOf(name: string): string {
  const [, date = '', number = '1'] =
    /-(\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}Z)(?:-(\d+))?[^/]*$/.exec(name) ?? [];
  return `${name.includes('~tree') ? 1 : 0} ${date} ${number.padStart(9, '0')}`;
}

async function linesOf(
  series: Series,
  snapshot: string,
  known: Known,
): Promise<Pick<Facts, 'lines' | 'dead'>> {
  const find = async (name: string): Promise<FileInfo | undefined> =>
    await findLines(series, snapshot, name, known);
  const isKnown = known.info !== undefined || known.sums !== undefined;
  const index = await find(INDEX_FILE);
  const found = await find(CHANGES_FILE);
  const hasChanges = isKnown ? has(CHANGES_FILE, known) : found !== undefined;
  const changes = hasChanges ? found : undefined;
  const deadFile = await find(DEAD_FILE);
  let lines: Lines | undefined;
  if (index !== undefined && (!hasChanges || changes !== undefined)) {
    const items = await unlessDamagedLater(async () => [
      ...(await series.entries(asSnapshot(snapshot, { index, changes: changes ?? null }))),
    ]);
    lines = items === undefined ? undefined : { items, index, changes };
  }
  if (!has(DEAD_FILE, known)) return { lines, dead: { members: [], file: undefined } };
  if (deadFile === undefined) return { lines, dead: undefined };
  const members = await unlessDamagedLater(async () => {
    const all: DeadMember[] = [];
    for await (const member of series.dead(asSnapshot(snapshot, { dead: deadFile }))) all.push(member);
    return all;
  });
  return { lines, dead: members === undefined ? undefined : { members, file: deadFile } };
}

/** Whether the snapshot has a file of that name, as far as is known. */
function has(name: string, { info, isInfoProven, sums }: Known): boolean {
  const isOf = ({ changes, dead }: Info): boolean => (name === CHANGES_FILE ? changes : dead) !== null;
  if (isInfoProven && info !== undefined) return isOf(info);
  if (sums !== undefined) return [...sums.keys()].some((file) => baseOf(file) === name);
  // Nobody knows; nothing dead is rare.
  return info === undefined ? name === DEAD_FILE : isOf(info);
}

/** The file called `name`, when it is as info.json or SHA256SUMS say. */
async function findLines(
  series: Series,
  snapshot: string,
  name: string,
  { info, sums }: Known,
): Promise<FileInfo | undefined> {
  const ofInfo = [info?.index, info?.changes, info?.dead].find(
    (file) => file !== undefined && file !== null && baseOf(file.file) === name,
  );
  const ofSums = [...(sums ?? [])].find(([file]) => baseOf(file) === name);
  const places = new Set([...(ofSums === undefined ? [] : [ofSums[0]]), inFolder(ofInfo?.file ?? name)]);
  for (const place of places) {
    const file = place.startsWith('../') ? place.slice(3) : place;
    const bytes = await series.store.read(series.keyOf(snapshot, { file }));
    if (bytes === undefined) continue;
    const sha256 = sha256Of(bytes);
    const said = [ofInfo?.sha256, ofSums?.[1]].filter((sum) => sum !== undefined);
    if (said.length === 0 || said.includes(sha256)) return { file, bytes: bytes.length, sha256 };
  }
  return undefined;
}

/** As much of a snapshot as its lines need. */
function asSnapshot(name: string, files: Partial<Pick<Info, 'index' | 'changes' | 'dead'>>): Snapshot {
  const none: FileInfo = { file: '', bytes: 0, sha256: '' };
  const info = { index: none, changes: null, dead: null, ...files } as Info;
  return { name, at: new Date(0), info };
}

/** What a newer version has written is no damage. */
function refuseNewer(text: Buffer, where: string): void {
  try {
    parseInfo(text.toString('utf8'), where);
  } catch (error) {
    if (error instanceof SnapshotError && error.hint !== undefined) throw error;
  }
}

/** The last name in a place. */
export function baseOf(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function unlessDamaged<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SnapshotError) return undefined;
    throw error;
  }
}

async function unlessDamagedLater<T>(parse: () => Promise<T>): Promise<T | undefined> {
  try {
    return await parse();
  } catch (error) {
    if (error instanceof SnapshotError) return undefined;
    throw error;
  }
}
