// The end of an upload: what is there, asked once more, and a receipt of it.
import type { VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { messageOf } from '../shared/ask.ts';
import type { Item, Queue } from './queue.ts';
import { receiptOf, sentenceOf } from './receipt.ts';

export interface ReceiptCardProps {
  readonly account: string;
  readonly queue: Queue;
  readonly verify: () => Promise<readonly Item[]>;
  readonly onClear: () => void;
}

export function ReceiptCard({ account, queue, verify, onClear }: ReceiptCardProps): VNode {
  const [verified, setVerified] = useState<readonly Item[]>();
  const [problem, setProblem] = useState<string>();
  const ask = (): void => {
    setProblem(undefined);
    verify().then(setVerified, (error: unknown) => setProblem(messageOf(error)));
  };
  useEffect(ask, [queue]);
  return (
    <section class="card" aria-label="Receipt">
      <div role="status">
        <h2 class={verified === undefined ? 'quiet' : verified.length === queue.length ? 'good' : 'warn'}>
          {verified === undefined ? 'Asking the server once more...' : sentenceOf(verified, queue.length)}
        </h2>
      </div>
      {problem === undefined ? null : (
        <p class="bad" role="alert">
          Not verified yet: {problem}{' '}
          <button class="plain" type="button" onClick={ask}>
            Ask again
          </button>
        </p>
      )}
      <div class="row">
        {verified === undefined ? null : (
          <button class="main" type="button" onClick={() => save(receiptOf(verified, account, new Date()))}>
            Save the receipt
          </button>
        )}
        <button type="button" onClick={onClear}>
          Clear this list
        </button>
      </div>
    </section>
  );
}

function save(text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = `snapshot-receipt-${new Date().toISOString().slice(0, 10)}.txt`;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
