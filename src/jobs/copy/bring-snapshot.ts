import { DamagedError } from '../../base/errors.ts';
import { putLast, sumsText } from '../../series/commit.ts';
import { isForSame } from '../../series/crypt/keys.ts';
import { placeOf } from '../../series/damage/damage.ts';
import type { FileInfo } from '../../series/info.ts';
import { INFO_FILE, RESTORE_FILE, SUMS_FILE } from '../../series/names.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import { removeIfAllowed } from '../../store/remove-if-allowed.ts';
import type { StoreItem } from '../../store/store.ts';
import { copyFile, type Copying, isSound } from './copy-file.ts';
import { baseOf, type FilesThere, sharedFiles } from './files-there.ts';
import { movedTexts, readTexts, type SnapshotTexts } from './snapshot-texts.ts';

/** A place where the series lies, and what is whole there. */
export interface Source {
  readonly files: FilesThere;
  readonly snapshots: ReadonlyMap<string, Snapshot>;
}

export interface Bringing extends Copying {
  /** The nearest first: what is damaged in one may be whole in another. */
  readonly from: readonly Source[];
  /** What the place that is written to has. */
  readonly there: FilesThere;
  /** What the snapshots there name, by its place: its SHA-256, or nothing where it is encrypted for others. */
  readonly named: ReadonlyMap<string, string>;
  /** Whom it is encrypted for there. */
  readonly recipients: readonly string[];
  readonly lock: { readonly check: () => Promise<void> };
}

/**
 * Writes a snapshot that is somewhere else: its files, oldest archive first, and info.json last. What has arrived of it earlier is used.
 *
 * @param isMended - Its folder is there and has lost its info.json: until that is back, it stays what it is.
 * @throws {@link SnapshotError} `E_DAMAGED` when no place has all of it.
 */
export async function bringSnapshot(name: string, isMended: boolean, bringing: Bringing): Promise<void> {
  const { there, recipients, lock } = bringing;
  const to = there.series;
  const texts = await textsOf(name, bringing.from);
  const isBegun = isMended || isForSame(await to.begunFor(name), recipients);
  if (!isMended) await to.begin(name, recipients);
  const items = new Map((await to.store.list(to.key(name))).map((item) => [item.name, item]));
  const moved = new Map<string, string>();
  for (const file of sharedFiles(texts.info)) {
    const placed = await placeFile(name, file, isBegun ? items.get(baseOf(file)) : undefined, bringing);
    if (placed !== file.file) moved.set(file.file, placed);
  }
  const { info, infoText, restore } = movedTexts(texts, moved, recipients);
  await putLast(to, name, { restore, sums: sumsText(info, infoText, restore), info: infoText }, lock);
  await to.settle(name);
}

/** Makes `file` one of the snapshot `name`. @returns What info.json is to call it. */
async function placeFile(
  name: string,
  file: FileInfo,
  item: StoreItem | undefined,
  bringing: Bringing,
): Promise<string> {
  const { there, named } = bringing;
  const to = there.series;
  const base = baseOf(file);
  const place = `${name}/${base}`;
  const known = there.find(file);
  if (known === place) return base;
  // Without hard links, what was left of the snapshot is a part of others, which are to stay as they are.
  const isOfOthers = named.has(place);
  if (isOfOthers && named.get(place) !== file.sha256)
    throw new DamagedError(to.place(place), 'is there, for other snapshots, and another one than this');
  if (item !== undefined && !there.isBad(place) && (await hasArrived(file, item, to.key(place), bringing))) {
    there.add(file, place);
    bringing.progress(file.bytes);
    return base;
  }
  if (known !== undefined && !isOfOthers) {
    if (item !== undefined) await to.store.remove(to.key(place));
    return (await to.share(name, { ...file, file: known }, name)).file;
  }
  // What lies there may be sound in part, and stays until the whole one takes its place.
  await fetchFile(file, place, known === undefined ? bringing : withOwn(bringing));
  return base;
}

/** Whether what lies there of a copy that was cut short is whole. A place far away has whole objects only. */
async function hasArrived(
  file: FileInfo,
  item: StoreItem,
  key: string,
  { there: { series }, signal }: Bringing,
): Promise<boolean> {
  if (!item.isFile || item.sizeBytes !== file.bytes) return false;
  return series.store.folder === undefined || (await isSound({ ...file, series, key }, signal));
}

