// How a series grew, and how long its runs took, as plots.
import { formatBytes, formatDuration } from '../../base/amounts.ts';
import { sizesOf } from '../look/stats.ts';
import { plot, type Point } from './plot.ts';
import type { SeriesStatus } from './read-status.ts';

/** So many runs are in the plot of times. */
const MOST_RUNS = 90;

/** SVG elements; an empty text for one that has nothing to show. */
export function plotsOf({ history = [], runs = [] }: SeriesStatus): readonly string[] {
  const sizes: readonly Point[] = sizesOf(history).map(({ at, totalBytes }) => ({ at, value: totalBytes }));
  const times: readonly Point[] = runs
    .slice(-MOST_RUNS)
    .flatMap(({ started, finished }) =>
      finished === undefined
        ? []
        : [{ at: new Date(started), value: Math.max(0, Date.parse(finished) - Date.parse(started)) }],
    )
    // A clock may have been put back.
    .toSorted((a, b) => a.at.getTime() - b.at.getTime());
  return [
    plot(sizes, { title: 'On disk, up to each snapshot', label: formatBytes, kind: 'line' }),
    plot(times, { title: 'How long runs took', label: formatDuration, kind: 'bars' }),
  ];
}
