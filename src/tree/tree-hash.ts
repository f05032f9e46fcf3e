import type { Entry } from './entry.ts';
import { baseName, type BytePath, parentOf } from './path.ts';

/** What one entry contributes to the hash of its folder. */
export interface HashedEntry {
  readonly entry: Pick<Entry, 'path' | 'type' | 'mode' | 'target'>;
  /** 64 hexadecimal digits: a file's content. */
  readonly hash: string | undefined;
}

export interface TreeHash {
  /** Hash of the root. */
  readonly tree: string;
  /** Hash of each top-level folder, in path order. */
  readonly folders: ReadonlyMap<BytePath, string>;
}

interface OpenFolder {
  readonly path: BytePath;
  readonly mode: number;
  /** One character per byte; a string, since a tree has as many records as entries. */
  records: string;
}

const LETTER = { file: 'f', folder: 'd', link: 'l' } as const;

/**
 * The hash of a tree; what goes into it is in `docs/format.md`, "Tree hash".
 *
 * @param entries - In path order; the root itself (the empty path) does not count.
 * @param hash - BLAKE3-256, as hexadecimal digits.
 */
export function treeHash(entries: Iterable<HashedEntry>, hash: (bytes: Uint8Array) => string): TreeHash {
  const folders = new Map<BytePath, string>();
  const root: OpenFolder = { path: '' as BytePath, mode: 0, records: '' };
  const open: OpenFolder[] = [];
  const top = (): OpenFolder => open.at(-1) ?? root;
  const close = (): void => {
    const folder = open.pop();
    if (folder === undefined) return;
    const value = hash(Buffer.from(folder.records, 'latin1'));
    if (open.length === 0) folders.set(folder.path, value);
    top().records += record('d', folder.mode, folder.path, value);
  };
  for (const { entry, hash: content } of entries) {
    if (entry.path === '') continue;
    const parent = parentOf(entry.path);
    while (open.length > 0 && top().path !== parent) close();
    if (entry.type === 'folder') {
      open.push({ path: entry.path, mode: entry.mode, records: '' });
    } else {
      const value = entry.type === 'link' ? (entry.target ?? '') : (content ?? '');
      top().records += record(LETTER[entry.type], entry.mode, entry.path, value);
    }
  }
  while (open.length > 0) close();
  return { tree: hash(Buffer.from(root.records, 'latin1')), folders };
}

function record(letter: string, mode: number, path: BytePath, value: string): string {
  return `${letter}${mode.toString(8).padStart(4, '0')} ${baseName(path)}\0${value}\0`;
}
