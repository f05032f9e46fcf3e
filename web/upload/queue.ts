// The files of an upload, and what becomes of each. Pure: no clock, no network, no page.

/**
 * Where a file is: it is hashed, held against what the library has, sent, and then `stored`; or it was `known`; or it
 * `failed`, which a person may act on.
 */
export type ItemState =
  | 'waiting'
  | 'hashing'
  | 'hashed'
  | 'ready'
  | 'sending'
  | 'stored'
  | 'known'
  | 'failed';

export interface Item {
  readonly id: number;
  /** Below the library. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  readonly state: ItemState;
  readonly blake3?: string;
  /** Where the upload goes on: `/v1/uploads/ID`. */
  readonly upload?: string;
  /** Bytes that the server has. */
  readonly sent: number;
  /** The name that it got, where its own was taken. */
  readonly storedAs?: string;
  readonly error?: string;
}

export type Queue = readonly Item[];

/** What the server says of a file in `/v1/check`. */
export interface CheckAnswer {
  readonly id: number;
  readonly status: 'have' | 'need' | 'partial';
  readonly upload?: string;
  readonly offset?: number;
}

export type Event =
  | { readonly type: 'add'; readonly items: readonly Pick<Item, 'id' | 'path' | 'size' | 'modified'>[] }
  | { readonly type: 'hash'; readonly id: number }
  | { readonly type: 'hashed'; readonly id: number; readonly blake3: string }
  | { readonly type: 'checked'; readonly answers: readonly CheckAnswer[] }
  | { readonly type: 'send'; readonly id: number }
  | { readonly type: 'begun'; readonly id: number; readonly upload: string }
  | { readonly type: 'sent'; readonly id: number; readonly sent: number }
  /** The line was cut: it is sent again, from where the server is. */
  | { readonly type: 'cut'; readonly id: number }
  /** What the server had of it is gone: it begins anew. */
  | { readonly type: 'lost'; readonly id: number }
  | { readonly type: 'done'; readonly id: number; readonly as: 'stored' | 'known'; readonly path?: string }
  | { readonly type: 'failed'; readonly id: number; readonly error: string }
  /** Those that failed are tried again, from the beginning. */
  | { readonly type: 'retry' }
  | { readonly type: 'drop'; readonly id: number }
  | { readonly type: 'clear' };

export function reduce(queue: Queue, event: Event): Queue {
  switch (event.type) {
    case 'add':
      return [...queue, ...event.items.map((item) => ({ ...item, state: 'waiting' as const, sent: 0 }))];
    case 'hash':
      return change(queue, event.id, () => ({ state: 'hashing' }));
    case 'hashed':
      return change(queue, event.id, () => ({ state: 'hashed', blake3: event.blake3 }));
    case 'checked': {
      const answers = new Map(event.answers.map((answer) => [answer.id, answer]));
      return queue.map((item) => {
        const answer = answers.get(item.id);
        return item.state === 'hashed' && answer !== undefined ? { ...item, ...afterCheck(answer) } : item;
      });
    }
    case 'send':
      return change(queue, event.id, () => ({ state: 'sending' }));
    case 'begun':
      return change(queue, event.id, () => ({ upload: event.upload }));
    case 'sent':
      return change(queue, event.id, ({ size }) => ({ sent: Math.min(event.sent, size) }));
    case 'cut':
      return change(queue, event.id, () => ({ state: 'ready' }));
    case 'lost':
      return queue.map((item) => (item.id === event.id ? withoutUpload(item, 'ready') : item));
    case 'done':
      return change(queue, event.id, ({ size, path }) => ({
        state: event.as,
        sent: size,
        ...(event.path === undefined || event.path === path ? {} : { storedAs: event.path }),
      }));
    case 'failed':
      return change(queue, event.id, () => ({ state: 'failed', error: event.error }));
    case 'retry':
      return queue.map((item) => (item.state === 'failed' ? withoutUpload(item, 'waiting') : item));
    case 'drop':
      return queue.filter(({ id }) => id !== event.id);
    case 'clear':
      return [];
  }
}

function change(queue: Queue, id: number, to: (item: Item) => Partial<Item>): Queue {
  return queue.map((item) => (item.id === id ? { ...item, ...to(item) } : item));
}

function withoutUpload({ id, path, size, modified, blake3 }: Item, state: 'waiting' | 'ready'): Item {
  const item = { id, path, size, modified, state, sent: 0 };
  return blake3 === undefined ? item : { ...item, blake3 };
}

function afterCheck({ status, upload, offset = 0 }: CheckAnswer): Partial<Item> {
  if (status === 'have') return { state: 'known' };
  if (status === 'need' || upload === undefined) return { state: 'ready' };
  return { state: 'ready', upload, sent: offset };
}

/** So many are sent at once. */
const AT_ONCE = 4;
/** So many are asked about at once. */
const MOST_CHECKED = 200;

/** The next one to hash; undefined while one is being hashed, or when there is none. */
export function nextToHash(queue: Queue): Item | undefined {
  if (queue.some(({ state }) => state === 'hashing')) return undefined;
  return queue.find(({ state }) => state === 'waiting');
}

/** Those to ask the server about: many together, or the last ones. */
export function toCheck(queue: Queue): readonly Item[] {
  return queue.filter(({ state }) => state === 'hashed').slice(0, MOST_CHECKED);
}

/** The next ones to send. */
export function toSend(queue: Queue): readonly Item[] {
  const sending = queue.filter(({ state }) => state === 'sending').length;
  return queue.filter(({ state }) => state === 'ready').slice(0, Math.max(0, AT_ONCE - sending));
}

export interface Totals {
  readonly files: number;
  readonly bytes: number;
  readonly stored: number;
  readonly known: number;
  readonly failed: number;
  /** Bytes that are there. */
  readonly sent: number;
  /** Nothing more happens by itself. */
  readonly isDone: boolean;
}

export function totalsOf(queue: Queue): Totals {
  const totals = { files: queue.length, bytes: 0, stored: 0, known: 0, failed: 0, sent: 0 };
  for (const { size, state, sent } of queue) {
    totals.bytes += size;
    totals.sent += state === 'known' ? size : sent;
    if (state === 'stored' || state === 'known' || state === 'failed') totals[state] += 1;
  }
  return { ...totals, isDone: totals.files === totals.stored + totals.known + totals.failed };
}
