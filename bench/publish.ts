// Writes docs/benchmarks.md and its chart. What stands outside the markers is written by hand and stays.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { compare } from './compare.ts';
import type { CorpusCounts } from './corpus.ts';
import { drawGrowth } from './growth-plot.ts';
import type { GrowthReport } from './growth-report.ts';
import { formatGrowth } from './growth-report.ts';
import { hasGnuTime } from './measure.ts';
import { drawChart } from './plot.ts';
import { formatSession } from './report.ts';
import type { Session } from './session.ts';

const EMPTY_PAGE = '# Benchmarks\n';

export interface Circumstances {
  readonly counts: CorpusCounts;
  readonly scale: number;
  readonly seed: number;
  readonly runs: number;
  readonly work: string;
  /** `name version` of each tool that took part. */
  readonly versions: readonly string[];
}

function fileSystemOf(folder: string): string {
  return spawnSync('stat', ['-f', '-c', '%T', folder], { encoding: 'utf8' }).stdout.trim();
}

/** One item of a Markdown list. */
export function describeMachine(work: string): string {
  const processors = cpus();
  return (
    `- Machine: ${processors.length} cores (${processors[0]?.model.trim() ?? 'unknown'}), ` +
    `${(totalmem() / 1e9).toFixed(0)} GB of memory, ${type()}, ` +
    `file system ${fileSystemOf(work)}, Node ${process.versions.node}.`
  );
}

/** What a reader has to know to judge the numbers, as a Markdown list. */
export function describeCircumstances(circumstances: Circumstances): string {
  const { counts, scale, seed, runs, work, versions } = circumstances;
  return [
    describeMachine(work),
    `- Corpus: ${(counts.bytes / 1e9).toFixed(2)} GB in ${counts.files.toLocaleString('en')} files, ` +
      `${counts.folders.toLocaleString('en')} folders and ${counts.symlinks} links ` +
      `(scale ${scale}, seed ${seed}).`,
    `- Tools: ${versions.join('; ')}.`,
    `- Runs of each: ${runs}, the tools in turn, warm cache, disks flushed before each run. ` +
      'Medians, with the least and the most. Ratios are taken within each round.',
    hasGnuTime
      ? '- Memory: largest resident set, as GNU time reports it; summed over the programs of a pipeline. ' +
        'For tools of several processes (rsync), that of the largest.'
      : '- Memory was not measured: GNU time is not installed.',
    ...(scale === 1 ? [] : ['- The goals are meant for scale 1.']),
  ].join('\n');
}

/**
 * Puts `text` between the markers `<!-- NAME:begin -->` and `<!-- NAME:end -->` of `page`; without them, at
 * the end, below `heading` if there is one.
 */
export function replaceSection(page: string, name: string, text: string, heading?: string): string {
  const [beginMarker, endMarker] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [begin, end] = [page.indexOf(beginMarker), page.indexOf(endMarker)];
  const block = `${beginMarker}\n\n${text}\n\n${endMarker}`;
  if (begin < 0 || end < begin) {
    return `${[page.trimEnd(), ...(heading === undefined ? [] : [`## ${heading}`]), block].join('\n\n')}\n`;
  }
  return page.slice(0, begin) + block + page.slice(end + endMarker.length);
}

function updatePage(docs: string, update: (page: string) => string): void {
  const path = join(docs, 'benchmarks.md');
  writeFileSync(path, update(existsSync(path) ? readFileSync(path, 'utf8') : EMPTY_PAGE));
}

const writtenBy = (call: string): string =>
  `Written by \`npm run bench -- ${call}\` on ${new Date().toISOString().slice(0, 10)}.`;

/** Writes the numbers, and the chart when there is something to compare, to the folder `docs`. */
export function publish(docs: string, session: Session, circumstances: Circumstances): void {
  const comparisons = compare(session.measurements);
  if (comparisons.length > 0) writeFileSync(join(docs, 'benchmarks.svg'), drawChart(comparisons));
  const section = [
    writtenBy('--write'),
    describeCircumstances(circumstances),
    ...(comparisons.length > 0 ? ['![Time of snapshot in relation to other tools](benchmarks.svg)'] : []),
    formatSession(session),
  ].join('\n\n');
  updatePage(docs, (page) => replaceSection(page, 'bench', section));
}

/** Writes the table of servers far away to the folder `docs`: one section for each delay of the line. */
export function publishStores(
  docs: string,
  table: string,
  circumstances: Circumstances,
  delayMs: number,
): void {
  const line = delayMs === 0 ? '' : ` --delay ${delayMs}`;
  const section = [
    writtenBy(`--stores${line} --runs ${circumstances.runs} --write`),
    describeCircumstances(circumstances),
    table,
  ].join('\n\n');
  const heading = delayMs === 0 ? 'Servers far away' : `Servers far away, ${delayMs} ms each way`;
  updatePage(docs, (page) => replaceSection(page, `stores-${delayMs}`, section, heading));
}

/** Writes the tables and the chart of growth to the folder `docs`. */
export function publishGrowth(docs: string, report: GrowthReport, work: string): void {
  writeFileSync(join(docs, 'growth.svg'), drawGrowth(report));
  const section = [
    writtenBy('--growth --write'),
    describeMachine(work),
    '![Time and memory of snapshot as the tree and the history grow](growth.svg)',
    formatGrowth(report),
  ].join('\n\n');
  updatePage(docs, (page) => replaceSection(page, 'growth', section, 'Growth'));
}
