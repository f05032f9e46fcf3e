// Writes down how time and memory grow. Pure.

import type { CaseId } from './cases.ts';
import { memorySpread, spreadOf } from './compare.ts';
import { MISSING, formatCount, formatMegabytes, formatSpread, formatTable, yesOrNo } from './format.ts';
import { GROWTH_CASES, GROWTH_MEMORY_GOAL, MILESTONES } from './growth-steps.ts';
import type { Sample } from './sample.ts';
import type { Measurement } from './session.ts';

export interface SizePoint {
  readonly files: number;
  /** One for each of the cases. */
  readonly measurements: readonly Measurement[];
}

export interface HistoryPoint extends Sample {
  /** In the series, this one included. */
  readonly snapshots: number;
  /** What the whole series takes on disk. */
  readonly seriesBytes: number;
}

export interface GrowthReport {
  readonly sizes: readonly SizePoint[];
  /** Every snapshot, also those that the table leaves out. */
  readonly history: readonly HistoryPoint[];
  readonly historyFiles: number;
  /** What went wrong, for the reader of the numbers. */
  readonly notes: readonly string[];
}

export function samplesOf(point: SizePoint, id: CaseId): readonly Sample[] {
  return point.measurements.find(({ testCase }) => testCase.id === id)?.samples ?? [];
}

export function formatSizes(sizes: readonly SizePoint[]): string {
  return formatTable(
    ['files', ...GROWTH_CASES.flatMap(({ title }) => [title, 'memory'])],
    sizes.map((point) => [
      formatCount(point.files),
      ...GROWTH_CASES.map(({ id }) => samplesOf(point, id)).flatMap((samples) => [
        formatSpread(spreadOf(samples.map(({ seconds }) => seconds)), ' s'),
        formatMegabytes(memorySpread(samples)?.most),
      ]),
    ]),
  );
}

/** The most memory at the size that the goal is for counts, in whichever case it was. */
export function formatGrowthGoal(sizes: readonly SizePoint[]): string {
  const { files, atMostBytes } = GROWTH_MEMORY_GOAL;
  const measurements = sizes.find((point) => point.files === files)?.measurements ?? [];
  const most = memorySpread(measurements.flatMap(({ samples }) => samples))?.most;
  return formatTable(
    ['goal', 'measured', 'met'],
    [
      [
        `memory ≤ ${formatMegabytes(atMostBytes)} at ${formatCount(files)} files`,
        formatMegabytes(most),
        most === undefined ? MISSING : yesOrNo(most <= atMostBytes),
      ],
    ],
  );
}

export function formatHistory(history: readonly HistoryPoint[]): string {
  // The last one has a row in any case: a run may be shorter, or have failed.
  const shown = history.filter(
    ({ snapshots }, index) => MILESTONES.includes(snapshots) || index === history.length - 1,
  );
  return formatTable(
    ['snapshots', 'time', 'memory', 'added', 'series'],
    shown.map(({ snapshots, seconds, memoryBytes, addedBytes, seriesBytes }) => [
      formatCount(snapshots),
      formatSpread(spreadOf([seconds]), ' s'),
      formatMegabytes(memoryBytes),
      formatMegabytes(addedBytes),
      formatMegabytes(seriesBytes),
    ]),
  );
}

/** All of it in Markdown, in which it is also readable as plain text. */
export function formatGrowth({ sizes, history, historyFiles, notes }: GrowthReport): string {
  return [
    'The tree grows: small files, 100 to 500 bytes each, about a hundred to a folder. Medians of three runs, ' +
      'from 300,000 files on one run; memory is the most of all runs.',
    formatSizes(sizes),
    formatGrowthGoal(sizes),
    `The history grows: ${formatCount(historyFiles)} such files, 1% of them changed before each snapshot but ` +
      'the first, one run each.',
    formatHistory(history),
    ...notes.map((note) => `Note: ${note}.`),
  ].join('\n\n');
}
