// A thread that scans: takes tasks one by one, posts what it found and what it left.
import { parentPort, workerData } from 'node:worker_threads';
import type { Problem } from './entry.ts';
import type { EntryChunk } from './entry-table.ts';
import { scan, type ScanTask } from './scan.ts';

/** What a scan thread is told when it starts: the source. */
export type ScanWorkerData = string;

export interface ScanReply {
  readonly chunk: EntryChunk;
  readonly problems: readonly Problem[];
  readonly rest: readonly ScanTask[];
}

/** Entries per task: enough that the messages cost little, few enough that all threads have work. */
const BUDGET = 4096;

const source = workerData as ScanWorkerData;

parentPort?.on('message', (task: ScanTask) => {
  const { entries, problems, rest } = scan(source, task, BUDGET);
  const { chunk, transfer } = entries.toChunk();
  parentPort?.postMessage({ chunk, problems, rest } satisfies ScanReply, transfer);
});
