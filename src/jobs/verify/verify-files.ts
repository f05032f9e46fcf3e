// The small files of a snapshot: are they there, and do they agree?
import { formatOf } from '../../base/archive-format.ts';
import { createHash } from 'node:crypto';
import { SnapshotError } from '../../base/errors.ts';
import { inFolder } from '../../series/commit.ts';
import type { FileInfo, Info } from '../../series/info.ts';
import { INFO_FILE, RESTORE_FILE, SUMS_FILE } from '../../series/names.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import { parseSums } from '../../series/sums.ts';
import type { Findings } from './verify-findings.ts';
import { type Files, whatOf } from './verify-survey.ts';

/** Checks what SHA256SUMS says, and that the files of lines have the size they should have. */
export async function checkSmallFiles(
  series: Series,
  files: Files,
  { name, info }: Snapshot,
  findings: Findings,
): Promise<void> {
  const say = (file: string, what: string): void => findings.add(`${name}/${file}`, what, [name]);
  const restore = await sha256Of(series, name, RESTORE_FILE);
  if (restore === undefined) say(RESTORE_FILE, 'is missing');
  for (const file of lineFiles(info)) {
    const key = series.keyOf(name, file);
    const item = await files.find(key);
    const place = key.slice(series.name.length + 1);
    const identity = item?.identity ?? key;
    if (item === undefined) findings.add(place, 'is missing', [name], { identity });
    else if (item.sizeBytes !== file.bytes) {
      findings.add(place, `has ${item.sizeBytes} bytes, not ${file.bytes}`, [name], { identity });
    }
  }
  checkNames(info, (what) => say(INFO_FILE, what));
  const text = await series.store.read(series.key(name, SUMS_FILE));
  if (text === undefined) {
    say(SUMS_FILE, 'is missing');
    return;
  }
  let sums: ReadonlyMap<string, string>;
  try {
    sums = parseSums(text.toString('utf8'), series.place(name, SUMS_FILE));
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    say(SUMS_FILE, whatOf(error));
    return;
  }
  // Which of the two is wrong, only one who knows what was there before could tell.
  if (sums.get(INFO_FILE) !== (await sha256Of(series, name, INFO_FILE))) {
    say(INFO_FILE, 'its SHA-256 is not what SHA256SUMS says');
  }
  if (restore !== undefined && sums.get(RESTORE_FILE) !== restore) {
    say(RESTORE_FILE, 'its SHA-256 is not what SHA256SUMS says');
  }
  const others = [...info.archives, ...lineFiles(info)];
  for (const { file, sha256 } of others) {
    if (sums.get(inFolder(file)) !== sha256)
      say(SUMS_FILE, `it says of ${file} something else than info.json`);
  }
  const known = new Set([...others.map(({ file }) => inFolder(file)), INFO_FILE, RESTORE_FILE]);
  for (const file of sums.keys()) {
    if (!known.has(file)) say(SUMS_FILE, `it names ${file}, which info.json does not`);
  }
}

/** The files of a snapshot that hold lines. */
export function lineFiles({ index, changes, dead }: Info): readonly FileInfo[] {
  return [index, changes, dead].filter((file) => file !== null);
}

function checkNames({ archives }: Info, say: (what: string) => void): void {
  const numbers = new Set(archives.map(({ number }) => number));
  const files = new Set(archives.map(({ file }) => file));
  if (numbers.size < archives.length || files.size < archives.length) say('it names an archive twice');
  for (const { file } of archives) {
    if (formatOf(file) === undefined) say(`it names ${file} as an archive`);
  }
}

async function sha256Of(series: Series, snapshot: string, file: string): Promise<string | undefined> {
  const bytes = await series.store.read(series.key(snapshot, file));
  return bytes === undefined ? undefined : createHash('sha256').update(bytes).digest('hex');
}
