import { EXIT_STATUS, gravestStatus } from '../../base/errors.ts';
import { findAll, rowOf } from '../../jobs/address.ts';
import { findInSeries, type FoundInSeries, type FoundPath, type Stay } from '../../jobs/look/find.ts';
import { formatLocal } from '../../jobs/moment.ts';
import { outOfReach } from '../../jobs/reach.ts';
import { refusePlain } from '../../jobs/refuse-plain.ts';
import { orFailure } from '../../jobs/or-failure.ts';
import { loadPlan, type Plan } from '../../plan/plan.ts';
import { rowLabel } from '../../plan/row-label.ts';
import { pathProperty } from '../../series/index/index-line.ts';
import type { Series } from '../../series/series.ts';
import { globFor } from '../../tree/globs.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { dateOf, formatNs, hashText, LOST, pathText } from '../views/entry-text.ts';
import { formatBytes, formatCountOf } from '../../base/amounts.ts';
import { printLines } from '../views/print-lines.ts';
import { failureEvent, showFailure } from '../views/series-failure.ts';
import { sentence } from '../views/wrap-words.ts';
import { commandLine } from '../../base/command-line.ts';
import { shellWord } from '../../base/shell-word.ts';
import { recallFor } from '../state.ts';
import type { Terminal } from '../terminal.ts';

export interface FindCommandOptions extends CommonOptions {
  readonly globs: readonly string[];
  readonly series: string | undefined;
}

/** With more paths than this, one example of a command says enough. */
const MOST_COMMANDS = 10;

export async function findCommand(options: FindCommandOptions, terminal: Terminal): Promise<number> {
  const { json, quiet, globs } = options;
  let plan: Plan | undefined;
  const load = async (): Promise<Plan> => (plan = await loadPlan(options.plan));
  const recall = recallFor(terminal);
  const asked = await findAll(options.series, load, recall);
  const all = asked.filter((series) => series.hasSnapshots);
  if (all.length === 0) for (const series of asked) refusePlain(series);
  if (all.length < asked.length && !json)
    terminal.err('Mirrors and syncs are not looked into: they hold the files themselves.');
  const show = json ? jsonLines : textLines;
  const statuses: number[] = [];
  const unseen: string[] = [];
  let paths = 0;
  let isRead = true;
  for (const series of all) {
    const label = labelIn(series, all);
    const found = await orFailure(series, all.length > 1, async () => {
      const out = await outOfReach(series, plan && rowOf(series, plan), recall, new Date());
      return out === undefined ? await findInSeries(series, globs) : { out };
    });
    if ('out' in found) {
      const { message, isOverdue } = found.out;
      unseen.push(label);
      statuses.push(isOverdue ? 1 : 0);
      if (json) {
        terminal.out(
          JSON.stringify({ event: 'waiting', series: series.name, folder: series.place(), message }),
        );
      } else
        terminal.err(
          sentence(`${terminal.style('yellow', 'not looked into:')} `, `${label}: ${message}`, terminal),
        );
      continue;
    }
    if ('error' in found) {
      unseen.push(label);
      statuses.push(EXIT_STATUS[found.error.code]);
      if (json) terminal.out(JSON.stringify(failureEvent(found)));
      else showFailure(found, terminal);
      continue;
    }
    paths += found.paths.length;
    const isHurt = found.paths.some(({ stays }) => stays.some(({ isLost }) => isLost));
    if (found.damaged.length > 0 || isHurt) statuses.push(3);
    for (const { message } of found.damaged) {
      const event = { event: 'damaged', series: series.name, folder: series.place(), message };
      if (json) terminal.out(JSON.stringify(event));
      else terminal.err(`${terminal.style('red', 'damaged:')} ${message}`);
    }
    const name =
      options.series === undefined
        ? addressOf(series, all)
        : all.length > 1
          ? series.place()
          : options.series;
    if (json || !quiet) isRead &&= await printLines(show(found, name, label, terminal), terminal);
    if (!isRead) break;
  }
  const isNothing = paths === 0 && isRead;
  const status = gravestStatus(statuses) || (isNothing ? 1 : 0);
  if (!isRead) return status;
  if (json) terminal.out(JSON.stringify({ event: 'end', status, paths }));
  else if (isNothing) terminal.err(nothingText(globs, unseen, statuses.includes(3)));
  else if (!quiet) terminal.out(terminal.style('dim', `${formatCountOf(paths, 'path')} found.`));
  return status;
}

