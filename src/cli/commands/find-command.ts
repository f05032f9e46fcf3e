import { findSeries, seriesOfPlan } from '../../jobs/address.ts';
import { findInSeries, type FoundInSeries, type FoundPath, type Stay } from '../../jobs/look/find.ts';
import { formatLocal } from '../../jobs/moment.ts';
import { loadPlan } from '../../plan/plan.ts';
import { pathProperty } from '../../series/index/index-line.ts';
import type { Series } from '../../series/series.ts';
import { globFor } from '../../tree/globs.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { dateOf, formatNs, hashText, pathText } from '../views/entry-text.ts';
import { formatBytes, formatCountOf } from '../../base/amounts.ts';
import { printLines } from '../views/print-lines.ts';
import { shellWord } from '../../base/shell-word.ts';
import type { Terminal } from '../terminal.ts';

export interface FindCommandOptions extends CommonOptions {
  readonly globs: readonly string[];
  readonly series: string | undefined;
}

/** With more paths than this, one example of a command says enough. */
const MOST_COMMANDS = 10;

export async function findCommand(options: FindCommandOptions, terminal: Terminal): Promise<number> {
  const { json, quiet, globs } = options;
  const plan = async (): ReturnType<typeof loadPlan> => await loadPlan(options.plan);
  const all =
    options.series === undefined ? seriesOfPlan(await plan()) : [await findSeries(options.series, plan)];
  const show = json ? jsonLines : textLines;
  let [paths, isDamaged] = [0, false];
  let isRead = true;
  for (const series of all) {
    const found = await findInSeries(series, globs);
    paths += found.paths.length;
    isDamaged ||= found.damaged.length > 0;
    for (const { message } of found.damaged) {
      const event = { event: 'damaged', series: series.name, folder: series.place(), message };
      if (json) terminal.out(JSON.stringify(event));
      else terminal.err(`${terminal.style('red', 'damaged:')} ${message}`);
    }
    const name = options.series ?? addressOf(series, all);
    if (json || !quiet) isRead &&= await printLines(show(found, name, terminal), terminal);
    if (!isRead) break;
  }
  const status = isDamaged ? 3 : paths === 0 && isRead ? 1 : 0;
  if (!isRead) return status;
  if (json) terminal.out(JSON.stringify({ event: 'end', status, paths }));
  else if (status === 1) {
    terminal.err(`Nothing matches ${globs.map((glob) => `\`${glob}\``).join(' or ')}, in no snapshot.`);
  } else if (!quiet) terminal.out(terminal.style('dim', `${formatCountOf(paths, 'path')} found.`));
  return status;
}

/** How a user names `series`. */
function addressOf(series: Series, all: readonly Series[]): string {
  return all.filter(({ name }) => name === series.name).length > 1 ? series.place() : series.name;
}

function* textLines(
  { paths, series, times }: FoundInSeries,
  address: string,
  terminal: Terminal,
): Generator<string> {
  for (const found of paths) {
    const type = found.stays.at(-1)?.item.entry.type ?? 'file';
    yield `${terminal.style('dim', `${series.name}:`)} ${terminal.style('bold', pathText(found.path, type))}`;
    for (const stay of found.stays.toReversed()) {
      yield `  ${stayText(stay, times)}`;
      if (paths.length <= MOST_COMMANDS)
        yield terminal.style('dim', `     ${restoreCommand(found, stay, address)}`);
    }
  }
  const [found] = paths;
  const stay = found?.stays.at(-1);
  if (found !== undefined && stay !== undefined && paths.length > MOST_COMMANDS) {
    yield terminal.style('dim', `To bring one back: ${restoreCommand(found, stay, address)}`);
  }
}

function stayText({ version, item, snapshots }: Stay, times: ReadonlyMap<string, Date>): string {
  const { entry } = item;
  const size = entry.type === 'file' ? formatBytes(entry.size) : entry.type;
  const changed = formatLocal(dateOf(entry.mtimeNs)).slice(0, 16);
  const [from, to] = [snapshots[0], snapshots.at(-1)].map((name) => dayOf(times.get(name ?? '')));
  const range = from === to ? `on ${from}` : `from ${from} to ${to}`;
  const count = formatCountOf(snapshots.length, 'snapshot');
  return `${String(version).padStart(2)} ${size.padStart(7)}  ${changed}  ${range}, ${count}`;
}

function dayOf(at: Date | undefined): string {
  return at === undefined ? '' : formatLocal(at).slice(0, 10);
}

function restoreCommand({ path }: FoundPath, { snapshots }: Stay, address: string): string {
  const words = [
    'snapshot',
    'restore',
    address,
    globFor(path),
    '--at',
    snapshots.at(-1) ?? '',
    '--to',
    'restored',
  ];
  return words.map(shellWord).join(' ');
}

function* jsonLines({ paths, series }: FoundInSeries): Generator<string> {
  for (const { path, stays } of paths) {
    const versions = stays.map(({ version, item, snapshots }) => ({
      version,
      type: item.entry.type,
      size: item.entry.type === 'file' ? item.entry.size : undefined,
      mode: item.entry.mode.toString(8).padStart(4, '0'),
      mtime: formatNs(item.entry.mtimeNs),
      hash: hashText(item),
      snapshots,
    }));
    const folder = series.place();
    yield JSON.stringify({ event: 'path', series: series.name, folder, ...pathProperty(path), versions });
  }
}
