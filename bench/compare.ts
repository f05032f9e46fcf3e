// Sets our tools beside the others. Pure.

import type { Case } from './cases.ts';
import type { Sample } from './sample.ts';
import type { Measurement } from './session.ts';

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

/** Of the memory of all samples that have one: GNU time may be missing. */
export function memorySpread(samples: readonly Sample[]): Spread | undefined {
  return spreadOf(samples.map(({ memoryBytes }) => memoryBytes).filter((bytes) => bytes !== undefined));
}

/** The figures of one of our tools, with those of a peer as 1. */
export interface Comparison {
  readonly testCase: Case;
  readonly peer: Measurement['tool'];
  readonly time: Spread;
  /** Bytes added. `undefined` where the peer added none. */
  readonly added: Spread | undefined;
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
    const ratios = (figure: (sample: Sample) => number): Spread | undefined =>
      spreadOf(
        (own?.samples ?? [])
          .slice(0, samples.length)
          .map((sample, index) => figure(sample) / (samples[index] ? figure(samples[index]) : NaN))
          .filter(Number.isFinite),
      );
    const time = ratios(({ seconds }) => seconds);
    const added = ratios(({ addedBytes }) => addedBytes);
    return time === undefined ? [] : [{ testCase, peer: tool, time, added }];
  });
}
