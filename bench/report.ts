// Turns samples into the table that is printed and written to docs/benchmarks.md. Pure.

import type { Comparison } from './compare.ts';
import { compare, memorySpread, spreadOf } from './compare.ts';
import { formatMegabytes, formatSpread, formatTable, megabytes } from './format.ts';
import { formatGoals, judge } from './goals.ts';
import type { Measurement, Session } from './session.ts';

const HEADINGS = ['case', 'tool', 'time', 'memory', 'added', 'snapshot takes', 'snapshot adds'];

function rowOf(measurement: Measurement, comparisons: readonly Comparison[]): string[] {
  const { testCase, tool, samples } = measurement;
  const comparison = comparisons.find(
    ({ testCase: { id }, peer }) => id === testCase.id && peer.id === tool.id,
  );
  const isPeer = tool.comparedWith !== undefined;
  return [
    testCase.title,
    tool.title,
    formatSpread(spreadOf(samples.map(({ seconds }) => seconds)), ' s'),
    formatMegabytes(memorySpread(samples)?.median),
    formatSpread(spreadOf(samples.map(({ addedBytes }) => addedBytes)), ' MB', megabytes),
    isPeer ? formatSpread(comparison?.time, 'x') : '',
    isPeer ? formatSpread(comparison?.added, 'x') : '',
  ];
}

/** One row for each tool in each case that it took part in. */
export function formatMeasurements(measurements: readonly Measurement[]): string {
  const comparisons = compare(measurements);
  const measured = measurements.filter(({ samples }) => samples.length > 0);
  return formatTable(
    HEADINGS,
    measured.map((measurement) => rowOf(measurement, comparisons)),
  );
}

/** All that a session gives: what was measured, how that compares with the goals, and what went wrong. */
export function formatSession({ measurements, notes }: Session): string {
  return [
    formatMeasurements(measurements),
    formatGoals(judge(measurements)),
    ...notes.map((note) => `Note: ${note}.`),
  ].join('\n\n');
}
