// The thread that watches a tree: it hears events also while its owner is busy.
import { parentPort, workerData } from 'node:worker_threads';
import type { BytePath } from '../path.ts';
import type { FromWatcher, ToWatcher, WatchOrder } from './messages.ts';
import { Watching } from './watching.ts';

const order = workerData as WatchOrder;
let answered: (leftOut: ReadonlySet<BytePath>) => void = () => {};

parentPort?.on('message', (answer: ToWatcher) => answered(answer.leftOut));

function tell(message: FromWatcher): void {
  parentPort?.postMessage(message);
}

async function leftOut(folders: readonly BytePath[]): Promise<ReadonlySet<BytePath>> {
  if (!order.asks) return new Set();
  return await new Promise((resolve) => {
    answered = resolve;
    tell({ kind: 'ask', folders });
  });
}

await new Watching(order, tell, leftOut).start();
