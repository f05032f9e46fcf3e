// How far the tree and the history grow, and the goal set for it.

import { CASES } from './cases.ts';
import type { Case, CaseId } from './cases.ts';

/** Files in the tree. */
export const SIZES: readonly number[] = [10_000, 30_000, 100_000, 300_000, 1_000_000];

/** Snapshots in the series, where the table has a row. */
export const MILESTONES: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200];

const GROWTH_CASE_IDS: readonly CaseId[] = ['first', 'nothing', 'changed'];
export const GROWTH_CASES: readonly Case[] = CASES.filter(({ id }) => GROWTH_CASE_IDS.includes(id));

export const GROWTH_MEMORY_GOAL = { files: 1_000_000, atMostBytes: 700e6 } as const;

const ONE_RUN_FROM = 300_000;

/** A run of a large tree takes minutes, and what disturbs it for a moment counts for little. */
export const runsFor = (files: number): number => (files >= ONE_RUN_FROM ? 1 : 3);

/** Those of `steps` up to `most`; `most` itself when it is below them all. */
export function stepsUpTo(steps: readonly number[], most: number): readonly number[] {
  const below = steps.filter((step) => step <= most);
  return below.length > 0 ? below : [most];
}
