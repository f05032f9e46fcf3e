// Turns samples into the table that is printed and written to docs/benchmarks.md. Pure.

import type { Case } from './cases.ts';
import { MEMORY_GOAL_BYTES } from './cases.ts';
import type { Measurement, Sample } from './session.ts';

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = values.toSorted((left, right) => left - right);
  const [least, most] = [sorted[0], sorted.at(-1)];
  const low = sorted[Math.ceil(sorted.length / 2) - 1];
  const high = sorted[Math.floor(sorted.length / 2)];
  if (least === undefined || most === undefined || low === undefined || high === undefined) return undefined;
  return { median: (low + high) / 2, least, most };
}

/** How long one of our tools takes, with a peer's time as 1. */
export interface Comparison {
  readonly testCase: Case;
  readonly peer: Measurement['tool'];
  readonly ratio: Spread;
}

/**
 * Compares each peer with the tool of ours that it names.
 *
 * Ratios are taken within each round, and then the median: what slows the machine for a while slows both.
 */
export function compare(measurements: readonly Measurement[]): Comparison[] {
  return measurements.flatMap(({ testCase, tool, samples }) => {
    const own = measurements.find(
      (other) => other.testCase.id === testCase.id && other.tool.id === tool.comparedWith,
    );
    const pairs = own?.samples.slice(0, samples.length) ?? [];
    const ratio = spreadOf(pairs.map((sample, index) => sample.seconds / (samples[index]?.seconds ?? NaN)));
    return ratio === undefined ? [] : [{ testCase, peer: tool, ratio }];
  });
}

const MISSING = '–';

const digits = (value: number): string => value.toFixed(value < 10 ? 2 : 1);

function formatSpread(spread: Spread | undefined, unit: string): string {
  if (spread === undefined) return MISSING;
  const { median, least, most } = spread;
  return `${digits(median)}${unit} (${digits(least)}–${digits(most)})`;
}

function formatMegabytes(bytes: number | undefined): string {
  if (bytes === undefined) return MISSING;
  return `${(bytes / 1e6).toFixed(Math.abs(bytes) < 10e6 ? 2 : 0)} MB`;
}

function medianOf(
  samples: readonly Sample[],
  value: (sample: Sample) => number | undefined,
): number | undefined {
  return spreadOf(samples.map(value).filter((bytes) => bytes !== undefined))?.median;
}

const yesOrNo = (met: boolean): string => (met ? 'yes' : 'no');

/** The cells "goal" and "met". A peer's row has a goal for our time; our own rows, one for our memory. */
function judge(measurement: Measurement, ratio: Spread | undefined): [goal: string, met: string] {
  const { testCase, tool, samples } = measurement;
  if (tool.comparedWith === undefined) {
    const memory = spreadOf(
      samples.map((sample) => sample.memoryBytes).filter((bytes) => bytes !== undefined),
    );
    const met = memory === undefined ? MISSING : yesOrNo(memory.most <= MEMORY_GOAL_BYTES);
    return [`memory ≤ ${MEMORY_GOAL_BYTES / 1e6} MB`, met];
  }
  const goal = testCase.goals.find(({ peer }) => peer === tool.id);
  if (goal === undefined) return ['', ''];
  return [`≤ ${goal.atMost}x`, ratio === undefined ? MISSING : yesOrNo(ratio.median <= goal.atMost)];
}

const HEADINGS = ['case', 'tool', 'time', 'memory', 'disk', 'snapshot takes', 'goal', 'met'];

function rowOf(measurement: Measurement, comparisons: readonly Comparison[]): string[] {
  const { testCase, tool, samples } = measurement;
  const ratio = comparisons.find(
    (comparison) => comparison.testCase.id === testCase.id && comparison.peer.id === tool.id,
  )?.ratio;
  return [
    testCase.title,
    // A bar would end the cell.
    tool.title.replaceAll('|', String.raw`\|`),
    formatSpread(spreadOf(samples.map((sample) => sample.seconds)), ' s'),
    formatMegabytes(medianOf(samples, (sample) => sample.memoryBytes)),
    formatMegabytes(medianOf(samples, (sample) => sample.addedBytes)),
    tool.comparedWith === undefined ? '' : formatSpread(ratio, 'x'),
    ...judge(measurement, ratio),
  ];
}

/** A Markdown table that is also aligned as plain text. */
export function formatTable(measurements: readonly Measurement[]): string {
  const comparisons = compare(measurements);
  const rows = measurements
    .filter(({ samples }) => samples.length > 0)
    .map((measurement) => rowOf(measurement, comparisons));
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [HEADINGS, widths.map((width) => '-'.repeat(width)), ...rows].map(line).join('\n');
}
