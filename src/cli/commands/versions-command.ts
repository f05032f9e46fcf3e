import { formatBytes, formatCountOf } from '../../base/amounts.ts';
import { commandLine } from '../../base/command-line.ts';
import { SnapshotError } from '../../base/errors.ts';
import { shellWord } from '../../base/shell-word.ts';
import { openMirror } from '../../jobs/mirror/open-mirror.ts';
import { formatLocal } from '../../jobs/moment.ts';
import { PairSeries } from '../../jobs/sync/pair-series.ts';
import { Choice } from '../../jobs/restore/choice.ts';
import { loadPlan } from '../../plan/plan.ts';
import { seriesWord } from '../../series/guards.ts';
import type { StoredVersion } from '../../mirror/versions.ts';
import { display } from '../../tree/path.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { openOrMirror } from '../state.ts';
import type { Terminal } from '../terminal.ts';
import { type Column, formatTable } from '../views/table.ts';

export interface VersionsCommandOptions extends CommonOptions {
  readonly mirror: string;
  readonly globs: readonly string[];
}

const COLUMNS: readonly Column[] = [
  { title: 'until' },
  { title: 'since' },
  { title: 'size', align: 'right' },
  { title: 'path' },
  { title: 'became' },
];

/** What the files of a mirror were before. */
export async function versionsCommand(options: VersionsCommandOptions, terminal: Terminal): Promise<number> {
  const { series } = await openOrMirror(options.mirror, async () => await loadPlan(options.plan), terminal);
  if (series.hasSnapshots) {
    throw new SnapshotError('E_USAGE', `\`${series.title}\` is no mirror, and no pair: it has snapshots`, {
      hint: `\`${commandLine(`list ${seriesWord(series.title)}`)}\` lists them; \`${commandLine('find GLOB')}\` finds a file in all of them.`,
    });
  }
  const choice = new Choice(options.globs.map(String));
  const versions = series instanceof PairSeries ? await ofPair(series) : (await openMirror(series)).versions;
  const found = versions.filter(({ path, type }) => type !== 'folder' && choice.has(path, false));
  if (options.json) {
    for (const { path, type, untilMs, sinceMs, file, movedTo, sizeBytes } of found) {
      const since = sinceMs === undefined ? null : new Date(sinceMs).toISOString();
      terminal.out(
        JSON.stringify({
          event: 'version',
          series: series.title,
          path: display(path),
          type,
          until: new Date(untilMs).toISOString(),
          since,
          bytes: sizeBytes,
          file: file === undefined ? null : display(file),
          movedTo: movedTo === undefined ? null : display(movedTo),
        }),
      );
    }
    terminal.out(JSON.stringify({ event: 'end', status: 0, versions: found.length }));
    return 0;
  }
  if (options.quiet) return 0;
  if (found.length === 0) {
    terminal.out('There is no version of it: nothing was replaced or deleted that is kept still.');
    return 0;
  }
  const newestFirst = found.toSorted((a, b) => b.untilMs - a.untilMs);
  const rows = newestFirst.map(({ path, untilMs, sinceMs, sizeBytes, movedTo }) => [
    formatLocal(new Date(untilMs)),
    sinceMs === undefined || sinceMs === 0 ? '–' : formatLocal(new Date(sinceMs)),
    movedTo === undefined ? formatBytes(sizeBytes) : '–',
    display(path),
    movedTo === undefined ? '' : display(movedTo),
  ]);
  terminal.out(formatTable(COLUMNS, rows, terminal));
  const [newest] = newestFirst;
  const before = formatLocal(new Date((newest?.untilMs ?? 1000) - 1000));
  const example = commandLine(
    `restore ${shellWord(options.mirror)} ${shellWord(display(newest?.path ?? ('' as never)))} --at '${before}' --to FOLDER`,
  );
  terminal.out(
    terminal.style('dim', `\n${formatCountOf(found.length, 'version')}. To get one back: \`${example}\``),
  );
  return 0;
}

/** Either side has some: what it had when the other one's came. */
async function ofPair(series: PairSeries): Promise<readonly StoredVersion[]> {
  const { pairVersions } = await import('../../jobs/sync/pair-versions.ts');
  return (await pairVersions(series)).map(({ path, untilMs, file, item: { type, size } }) => {
    const unknown = { sinceMs: undefined, movedTo: undefined, mode: undefined };
    return { path, type, untilMs, file, sizeBytes: size, ...unknown };
  });
}
