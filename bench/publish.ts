// Writes docs/benchmarks.md and its chart. What stands outside the markers is written by hand and stays.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem, type } from 'node:os';
import { join } from 'node:path';
import type { CorpusCounts } from './corpus.ts';
import { hasGnuTime } from './measure.ts';
import { drawChart } from './plot.ts';
import { compare, formatTable } from './report.ts';
import type { Session } from './session.ts';

const BEGIN = '<!-- bench:begin -->';
const END = '<!-- bench:end -->';
const EMPTY_PAGE = `# Benchmarks\n\n${BEGIN}\n${END}\n`;

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

/** What a reader has to know to judge the numbers, as a Markdown list. */
export function describeCircumstances(circumstances: Circumstances): string {
  const { counts, scale, seed, runs, work, versions } = circumstances;
  const processors = cpus();
  return [
    `- Machine: ${processors.length} cores (${processors[0]?.model.trim() ?? 'unknown'}), ` +
      `${(totalmem() / 1e9).toFixed(0)} GB of memory, ${type()}, ` +
      `file system ${fileSystemOf(work)}, Node ${process.versions.node}.`,
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

/** @returns `page` with `section` between its markers; without markers, at the end. */
export function replaceSection(page: string, section: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  const block = `${BEGIN}\n\n${section}\n\n${END}`;
  if (begin < 0 || end < begin) return `${page.trimEnd()}\n\n${block}\n`;
  return page.slice(0, begin) + block + page.slice(end + END.length);
}

/** Writes the numbers, and the chart when there is something to compare, to the folder `docs`. */
export function publish(docs: string, session: Session, circumstances: Circumstances): void {
  const page = join(docs, 'benchmarks.md');
  const comparisons = compare(session.measurements);
  if (comparisons.length > 0) writeFileSync(join(docs, 'benchmarks.svg'), drawChart(comparisons));
  const section = [
    `Written by \`npm run bench -- --write\` on ${new Date().toISOString().slice(0, 10)}.`,
    describeCircumstances(circumstances),
    ...(comparisons.length > 0 ? ['![Time of snapshot in relation to other tools](benchmarks.svg)'] : []),
    formatTable(session.measurements),
    ...session.notes.map((note) => `Note: ${note}.`),
  ].join('\n\n');
  const before = existsSync(page) ? readFileSync(page, 'utf8') : EMPTY_PAGE;
  writeFileSync(page, replaceSection(before, section));
}
