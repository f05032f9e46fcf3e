import { Worker } from 'node:worker_threads';

// The test runner reads the sources; threads need what the compiler made of them.
const FILE = new URL(
  import.meta.url.endsWith('.ts') ? '../../dist/tree/scan-worker.js' : './scan-worker.js',
  import.meta.url,
);

/**
 * Room for garbage, in MB. What a scan allocates is short-lived; with V8's usual 16 MB it is copied around
 * for a tenth of the time that a scan takes. The thread ends before memory is needed for packing.
 */
const YOUNG_MB = 64;

const started: Worker[] = [];

/**
 * Starts a scan thread for later. It takes as long as reading the options and the plan, beside which it
 * goes on; a run that finds nothing changed is a tenth faster by it.
 */
export function startEarly(): void {
  const worker = start();
  // Should no scan come to it, it must not keep the program from ending.
  worker.unref();
  started.push(worker);
}

/** A thread that answers {@link ScanRequest} with {@link ScanReply}. The caller terminates it. */
export function takeScanThread(): Worker {
  const worker = started.pop();
  worker?.ref();
  return worker ?? start();
}

function start(): Worker {
  return new Worker(FILE, { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
}
