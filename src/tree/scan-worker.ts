// The thread that walks a source: posts entries in chunks, then how it ended.
import { parentPort, workerData } from 'node:worker_threads';
import { SnapshotError } from '../errors.ts';
import type { Problem } from './entry.ts';
import { type EntryChunk, EntryTable } from './entry-table.ts';
import { scan } from './scan.ts';

export interface ScanRequest {
  readonly source: string;
  readonly exclude: readonly string[];
}

export type ScanMessage =
  | { readonly kind: 'chunk'; readonly chunk: EntryChunk }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] }
  | { readonly kind: 'done'; readonly isFile: boolean }
  | { readonly kind: 'refused'; readonly message: string; readonly hint: string | undefined };

const CHUNK_ENTRIES = 8192;

function work(request: ScanRequest): void {
  let table = new EntryTable(CHUNK_ENTRIES);
  const problems: Problem[] = [];
  const flush = (): void => {
    const { chunk, transfer } = table.toChunk();
    post({ kind: 'chunk', chunk }, transfer);
    table = new EntryTable(CHUNK_ENTRIES);
  };
  try {
    const { isFile } = scan(request.source, request.exclude, {
      entry(entry) {
        table.push(entry);
        if (table.length === CHUNK_ENTRIES) flush();
      },
      problem: (problem) => problems.push(problem),
    });
    flush();
    post({ kind: 'problems', problems });
    post({ kind: 'done', isFile });
  } catch (error) {
    // Class and code do not survive the way to the other thread; a bug is rethrown and keeps its stack.
    if (!(error instanceof SnapshotError)) throw error;
    post({ kind: 'refused', message: error.message, hint: error.hint });
  }
}

function post(message: ScanMessage, transfer: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}

work(workerData as ScanRequest);
