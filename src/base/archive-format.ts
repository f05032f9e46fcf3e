/** The kinds of archive that this program writes; what their names end with. */
export type ArchiveFormat = 'tar.zst' | 'zip';

/** The kind of archive that a file is called as; undefined when it is none. */
export function formatOf(file: string): ArchiveFormat | undefined {
  if (file.endsWith('.tar.zst')) return 'tar.zst';
  return file.endsWith('.zip') ? 'zip' : undefined;
}
