import { formatBytes, formatCountOf } from '../../base/amounts.ts';
import { formatLocal } from '../../jobs/moment.ts';
import type { MirrorSummary } from '../../jobs/mirror/summary.ts';
import type { Terminal } from '../terminal.ts';

/** A mirror in a list of series. */
export function mirrorLine(mirror: MirrorSummary, { style }: Terminal): string {
  const { series, folder, scanned, files, bytes, versions, versionBytes } = mirror;
  const as =
    scanned === undefined
      ? style('yellow', 'never brought up to date as a whole')
      : `equals its source as of ${formatLocal(scanned)}`;
  const older =
    versions === 0 ? 'no versions' : `${formatCountOf(versions, 'version')}, ${formatBytes(versionBytes)}`;
  return `${style('bold', series)}  ${style('dim', folder)}  mirror, ${as}; ${formatCountOf(files, 'file')}, ${formatBytes(bytes)}; ${older}`;
}

/** The same with `--json`, as docs/cli.md lists it. */
export function mirrorJson({ scanned, ...mirror }: MirrorSummary): object {
  const { series, folder, ...counts } = mirror;
  return { event: 'mirror', series, folder, scanned: scanned?.toISOString() ?? null, ...counts };
}
