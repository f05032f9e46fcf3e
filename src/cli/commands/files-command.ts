import { formatLocal } from '../../jobs/moment.ts';
import { findFiles, type FoundCount } from '../../jobs/look/files.ts';
import { loadPlan } from '../../plan/plan.ts';
import { type IndexEntry, pathProperty } from '../../series/index/index-line.ts';
import { display } from '../../tree/path.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { dateOf, formatMode, formatNs, hashText, LOST, pathText } from '../views/entry-text.ts';
import { formatBytes, formatCountOf } from '../../base/amounts.ts';
import { printLines } from '../views/print-lines.ts';
import { sentence } from '../views/wrap-words.ts';
import { openSeries } from '../state.ts';
import type { Terminal } from '../terminal.ts';

export interface FilesCommandOptions extends CommonOptions {
  readonly series: string;
  readonly globs: readonly string[];
  readonly at: string | undefined;
}

export async function filesCommand(options: FilesCommandOptions, terminal: Terminal): Promise<number> {
  const { json, quiet, globs, at } = options;
  const series = await openSeries(options.series, async () => await loadPlan(options.plan), terminal);
  const { snapshot, entries, count, lost } = await findFiles(series, globs, at);
  let damaged = 0;
  const lines = function* (): Generator<string> {
    for (const entry of entries) {
      const isLost = lost.has(entry.hash);
      if (isLost) damaged++;
      if (json) yield jsonLine(entry, isLost);
      else if (!quiet)
        yield isLost
          ? sentence(`${textLine(entry)}  `, terminal.style('red', LOST), terminal)
          : textLine(entry);
    }
  };
  if (!(await printLines(lines(), terminal))) return 0;
  const isEmpty = count.files + count.folders + count.links === 0;
  const isHurt = damaged > 0 || lost.trouble !== undefined;
  const status = isEmpty && globs.length > 0 ? 1 : isHurt ? 3 : 0;
  if (json) {
    const { bytes, ...counts } = count;
    if (lost.trouble !== undefined)
      terminal.out(JSON.stringify({ event: 'damaged', series: series.name, message: lost.trouble }));
    const of = { series: series.name, snapshot: snapshot.name };
    terminal.out(JSON.stringify({ event: 'end', status, ...of, count: counts, bytes, damaged }));
    return status;
  }
  if (lost.trouble !== undefined) terminal.err(`${terminal.style('red', 'damaged:')} ${lost.trouble}`);
  if (damaged > 0) {
    const what = formatCountOf(damaged, 'file is', 'files are');
    terminal.err(
      `${terminal.style('red', 'damaged:')} ${what} in no archive any more, and cannot be restored`,
    );
  }
  if (isEmpty && globs.length > 0) {
    terminal.err(`Nothing in ${snapshot.name} matches ${globs.map((glob) => `\`${glob}\``).join(' or ')}.`);
  } else if (!quiet) {
    const when = `${snapshot.name}, ${formatLocal(snapshot.at)}`;
    terminal.out(terminal.style('dim', `${totalText(count)}  in ${when}`));
  }
  return status;
}

function totalText({ files, folders, links, bytes }: FoundCount): string {
  const parts = [
    formatCountOf(files, 'file'),
    ...(folders > 0 ? [formatCountOf(folders, 'folder')] : []),
    ...(links > 0 ? [formatCountOf(links, 'link')] : []),
    formatBytes(bytes),
  ];
  return parts.join(', ');
}

function textLine({ entry }: IndexEntry): string {
  const size = entry.type === 'file' ? formatBytes(entry.size) : '';
  const target = entry.target === undefined ? '' : ` -> ${display(entry.target)}`;
  const time = formatLocal(dateOf(entry.mtimeNs));
  return `${formatMode(entry)}  ${size.padStart(7)}  ${time}  ${pathText(entry.path, entry.type)}${target}`;
}

function jsonLine(item: IndexEntry, damaged: boolean): string {
  const { entry, user, group } = item;
  const { type, mode, uid, gid } = entry;
  return JSON.stringify({
    event: 'entry',
    ...pathProperty(entry.path),
    type,
    size: type === 'file' ? entry.size : undefined,
    mode: mode.toString(8).padStart(4, '0'),
    uid,
    gid,
    user,
    group,
    mtime: formatNs(entry.mtimeNs),
    hash: hashText(item),
    damaged,
    ...(entry.target === undefined ? {} : named('target', pathProperty(entry.target))),
    ...(entry.hardlink === undefined ? {} : named('hardlink', pathProperty(entry.hardlink))),
  });
}

/** The property of a path under another name. */
function named(key: string, property: ReturnType<typeof pathProperty>): Readonly<Record<string, string>> {
  return 'path' in property ? { [key]: property.path } : { [`${key}Base64`]: property.pathBase64 };
}
