import { formatBytes, formatCountOf } from '../../base/amounts.ts';
import { formatLocal } from '../../jobs/moment.ts';
import { folderOf, openMirror } from '../../jobs/mirror/open-mirror.ts';
import type { Series } from '../../series/series.ts';
import type { Terminal } from '../terminal.ts';

/** A mirror in a list of series. */
export interface MirrorLine {
  readonly line: string;
  /** The same with `--json`, as docs/cli.md lists it. */
  readonly event: object;
}

/** What a mirror holds, and since when it is what its source is. */
export async function mirrorLine(series: Series, { style }: Terminal): Promise<MirrorLine> {
  const { state, versions } = await openMirror(series);
  const files = [...state.held.values()].filter(({ type }) => type === 'file');
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const stored = versions.filter(({ file }) => file !== undefined);
  const versionBytes = stored.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const as =
    state.scanned === undefined
      ? style('yellow', 'never brought up to date as a whole')
      : `equals its source as of ${formatLocal(state.scanned)}`;
  const older =
    stored.length === 0
      ? 'no versions'
      : `${formatCountOf(stored.length, 'version')}, ${formatBytes(versionBytes)}`;
  const folder = folderOf(series);
  return {
    line: `${style('bold', series.title)}  ${style('dim', folder)}  mirror, ${as}; ${formatCountOf(files.length, 'file')}, ${formatBytes(bytes)}; ${older}`,
    event: {
      event: 'mirror',
      series: series.title,
      folder,
      scanned: state.scanned?.toISOString() ?? null,
      files: files.length,
      bytes,
      versions: stored.length,
      versionBytes,
    },
  };
}
