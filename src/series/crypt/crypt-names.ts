// How encrypted objects are called: `NAME.age`.
import { baseOf, folderOf } from '../../store/key.ts';
import type { StoreItem } from '../../store/store.ts';
import { INFO_FILE, LET_GO_FILE, NAMES_FILE, PINNED_FILE, SUMS_FILE, UNFINISHED_FILE } from '../names.ts';

export const SUFFIX = '.age';

/** They say nothing of the source, and have to be read without a key, or by other versions. */
const PLAIN: ReadonlySet<string> = new Set([
  UNFINISHED_FILE,
  LET_GO_FILE,
  PINNED_FILE,
  // Who begins another series at the same place asks whether it is this one.
  NAMES_FILE,
  'snapshot-disk.json',
  'README.txt',
]);

/** Whether the object `key` is stored as it is: markers and locks. */
export function isPlain(key: string): boolean {
  const name = baseOf(key).replace(/\.part$/, '');
  return PLAIN.has(name) || /^\.(?:lock|shared)-/.test(name);
}

/** The folder in which the lines of an encrypted log are: beside a log in the clear of which the name is taken. */
function inFolder(folder: string): string {
  return folder.endsWith('.jsonl') ? `${folder}${SUFFIX}` : folder;
}

/** What the object `key` is called when it is stored encrypted. */
export function sealedKey(key: string): string {
  const [folder, name] = [inFolder(folderOf(key)), baseOf(key)];
  // A part that was not finished.
  const sealed = name.endsWith('.part') ? `${name.slice(0, -'.part'.length)}${SUFFIX}.part` : name + SUFFIX;
  return folder === '' ? sealed : `${folder}/${sealed}`;
}

/** The folder `key`, and where its encrypted objects are if not there. */
export function foldersOf(key: string): readonly string[] {
  return [...new Set([key, inFolder(key)])];
}

/** What a stored item stands for; undefined for one that is not encrypted. A folder may be called anything. */
export function unsealedName({ name, isFolder }: Pick<StoreItem, 'name' | 'isFolder'>): string | undefined {
  const [, own, part = ''] = (isFolder ? /^(.+\.jsonl)\.age$/ : /^(.+)\.age(\.part)?$/).exec(name) ?? [];
  return own === undefined ? undefined : own + part;
}

/** In an encrypted snapshot there are two of each: one for all to see, and the true one. */
export function hasPublicTwin(name: string): boolean {
  return name === INFO_FILE || name === SUMS_FILE;
}
