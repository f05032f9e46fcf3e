// When the system's queue of events has run over, which Node says nothing about.
import { readFileSync } from 'node:fs';

const LIMIT_FILE = '/proc/sys/fs/inotify/max_queued_events';
const USUAL_LIMIT = 16_384;

/**
 * Counts the events that come in one turn of the loop.
 *
 * libuv skips the event that tells of an overflow, but reads the queue until it is empty, all in one turn. So the queue
 * has run over only if at least as many came in that turn as it holds; if they kept coming while it was read, it may not
 * have, which costs one look at everything.
 *
 * Events of a watch that is closed while they lie in the queue are skipped as well, so they would be missing in the
 * count: {@link afterTurn} closes watches when the queue has just been read, and the one event that each closing makes
 * is counted in advance.
 */
export class EventQueue {
  /** A thread has one queue, which keeps the limit that held when its first watch was opened. */
  readonly #limit: number;
  readonly #ranOver = new Set<() => void>();
  #count = 0;
  #closing = 0;

  constructor(limit: number = readLimit()) {
    this.#limit = limit;
  }

  /** Calls `ranOver` when it has run over, which concerns all who watch in this thread. @returns Ends that. */
  listen(ranOver: () => void): () => void {
    this.#ranOver.add(ranOver);
    return () => void this.#ranOver.delete(ranOver);
  }

  /** To be called for each event. */
  count(): void {
    if (this.#count === 0) setImmediate(() => (this.#count = 0));
    this.#count++;
    if (this.#count === Math.max(1, this.#limit - this.#closing))
      for (const ranOver of this.#ranOver) ranOver();
  }

  /** Closes watches whose folders are known to be out of the tree. */
  afterTurn(watches: readonly { close(): void }[]): void {
    // The second one comes right after the queue was read. What a folder that is gone told is then out of it.
    setImmediate(() => setImmediate(() => this.#close(watches)));
  }

  #close(watches: readonly { close(): void }[]): void {
    const most = Math.ceil(this.#limit / 16);
    const [now, later] = [watches.slice(0, most), watches.slice(most)];
    for (const watch of now) watch.close();
    this.#closing += now.length;
    // As above: the queue was read in between.
    setImmediate(() =>
      setImmediate(() => {
        this.#closing -= now.length;
        if (later.length > 0) this.#close(later);
      }),
    );
  }
}

function readLimit(): number {
  try {
    return Number.parseInt(readFileSync(LIMIT_FILE, 'latin1'), 10) || USUAL_LIMIT;
  } catch {
    return USUAL_LIMIT;
  }
}
