// The column `exclude-if-present`: files that mark a folder as one that is not to be backed up.
import { InvalidValue, quoted } from './problem.ts';

/** Reads a cell: names, with `|` or a line break between them. */
export function parseMarkers(text: string): readonly string[] {
  const names = text.split(/[|\n]/).map((name) => name.trim());
  for (const name of names) {
    if (/[\\/]/.test(name)) {
      throw new InvalidValue(`${quoted(name)} is no name`, 'name the file without a folder, as `.nobackup`');
    }
    if (/[*?]/.test(name)) {
      throw new InvalidValue(
        `${quoted(name)} is a pattern`,
        'write each name as it is, with `|` between them',
      );
    }
    if (name === '.' || name === '..') throw new InvalidValue(`${quoted(name)} is no name`, 'name a file');
  }
  return names.filter((name) => name !== '');
}
