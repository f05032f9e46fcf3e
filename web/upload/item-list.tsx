// The files, each with what becomes of it.
import type { VNode } from 'preact';
import { count, formatBytes } from '../shared/amounts.ts';
import type { Item, ItemState, Queue } from './queue.ts';

/** More are not drawn: a page with ten thousand lines is slow on a phone. */
const MOST_SHOWN = 200;

/** What a person wants to see first. */
const ORDER: Readonly<Record<ItemState, number>> = {
  failed: 0,
  sending: 1,
  hashing: 2,
  ready: 3,
  hashed: 3,
  waiting: 3,
  stored: 4,
  known: 4,
};

const WORDS: Readonly<Record<ItemState, { readonly text: string; readonly tone: string }>> = {
  failed: { text: 'Failed', tone: 'bad' },
  sending: { text: 'Sending', tone: '' },
  hashing: { text: 'Reading', tone: 'quiet' },
  ready: { text: 'Waiting', tone: 'quiet' },
  hashed: { text: 'Waiting', tone: 'quiet' },
  waiting: { text: 'Waiting', tone: 'quiet' },
  stored: { text: 'Stored', tone: 'good' },
  known: { text: 'Known, not sent', tone: 'good' },
};

export interface ItemListProps {
  readonly queue: Queue;
  readonly onDrop: (item: Item) => void;
}

export function ItemList({ queue, onDrop }: ItemListProps): VNode | null {
  if (queue.length === 0) return null;
  const shown = queue.toSorted((a, b) => ORDER[a.state] - ORDER[b.state]).slice(0, MOST_SHOWN);
  return (
    <section class="card" aria-label="Files">
      <h2>Files</h2>
      <ul class="list">
        {shown.map((item) => (
          <Line key={item.id} item={item} onDrop={onDrop} />
        ))}
      </ul>
      {queue.length > MOST_SHOWN ? (
        <p class="quiet">and {count(queue.length - MOST_SHOWN, 'more file')}</p>
      ) : null}
    </section>
  );
}

function Line({ item, onDrop }: { readonly item: Item; readonly onDrop: (item: Item) => void }): VNode {
  const { path, size, state, sent, storedAs, error } = item;
  const { text, tone } = WORDS[state];
  return (
    <li data-state={state}>
      <div class="line">
        <span class="grow">{path}</span>
        <span class="quiet number">{formatBytes(size)}</span>
        <span class={`state ${tone}`}>{text}</span>
      </div>
      {state === 'sending' ? <progress max={size || 1} value={sent} aria-label={path} /> : null}
      {storedAs === undefined ? null : (
        <p class="small warn">The name was taken by other content: it is there as {storedAs}</p>
      )}
      {error === undefined || state !== 'failed' ? null : (
        <div class="row">
          <span class="small bad">{error}</span>
          <button class="plain" type="button" aria-label={`Leave out ${path}`} onClick={() => onDrop(item)}>
            Leave out
          </button>
        </div>
      )}
    </li>
  );
}
