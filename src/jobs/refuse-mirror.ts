import { commandLine } from '../base/command-line.ts';
import { SnapshotError } from '../base/errors.ts';
import { seriesWord } from '../series/guards.ts';
import type { Series } from '../series/series.ts';

/** @throws {@link SnapshotError} `E_USAGE` where there are no snapshots, but the files themselves. */
export function refuseMirror(series: Series): void {
  if (!series.isMirror) return;
  // By its folder, which needs no plan.
  const name = seriesWord(series.home);
  throw new SnapshotError(
    'E_USAGE',
    `\`${series.title}\` is a mirror: it has no snapshots, but the files themselves`,
    {
      hint: `They are in "${series.home}". What they were before: \`${commandLine(`versions ${name}`)}\`, \`${commandLine(`restore ${name} --at WHEN --to FOLDER`)}\`.`,
    },
  );
}
