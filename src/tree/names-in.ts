// What the listing of a folder tells.
import { readdirSync } from 'node:fs';
import { type BytePath, fromBytes } from './path.ts';

/** Names in byte order. As latin1, each character is one byte of the name. */
export function namesIn(folder: string | Buffer): BytePath[] {
  const names = readdirSync(folder, { encoding: 'latin1' }) as BytePath[];
  return names.toSorted((a, b) => (a < b ? -1 : 1));
}

/**
 * Names of the folders in `folder`, as its listing tells them, without a look at any; `unknown` where that fails.
 */
export function foldersIn(folder: string | Buffer): ReadonlySet<string> | 'unknown' {
  try {
    // Bytes throughout: where the type is missing, Node looks by itself, and has to find the name.
    const items = readdirSync(Buffer.from(folder), { encoding: 'buffer', withFileTypes: true });
    return new Set(items.flatMap((item) => (item.isDirectory() ? [fromBytes(item.name)] : [])));
  } catch {
    // Where a listing has no types, one name that cannot be looked at is enough. Then each is looked at for itself, and
    // a failure there is named.
    return 'unknown';
  }
}
