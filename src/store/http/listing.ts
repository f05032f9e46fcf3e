// What a page of a listing in XML shows, as S3 and Azure write it.
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
