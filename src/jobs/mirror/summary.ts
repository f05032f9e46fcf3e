import type { Series } from '../../series/series.ts';
import { openMirror } from './open-mirror.ts';

/** What there is in a mirror. */
export interface MirrorSummary {
  readonly series: string;
  readonly folder: string;
  /** Since when it is what its source is; undefined: it never was as a whole. */
  readonly scanned: Date | undefined;
  readonly files: number;
  readonly bytes: number;
  /** Those with content. */
  readonly versions: number;
  readonly versionBytes: number;
}

/** @throws {@link SnapshotError} as {@link openMirror} does. */
export async function summaryOf(series: Series): Promise<MirrorSummary> {
  const { state, versions } = await openMirror(series);
  const files = [...state.held.values()].filter(({ type }) => type === 'file');
  const stored = versions.filter(({ file }) => file !== undefined);
  return {
    series: series.title,
    folder: series.home,
    scanned: state.scanned,
    files: files.length,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    versions: stored.length,
    versionBytes: stored.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  };
}
