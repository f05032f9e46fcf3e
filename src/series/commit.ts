import { createHash } from 'node:crypto';
import { formatInfo, type FileInfo, type Info } from './info.ts';
import { writeLines } from './index/lines.ts';
import { CHANGES_FILE, DEAD_FILE, INDEX_FILE, INFO_FILE, RESTORE_FILE, SUMS_FILE } from './names.ts';
import type { Series } from './series.ts';

/** What a snapshot is made of beside its archives. Lines are in path order, one character per byte. */
export interface SnapshotParts {
  readonly info: Omit<Info, 'index' | 'changes' | 'dead'>;
  /** One line per entry; or the index of an older snapshot, which stands but for the changes. */
  readonly index: Iterable<string> | FileInfo;
  readonly changes: Iterable<string> | FileInfo | undefined;
  readonly dead: Iterable<string> | FileInfo | undefined;
  /** RESTORE.txt, one character per byte. */
  readonly restore: string;
}

/**
 * Turns the finished archives in a dated folder into a snapshot: writes index, RESTORE.txt and SHA256SUMS,
 * and info.json last. Until that last file is there, whole, there is no snapshot.
 *
 * @param lock - What keeps others out of the series; it is looked at once more before info.json appears.
 */
export async function commitSnapshot(
  series: Series,
  snapshot: string,
  parts: SnapshotParts,
  lock?: { readonly check: () => Promise<void> },
): Promise<Info> {
  const lines = async (file: string, from: Iterable<string> | FileInfo): Promise<FileInfo> =>
    Symbol.iterator in from ? await write(series, snapshot, file, from) : from;
  const index = await lines(INDEX_FILE, parts.index);
  const changes = parts.changes === undefined ? null : await lines(CHANGES_FILE, parts.changes);
  const dead = parts.dead === undefined ? null : await lines(DEAD_FILE, parts.dead);
  const restore = Buffer.from(parts.restore, 'latin1');
  const { skipped, ...rest } = parts.info;
  const whole: Info = { ...rest, index, changes, dead, skipped };
  const text = Buffer.from(formatInfo(whole));
  await putLast(series, snapshot, { restore, sums: sumsText(whole, text, restore), info: text }, lock);
  return whole;
}

/** SHA256SUMS of a snapshot. @param text - Its info.json. @param restore - Its RESTORE.txt. */
export function sumsText(
  { archives, index, changes, dead }: Pick<Info, 'archives' | 'index' | 'changes' | 'dead'>,
  text: Uint8Array,
  restore: Uint8Array,
): string {
  const sums = [...archives, index, changes, dead].flatMap((file) =>
    file === null ? [] : [`${file.sha256}  ${inFolder(file.file)}`],
  );
  sums.push(`${sha256Of(text)}  ${INFO_FILE}`);
  sums.push(`${sha256Of(restore)}  ${RESTORE_FILE}`);
  return `${sums.join('\n')}\n`;
}

/**
 * Writes RESTORE.txt, SHA256SUMS and info.json, in that order. The part of info.json is there first: SHA256SUMS with neither
 * would look like a snapshot that has lost its info.json. That its name is on the disk as well, RESTORE.txt sees to, which
 * lies between the two and flushes their folder.
 */
export async function putLast(
  series: Series,
  snapshot: string,
  texts: { readonly restore: Uint8Array; readonly sums: string; readonly info: Uint8Array },
  lock: { readonly check: () => Promise<void> } | undefined,
): Promise<void> {
  const { store } = series;
  const [sumsKey, infoKey] = [series.key(snapshot, SUMS_FILE), series.key(snapshot, INFO_FILE)];
  const writer = await store.create(infoKey);
  try {
    await writer.write(texts.info);
    await store.put(series.key(snapshot, RESTORE_FILE), texts.restore);
  } catch (error) {
    await writer.discard();
    throw error;
  }
  try {
    await store.put(sumsKey, Buffer.from(texts.sums));
    await lock?.check();
    await writer.commit();
  } catch (error) {
    // What made it fail is what gets reported. The last flush may have failed with info.json in its place.
    await store.remove(infoKey).catch(() => {});
    await store.remove(sumsKey).catch(() => {});
    await writer.discard();
    throw error;
  }
}

/** The place of a file that a snapshot names, as seen from its folder. */
export function inFolder(file: string): string {
  return file.includes('/') ? `../${file}` : file;
}

async function write(
  series: Series,
  snapshot: string,
  file: string,
  lines: Iterable<string>,
): Promise<FileInfo> {
  const writer = await series.store.create(series.key(snapshot, file));
  try {
    const written = await writeLines(lines, writer);
    await writer.commit();
    return { file, ...written };
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
