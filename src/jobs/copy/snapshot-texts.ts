// info.json, RESTORE.txt and SHA256SUMS: the small files of a snapshot, which say where the others lie.
import { DamagedError } from '../../base/errors.ts';
import { isForSame } from '../../series/crypt/keys.ts';
import { sha256Of } from '../../series/commit.ts';
import { type Info, parseInfo } from '../../series/info.ts';
import { INFO_FILE, RESTORE_FILE, SUMS_FILE } from '../../series/names.ts';
import { withArchives } from '../../series/script/move-script.ts';
import type { Series } from '../../series/series.ts';
import { parseSums } from '../../series/sums.ts';

export interface SnapshotTexts {
  readonly info: Info;
  /** As they are stored. */
  readonly infoText: Buffer;
  readonly restore: Buffer;
}

/** Reads what a snapshot says of itself, held against its SHA256SUMS. @throws E_DAMAGED */
export async function readTexts(series: Series, snapshot: string): Promise<SnapshotTexts> {
  const read = async (name: string): Promise<Buffer> => {
    const bytes = await series.store.read(series.key(snapshot, name));
    if (bytes === undefined) throw new DamagedError(series.place(snapshot, name), 'is missing');
    return bytes;
  };
  const sumsPlace = series.place(snapshot, SUMS_FILE);
  const sums = parseSums((await read(SUMS_FILE)).toString('utf8'), sumsPlace);
  const checked = async (name: string): Promise<Buffer> => {
    const bytes = await read(name);
    if (sums.get(name) === sha256Of(bytes)) return bytes;
    throw new DamagedError(series.place(snapshot, name), 'is not what SHA256SUMS says');
  };
  const infoText = await checked(INFO_FILE);
  const info = parseInfo(infoText.toString('utf8'), series.place(snapshot, INFO_FILE));
  return { info, infoText, restore: await checked(RESTORE_FILE) };
}

/** What the same snapshot says at another place: no byte is different where all files are called the same there. */
export function movedTexts(
  { info, infoText, restore }: SnapshotTexts,
  moved: ReadonlyMap<string, string>,
  recipients: readonly string[],
): SnapshotTexts {
  if (moved.size === 0 && isForSame(info.recipients, recipients)) return { info, infoText, restore };
  // What is not known here stays as it is.
  const raw = JSON.parse(infoText.toString('utf8'), (key, value: unknown) =>
    key === 'file' && typeof value === 'string' ? (moved.get(value) ?? value) : value,
  ) as Record<string, unknown>;
  const text = Buffer.from(`${JSON.stringify(withRecipients(raw, recipients), undefined, 2)}\n`);
  return {
    info: parseInfo(text.toString('utf8'), INFO_FILE),
    infoText: text,
    restore: Buffer.from(withArchives(restore.toString('latin1'), moved), 'latin1'),
  };
}

/** Keys that come after it. */
const BEHIND: ReadonlySet<string> = new Set(['attributes', 'guards']);

function withRecipients(info: Record<string, unknown>, recipients: readonly string[]): object {
  const others = Object.entries(info).filter(([key]) => key !== 'recipients');
  if (recipients.length === 0) return Object.fromEntries(others);
  const first = others.findIndex(([key]) => BEHIND.has(key));
  return Object.fromEntries(
    others.toSpliced(first === -1 ? others.length : first, 0, ['recipients', recipients]),
  );
}
