// The archives that a snapshot can be exported as.
import { printable, SnapshotError } from '../../base/errors.ts';

export const EXPORT_FORMATS = ['zip', 'tar', 'tar.gz', 'tar.zst'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

const ENDINGS: readonly (readonly [RegExp, ExportFormat])[] = [
  [/\.zip$/i, 'zip'],
  [/\.tar$/i, 'tar'],
  [/\.(?:tar\.gz|tgz)$/i, 'tar.gz'],
  [/\.(?:tar\.zst|tzst)$/i, 'tar.zst'],
];

/**
 * The format that the ending of `file` says.
 *
 * @throws {@link SnapshotError} `E_USAGE` when it says none.
 */
export function formatOf(file: string): ExportFormat {
  const found = ENDINGS.find(([ending]) => ending.test(file));
  if (found !== undefined) return found[1];
  throw new SnapshotError('E_USAGE', `"${printable(file)}" does not say which kind of archive it is to be`, {
    hint: `Let it end with ${EXPORT_FORMATS.map((format) => `.${format}`).join(', ')}, or say so: --as ${EXPORT_FORMATS.join('|')}.`,
  });
}
