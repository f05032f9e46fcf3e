// What is measured, and the goals set for it.

import { changeBigFile, mutate } from './mutate.ts';

export type CaseId = 'first' | 'nothing' | 'changed' | 'big';

/** Time of `snapshot` at most so many times that of a peer. */
export interface Goal {
  readonly peer: string;
  readonly atMost: number;
}

export interface Case {
  readonly id: CaseId;
  readonly title: string;
  /** Each run starts with an empty destination. Otherwise it follows a backup of the tree as it was. */
  readonly fresh: boolean;
  /** Changes the tree once before each round of runs, so that all tools see the same changes. */
  readonly change?: (tree: string, round: number) => void;
  readonly goals: readonly Goal[];
}

/** In the order they are run: the cases without changes come before those with. */
export const CASES: readonly Case[] = [
  { id: 'first', title: 'first run', fresh: true, goals: [{ peer: 'tar', atMost: 1.15 }] },
  { id: 'nothing', title: 'nothing changed', fresh: false, goals: [{ peer: 'rsync', atMost: 1 }] },
  {
    id: 'changed',
    title: '1% of files changed',
    fresh: false,
    change: (tree, round) => {
      mutate(tree, { fraction: 0.01, round });
    },
    goals: [{ peer: 'restic', atMost: 0.25 }],
  },
  {
    id: 'big',
    title: 'one big file changed by 1 MB',
    fresh: false,
    change: changeBigFile,
    goals: [],
  },
];

/** For `snapshot`, in every case, at scale 1. */
export const MEMORY_GOAL_BYTES = 300e6;
