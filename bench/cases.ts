// What is measured, and the goals set for it.

import { changeBigFile, mutate } from './mutate.ts';

export type CaseId = 'first' | 'nothing' | 'restore' | 'verify' | 'file' | 'changed' | 'big' | 'help';

/** What a run is judged by: time on the wall, or the bytes that it adds to the destination. */
export type Figure = 'time' | 'added';

/** A figure of ours at most so many times that of a peer. Which tool of ours it is, the peer says. */
export interface Goal {
  readonly figure: Figure;
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

const goal = (figure: Figure, peer: string, atMost: number): Goal => ({ figure, peer, atMost });

/** In the order they are run: the cases without changes come before those with. */
export const CASES: readonly Case[] = [
  {
    id: 'first',
    title: 'first run',
    fresh: true,
    goals: [goal('time', 'tar', 1.15), goal('time', 'zip', 1), goal('time', 'restic', 0.5)],
  },
  {
    id: 'nothing',
    title: 'nothing changed',
    fresh: false,
    goals: [goal('time', 'rsync', 1), goal('time', 'restic', 0.25)],
  },
  { id: 'restore', title: 'full restore', fresh: false, goals: [goal('time', 'restic', 1)] },
  { id: 'verify', title: 'full verify', fresh: false, goals: [goal('time', 'restic', 1)] },
  { id: 'file', title: 'one file out (0.3 s at most)', fresh: false, goals: [] },
  {
    id: 'changed',
    title: '1% of files changed',
    fresh: false,
    change: (tree, round) => {
      mutate(tree, { fraction: 0.01, round });
    },
    goals: [goal('time', 'restic', 0.25), goal('added', 'restic', 1.2)],
  },
  {
    id: 'big',
    title: 'one big file changed by 1 MB',
    fresh: false,
    change: changeBigFile,
    goals: [],
  },
  { id: 'help', title: 'start: --help', fresh: true, goals: [goal('time', 'node', 2.5)] },
];

/** The most that a tool of ours may take, in every case, at scale 1. */
export const MEMORY_GOAL = { tool: 'snapshot', atMostBytes: 300e6 } as const;
