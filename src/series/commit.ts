import { createHash } from 'node:crypto';
import { formatInfo, type FileInfo, type Info } from './info.ts';
import { writeLines } from './index/lines.ts';
import { CHANGES_FILE, DEAD_FILE, INDEX_FILE, INFO_FILE, RESTORE_FILE, SUMS_FILE } from './names.ts';
import type { Store } from '../store/store.ts';
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
 * @param archives - Settles once the archives are there.
 */
export async function commitSnapshot(
  series: Series,
  snapshot: string,
  parts: SnapshotParts,
  lock?: { readonly check: () => Promise<void> },
  archives: Promise<void> = Promise.resolve(),
): Promise<Info> {
  const sending = new Sending(series.store);
  try {
    await sending.add(archives);
    const lines = async (file: string, from: Iterable<string> | FileInfo): Promise<FileInfo> =>
      Symbol.iterator in from ? await write(series, snapshot, file, from, sending) : from;
    const index = await lines(INDEX_FILE, parts.index);
    const changes = parts.changes === undefined ? null : await lines(CHANGES_FILE, parts.changes);
    const dead = parts.dead === undefined ? null : await lines(DEAD_FILE, parts.dead);
    const restore = Buffer.from(parts.restore, 'latin1');
    const { skipped, ...rest } = parts.info;
    const whole: Info = { ...rest, index, changes, dead, skipped };
    const text = Buffer.from(formatInfo(whole));
    const texts = { restore, sums: sumsText(whole, text, restore), info: text };
    await putLast(series, snapshot, texts, lock, sending);
    return whole;
  } finally {
    await sending.settled();
  }
}

/**
 * Files on their way. In a folder one comes after the other: a power cut may leave none that comes later without those before
 * it. A place far away takes them at once, and says what is unfinished by a marker.
 */
class Sending {
  readonly #isFar: boolean;
  readonly #under: Promise<void>[] = [];

  constructor({ folder }: Store) {
    this.#isFar = folder === undefined;
  }

  async add(sent: Promise<void>): Promise<void> {
    if (!this.#isFar) {
      await sent;
      return;
    }
    // `done` tells why it fails.
    sent.catch(() => {});
    this.#under.push(sent);
  }

  /** @throws What kept the first of them from arriving, when none is under way any more. */
  async done(): Promise<void> {
    await this.settled();
    await Promise.all(this.#under);
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.#under);
  }
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
  sending: Sending = new Sending(series.store),
): Promise<void> {
  const { store } = series;
  const [sumsKey, infoKey] = [series.key(snapshot, SUMS_FILE), series.key(snapshot, INFO_FILE)];
  const writer = await store.create(infoKey);
  try {
    await writer.write(texts.info);
    await sending.add(store.put(series.key(snapshot, RESTORE_FILE), texts.restore));
  } catch (error) {
    await writer.discard();
    throw error;
  }
  try {
    await sending.add(store.put(sumsKey, Buffer.from(texts.sums)));
    await sending.done();
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
  sending: Sending,
): Promise<FileInfo> {
  const writer = await series.store.create(series.key(snapshot, file));
  const discarded = async (error: unknown): Promise<never> => {
    await writer.discard();
    throw error;
  };
  const written = await writeLines(lines, writer).catch(discarded);
  await sending.add(writer.commit().catch(discarded));
  return { file, ...written };
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