/** Copies `file` from the first place that has it whole. @throws E_DAMAGED when none has. */
async function fetchFile(file: FileInfo, place: string, bringing: Bringing): Promise<void> {
  const { from, there } = bringing;
  const to = there.series;
  let failure: DamagedError | undefined;
  for (const { files } of from) {
    const found = files.fileAt(file);
    if (found === undefined) continue;
    try {
      await copyFile(found, to.store, to.key(place), bringing);
      there.add(file, place);
      return;
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
      failure ??= error;
      files.drop(file);
    }
  }
  throw failure ?? new DamagedError(baseOf(file), 'is missing, or known to be damaged');
}

/** @throws E_DAMAGED when no place has them whole. */
async function textsOf(name: string, from: readonly Source[]): Promise<SnapshotTexts> {
  let failure: DamagedError | undefined;
  for (const { files, snapshots } of from) {
    if (!snapshots.has(name)) continue;
    try {
      return await readTexts(files.series, name);
    } catch (error) {
      if (!(error instanceof DamagedError)) throw error;
      failure ??= error;
    }
  }
  throw failure ?? new DamagedError(name, 'is missing');
}

/**
 * Brings again what is missing or damaged of a snapshot that is there.
 *
 * @returns Places of the files that are whole again.
 * @throws {@link SnapshotError} `E_DAMAGED` when no place has all of it.
 */
export async function mendSnapshot({ name, info }: Snapshot, bringing: Bringing): Promise<readonly string[]> {
  const { there } = bringing;
  const to = there.series;
  const mended: string[] = [];
  for (const file of sharedFiles(info)) {
    const place = placeOf(name, file);
    if (!there.isBad(place)) continue;
    if (!(await linkSound(file, place, bringing))) await fetchFile(file, place, withOwn(bringing));
    there.add(file, place);
    mended.push(place);
  }
  const small = [RESTORE_FILE, SUMS_FILE].map((file) => `${name}/${file}`).filter((at) => there.isBad(at));
  if (small.length > 0) {
    const texts = await textsOf(name, bringing.from);
    const files = new Map(sharedFiles(texts.info).map((file) => [file.sha256 + baseOf(file), file.file]));
    const moved = sharedFiles(info).flatMap((file): [string, string][] => {
      const old = files.get(file.sha256 + baseOf(file));
      return old === undefined || old === file.file ? [] : [[old, file.file]];
    });
    const { restore } = movedTexts(texts, new Map(moved), bringing.recipients);
    await to.store.put(to.key(name, RESTORE_FILE), restore);
    await putSums(to, name, restore);
    mended.push(...small);
  }
  return mended;
}

/**
 * Another name for a file that is whole, in place of one that is not: read through before, as what is there may be sound in part.
 *
 * @returns False where none is whole, or there are no hard links.
 */
async function linkSound(file: FileInfo, place: string, { there, signal }: Bringing): Promise<boolean> {
  const to = there.series;
  const known = there.fileAt(file);
  if (known === undefined) return false;
  if (!(await isSound(known, signal))) {
    there.drop(file);
    return false;
  }
  if (!(await removeIfAllowed(to.store, to.key(place)))) return false;
  return await to.store.link(known.key, to.key(place));
}

/** What the place that is written to has itself is nearest. */
function withOwn(bringing: Bringing): Bringing {
  return { ...bringing, from: [{ files: bringing.there, snapshots: new Map() }, ...bringing.from] };
}

/**
 * Writes SHA256SUMS of a whole snapshot, and then info.json as it is: where it is encrypted, the check sums for all to see are
 * written with that.
 *
 * @param restore - Its RESTORE.txt, where that is known.
 */
export async function putSums(to: Series, name: string, restore?: Buffer): Promise<void> {
  const info = await to.store.read(to.key(name, INFO_FILE));
  const script = restore ?? (await to.store.read(to.key(name, RESTORE_FILE)));
  if (info === undefined || script === undefined) return;
  const { archives, index, changes, dead } = JSON.parse(info.toString('utf8')) as Snapshot['info'];
  const sums = sumsText({ archives, index, changes, dead }, info, script);
  await to.store.put(to.key(name, SUMS_FILE), Buffer.from(sums));
  if (to.store.files === undefined) await to.store.put(to.key(name, INFO_FILE), info);
}