/** Says that nothing was found, and where nobody looked. */
function nothingText(globs: readonly string[], unseen: readonly string[], isDamaged: boolean): string {
  const what = `anything that matches ${globs.map((glob) => `\`${glob}\``).join(' or ')}`;
  if (unseen.length === 0 && !isDamaged) return `No snapshot has ${what}.`;
  const where = [...unseen, ...(isDamaged ? ['what is damaged'] : [])].join(', ');
  return `No snapshot that could be looked into has ${what}. Not looked into: ${where}.`;
}

function labelIn(series: Series, all: readonly Series[]): string {
  return rowLabel({ name: series.name, destination: series.store.label }, all);
}

/** How a user names `series`. */
function addressOf(series: Series, all: readonly Series[]): string {
  return all.filter(({ name }) => name === series.name).length > 1 ? series.place() : series.name;
}

function* textLines(
  { paths, times }: FoundInSeries,
  address: string,
  label: string,
  terminal: Terminal,
): Generator<string> {
  for (const found of paths) {
    const type = found.stays.at(-1)?.item.entry.type ?? 'file';
    yield `${terminal.style('dim', `${label}:`)} ${terminal.style('bold', pathText(found.path, type))}`;
    for (const stay of found.stays.toReversed()) {
      const line = `  ${stayText(stay, times)}`;
      yield stay.isLost ? sentence(`${line}  `, terminal.style('red', LOST), terminal) : line;
      if (paths.length <= MOST_COMMANDS && !stay.isLost)
        yield terminal.style('dim', `     ${restoreCommand(found, stay, address)}`);
    }
  }
  const found = paths.find(({ stays }) => stays.some(({ isLost }) => !isLost));
  const stay = found?.stays.findLast(({ isLost }) => !isLost);
  if (found !== undefined && stay !== undefined && paths.length > MOST_COMMANDS) {
    yield terminal.style('dim', `To bring one back: ${restoreCommand(found, stay, address)}`);
  }
}

function stayText({ version, item, snapshots }: Stay, times: ReadonlyMap<string, Date>): string {
  const { entry } = item;
  const size = entry.type === 'file' ? formatBytes(entry.size) : entry.type;
  const changed = formatLocal(dateOf(entry.mtimeNs)).replace(/:\d\d$/, '');
  const [from, to] = [snapshots[0], snapshots.at(-1)].map((name) => dayOf(times.get(name ?? '')));
  const range = from === to ? `on ${from}` : `from ${from} to ${to}`;
  const count = formatCountOf(snapshots.length, 'snapshot');
  return `${String(version).padStart(2)} ${size.padStart(7)}  ${changed}  ${range}, ${count}`;
}

function dayOf(at: Date | undefined): string {
  return at === undefined ? '' : formatLocal(at).slice(0, 10);
}

function restoreCommand({ path }: FoundPath, { snapshots }: Stay, address: string): string {
  const words = ['restore', address, globFor(path), '--at', snapshots.at(-1) ?? '', '--to', 'restored'];
  return commandLine(words.map(shellWord).join(' '));
}

function* jsonLines({ paths, series }: FoundInSeries): Generator<string> {
  for (const { path, stays } of paths) {
    const versions = stays.map(({ version, item, snapshots, isLost }) => ({
      version,
      type: item.entry.type,
      size: item.entry.type === 'file' ? item.entry.size : undefined,
      mode: item.entry.mode.toString(8).padStart(4, '0'),
      mtime: formatNs(item.entry.mtimeNs),
      hash: hashText(item),
      snapshots,
      damaged: isLost,
    }));
    const folder = series.place();
    yield JSON.stringify({ event: 'path', series: series.name, folder, ...pathProperty(path), versions });
  }
}
