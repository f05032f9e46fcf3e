// The thread that watches trees: it hears events also while its owner is busy.
import { parentPort } from 'node:worker_threads';
import type { BytePath } from '../path.ts';
import { EventQueue } from './event-queue.ts';
import type { FromWatcher, OfTree, ToWatcher, WatchOrder } from './messages.ts';
import { Watching } from './watching.ts';

const NONE: ReadonlySet<BytePath> = new Set();

const queue = new EventQueue();
const trees = new Map<number, Watching>();
const answered = new Map<number, (leftOut: ReadonlySet<BytePath>) => void>();

parentPort?.on('message', (message: OfTree<ToWatcher>) => {
  const { id } = message;
  switch (message.kind) {
    case 'watch':
      watch(id, message.order);
      break;
    case 'leftOut':
      answered.get(id)?.(message.leftOut);
      break;
    case 'stop':
      trees.get(id)?.stop();
      forget(id);
      tell(id, { kind: 'stopped' });
      break;
    // no default
  }
});

function watch(id: number, order: WatchOrder): void {
  const watching = new Watching(order, {
    queue,
    tell: (message) => {
      if (message.kind === 'failed') forget(id);
      tell(id, message);
    },
    leftOut: async (folders) => {
      if (!order.asks) return NONE;
      return await new Promise((resolve) => {
        answered.set(id, resolve);
        tell(id, { kind: 'ask', folders });
      });
    },
  });
  trees.set(id, watching);
  watching.start();
}

function forget(id: number): void {
  trees.delete(id);
  answered.delete(id);
}

function tell(id: number, message: FromWatcher): void {
  parentPort?.postMessage({ id, ...message } satisfies OfTree<FromWatcher>);
}
