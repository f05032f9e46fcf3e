import { commandLine } from '../base/command-line.ts';
import { SnapshotError } from '../base/errors.ts';
import { seriesWord } from '../series/guards.ts';
import type { Series } from '../series/series.ts';
import { PairSeries } from './sync/pair-series.ts';

/** @throws {@link SnapshotError} `E_USAGE` where there are no snapshots, but the files themselves. */
export function refusePlain(series: Series): void {
  if (series.hasSnapshots) return;
  const isPair = series instanceof PairSeries;
  // By its folder, which needs no plan.
  const name = seriesWord(isPair ? series.title : series.home);
  const before = `\`${commandLine(`versions ${name}`)}\`, \`${commandLine(`restore ${name} --at WHEN --to FOLDER`)}\``;
  throw new SnapshotError(
    'E_USAGE',
    `\`${series.title}\` is a ${isPair ? 'pair that is synced' : 'mirror'}: it has no snapshots, but the files themselves`,
    { hint: `They are in ${isPair ? series.home : `"${series.home}"`}. What they were before: ${before}.` },
  );
}
