import { SnapshotError } from '../../base/errors.ts';
import { commandLine } from '../../base/command-line.ts';
import { shellWord } from '../../base/shell-word.ts';
import { rowOf } from '../../jobs/address.ts';
import { chooseRange, diffSnapshots, type Range } from '../../jobs/look/diff.ts';
import { countDifferences, type Difference, toBackUp } from '../../jobs/look/difference.ts';
import { foldDifferences } from '../../jobs/look/fold.ts';
import { SeriesPlaces } from '../../jobs/run/series-places.ts';
import { formatLocal } from '../../jobs/moment.ts';
import { loadPlan } from '../../plan/plan.ts';
import type { Series } from '../../series/series.ts';
import type { Problem } from '../../tree/entry.ts';
import { display } from '../../tree/path.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { statRows, statTable } from '../views/diff-stat.ts';
import { differenceJson, differenceText, foldedText } from '../views/difference-text.ts';
import { formatBytes, formatCount, formatCountOf } from '../../base/amounts.ts';
import { pathProperty } from '../../series/index/index-line.ts';
import { printLines } from '../views/print-lines.ts';
import { stopSignal } from '../stop-signal.ts';
import { openSeries } from '../state.ts';
import type { Terminal } from '../terminal.ts';

export interface DiffCommandOptions extends CommonOptions {
  readonly series: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly stat: boolean;
  readonly patch: boolean;
  readonly all: boolean;
}

interface Found {
  readonly differences: readonly Difference[];
  readonly problems: readonly Problem[];
  /** What a run would write now; undefined when nobody asked. */
  readonly backUp: { readonly files: number; readonly bytes: number } | undefined;
  /** Where what is compared lies. */
  readonly source?: string;
}

export async function diffCommand(options: DiffCommandOptions, terminal: Terminal): Promise<number> {
  const { json, quiet } = options;
  if (options.patch && (json || options.stat)) {
    throw new SnapshotError('E_USAGE', `--patch does not go with --${json ? 'json' : 'stat'}`);
  }
  const series = await openSeries(options.series, async () => await loadPlan(options.plan), terminal);
  const survey = await series.survey();
  const range = chooseRange(survey, options.from, options.to);
  if (range === undefined)
    return tellOfOne(series.name, survey.snapshots.at(-1)?.name ?? '', options, terminal);
  const isLatest = range.from === survey.snapshots.at(-1);
  const { differences, problems, backUp, source } =
    range.to === undefined
      ? await withNow(series, range, isLatest, options, terminal)
      : {
          differences: await diffSnapshots(series, range.from, range.to),
          problems: [],
          backUp: undefined,
          source: undefined,
        };
  const status = problems.length > 0 ? 3 : 0;
  const [from, to] = [range.from.name, range.to?.name ?? 'now'];
  if (!json && !quiet && !options.patch) terminal.out(terminal.style('bold', headLine(series.name, range)));
  if (options.patch) {
    const { printPatches } = await import('../views/patch-view.ts');
    const [old, now] = [
      { series, snapshot: range.from, snapshots: survey.snapshots },
      range.to === undefined
        ? { source: source ?? '' }
        : { series, snapshot: range.to, snapshots: survey.snapshots },
    ];
    if (!(await printPatches(differences, old, now, terminal))) return status;
  } else if (!quiet || json) {
    if (!(await printLines(linesOf(differences, options, terminal), terminal))) return status;
  }
  for (const { path, reason, kind } of problems) {
    if (json) terminal.out(JSON.stringify({ event: 'problem', kind, ...pathProperty(path), reason }));
    else terminal.err(`${terminal.style('yellow', 'not known:')} ${display(path) || '.'}: ${reason}`);
  }
  const count = countDifferences(differences);
  if (json)
    terminal.out(
      JSON.stringify({ event: 'end', status, series: series.name, from, to, change: count, backUp }),
    );
  else if (!quiet && !options.patch) terminal.out(terminal.style('dim', totalText(count, backUp)));
  return status;
}

/** After the first night nothing is wrong: there is only nothing to tell yet. */
function tellOfOne(
  series: string,
  only: string,
  { json, quiet }: DiffCommandOptions,
  { out }: Terminal,
): number {
  const change = { added: 0, modified: 0, removed: 0, moved: 0 };
  if (json) out(JSON.stringify({ event: 'end', status: 0, series, from: null, to: only, change }));
  else if (!quiet) {
    out(`${series} has one snapshot so far, ${only}: there is none to compare it with.`);
    out(`\`${commandLine(`diff ${shellWord(series)} now`)}\` compares it with the source.`);
  }
  return 0;
}

function* linesOf(
  differences: readonly Difference[],
  { json, stat, all }: DiffCommandOptions,
  terminal: Terminal,
): Generator<string> {
  if (json && stat)
    for (const row of statRows(differences)) yield JSON.stringify({ event: 'folder', ...row });
  else if (json) for (const one of differences) yield differenceJson(one);
  else if (stat) {
    if (differences.length > 0) yield statTable(statRows(differences), terminal);
  } else {
    for (const one of all ? differences : foldDifferences(differences))
      yield one.kind === 'folded' ? foldedText(one, terminal) : differenceText(one, terminal);
  }
}

async function withNow(
  series: Series,
  { from }: Range,
  isLatest: boolean,
  { plan: file, quiet, json }: DiffCommandOptions,
  terminal: Terminal,
): Promise<Found> {
  const plan = await loadPlan(file);
  const row = rowOf(series, plan);
  if (row === undefined) {
    throw new SnapshotError(
      'E_USAGE',
      `No row of "${plan.file}" makes "${series.place()}": its source is not known`,
    );
  }
  const { diffNow } = await import('../../jobs/look/diff-now.ts');
  const status = terminal.status(!quiet && !json);
  const stop = stopSignal(() => {});
  try {
    status.show(`scanning ${row.source}`);
    const progress = (files: number, total: number): void =>
      status.show(`reading what may have changed: ${formatCount(files)} of ${formatCount(total)} files`);
    const found = await diffNow(series, from, row, {
      signal: stop.signal,
      progress,
      apart: await new SeriesPlaces(plan.rows).apartFrom(row),
    });
    return { ...found, source: row.source, backUp: isLatest ? toBackUp(found.differences) : undefined };
  } catch (error) {
    if (stop.signal.aborted) throw new SnapshotError('E_STOPPED', 'Stopped by the user', { cause: error });
    throw error;
  } finally {
    status.clear();
    stop.dispose();
  }
}

function headLine(series: string, { from, to }: Range): string {
  return `${series}: ${formatLocal(from.at)} -> ${to === undefined ? 'now' : formatLocal(to.at)}`;
}

function totalText(count: ReturnType<typeof countDifferences>, backUp: Found['backUp']): string {
  const parts = (['added', 'modified', 'removed', 'moved'] as const).flatMap((kind) =>
    count[kind] > 0 ? [`${formatCount(count[kind])} ${kind}`] : [],
  );
  const text = parts.length === 0 ? 'No differences' : parts.join(', ');
  if (backUp === undefined || parts.length === 0) return `${text}.`;
  return `${text}; ${formatCountOf(backUp.files, 'file')} would be backed up, ${formatBytes(backUp.bytes)}.`;
}
