import { createHash } from 'node:crypto';
import { writeIndex } from './index-file.ts';
import type { IndexEntry } from './index-line.ts';
import { formatInfo, type Info } from './info.ts';
import { INDEX_FILE, INFO_FILE, RESTORE_FILE, SUMS_FILE } from './names.ts';
import { restoreText } from './restore-text.ts';
import type { Series } from './series.ts';

/**
 * Turns the finished archives in a dated folder into a snapshot: writes index, RESTORE.txt and SHA256SUMS,
 * and info.json last. Until that last file is there, whole, there is no snapshot.
 *
 * @param items - The snapshot's entries, in path order.
 */
export async function commitSnapshot(
  series: Series,
  snapshot: string,
  info: Omit<Info, 'index'>,
  items: Iterable<IndexEntry>,
): Promise<Info> {
  const { store } = series;
  const writer = await store.create(series.key(snapshot, INDEX_FILE));
  let index: { bytes: number; sha256: string };
  try {
    index = await writeIndex(items, writer);
    await writer.commit();
  } catch (error) {
    await writer.discard();
    throw error;
  }
  const { skipped, ...rest } = info;
  const whole: Info = { ...rest, index: { file: INDEX_FILE, ...index }, skipped };
  const restore = restoreText(snapshot, whole);
  const infoText = formatInfo(whole);
  await store.put(series.key(snapshot, RESTORE_FILE), Buffer.from(restore));
  const sums = [
    ...whole.archives.map(({ file, sha256 }) => `${sha256}  ${file}`),
    `${index.sha256}  ${INDEX_FILE}`,
    `${sha256Of(infoText)}  ${INFO_FILE}`,
    `${sha256Of(restore)}  ${RESTORE_FILE}`,
  ];
  await store.put(series.key(snapshot, SUMS_FILE), Buffer.from(`${sums.join('\n')}\n`));
  await store.put(series.key(snapshot, INFO_FILE), Buffer.from(infoText));
  return whole;
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
