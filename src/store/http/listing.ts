// Listings in XML, page by page, as S3 and Azure write them.
import { SnapshotError } from '../../base/errors.ts';
import type { StoreItem } from '../store.ts';
import { elements, textOf } from './xml.ts';

/** What a kind of server calls the elements of its listings. */
export interface Names {
  readonly file: string;
  /** In a file. */
  readonly key: string;
  readonly size: string;
  readonly modified: string;
  readonly tag: string;
  readonly folder: string;
  /** In a folder: its name, with a slash at its end. */
  readonly prefix: string;
}

/** What lies below a folder is asked for at once as long as it is no more pages. */
export const MOST_PAGES_AT_ONCE = 5;

interface Page {
  readonly items: readonly StoreItem[];
  /** What the next one is asked for with; undefined: this was the last one. `''`: there is more, and the server does not give it. */
  readonly next: string | undefined;
}

/**
 * All pages of a listing; undefined when there are more than `mostPages`.
 *
 * @param ask - Asks for the page that comes with `from`; undefined is the first one.
 * @throws {@link SnapshotError} `E_STORE` when the server does not go on.
 */
export async function allPages(
  mostPages: number,
  what: string,
  ask: (from: string | undefined) => Promise<Page>,
): Promise<readonly StoreItem[] | undefined> {
  const items: StoreItem[] = [];
  let from: string | undefined;
  for (let page = 0; page < mostPages; page++) {
    const { items: found, next } = await ask(from);
    items.push(...found);
    if (next === undefined) return items;
    if (next === '' || next === from) {
      throw new SnapshotError('E_STORE', `${what}: the server says that there is more, and does not give it`);
    }
    from = next;
  }
  return undefined;
}

/** What lies directly below `prefix`. */
export function itemsOf(xml: string, prefix: string, names: Names): readonly StoreItem[] {
  const files = elements(xml, names.file).map((item) => ({
    name: (textOf(item, names.key) ?? '').slice(prefix.length),
    isFolder: false,
    isFile: true,
    sizeBytes: Number(textOf(item, names.size)),
    modifiedMs: Date.parse(textOf(item, names.modified) ?? ''),
    tag: textOf(item, names.tag),
  }));
  const folders = elements(xml, names.folder).map((item) => ({
    name: (textOf(item, names.prefix) ?? '').slice(prefix.length, -1),
    isFolder: true,
    isFile: false,
    sizeBytes: 0,
    // Folders are only parts of names, and have no time.
    modifiedMs: 0,
  }));
  // Some programs make an object for the folder itself.
  return [...files, ...folders].filter(({ name }) => name !== '');
}
