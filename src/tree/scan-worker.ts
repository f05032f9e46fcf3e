// A thread that scans: takes tasks one by one, posts what it found and what it left.
import { parentPort } from 'node:worker_threads';
import type { Problem } from './entry.ts';
import type { EntryChunk } from './entry-table.ts';
import type { Rules } from './exclude.ts';
import type { BytePath } from './path.ts';
import { scan } from './scan.ts';
import type { ScanTask } from './walk.ts';

export interface ScanRequest {
  readonly source: string;
  readonly task: ScanTask;
}

export interface ScanReply {
  readonly chunk: EntryChunk;
  readonly problems: readonly Problem[];
  readonly crossings: readonly BytePath[];
  readonly rules: readonly Rules[];
  readonly rest: readonly ScanTask[];
}

/** Entries per task: enough that the messages cost little, few enough that all threads have work. */
const BUDGET = 4096;

parentPort?.on('message', ({ source, task }: ScanRequest) => {
  const { entries, problems, crossings, rules, rest } = scan(source, task, BUDGET);
  const { chunk, transfer } = entries.toChunk();
  parentPort?.postMessage({ chunk, problems, crossings, rules, rest } satisfies ScanReply, transfer);
});
