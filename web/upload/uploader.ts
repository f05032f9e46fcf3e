// Does what the queue says: hashes, asks, sends, and goes on by itself when the line was cut or the screen was off.
import { ask, messageOf, Refused } from '../shared/ask.ts';
import { Hasher } from './hasher.ts';
import { Memory } from './memory.ts';
import type { Picked } from './picked.ts';
import { type CheckAnswer, type Event, type Item, nextToHash, type Queue } from './queue.ts';
import { reduce, toCheck, toSend, totalsOf } from './queue.ts';
import { Lost, sendFile } from './send.ts';

/** Between two tries while the server cannot be reached; each event of the browser cuts it short. */
const FIRST_WAIT_MS = 1000;
const LAST_WAIT_MS = 30_000;
/** The server is full or busy: not this file's fault. */
const BUSY: ReadonlySet<number> = new Set([0, 429, 502, 503, 504]);

export interface UploaderOptions {
  readonly token: string;
  readonly onChange: (queue: Queue, isAway: boolean) => void;
  /** The token was taken back. */
  readonly onOut: (why: string) => void;
}

export class Uploader {
  readonly memory: Memory = new Memory();
  readonly #options: UploaderOptions;
  readonly #hasher = new Hasher();
  readonly #files = new Map<number, File>();
  readonly #stop = new AbortController();
  #queue: Queue = [];
  #next = 0;
  #isChecking = false;
  #isAway = false;
  #waitMs = FIRST_WAIT_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wakeLock: WakeLockSentinel | undefined;

  constructor(options: UploaderOptions) {
    this.#options = options;
    const { signal } = this.#stop;
    addEventListener('online', () => this.#goOn(), { signal });
    document.addEventListener(
      'visibilitychange',
      () => {
        if (document.visibilityState === 'visible') this.#goOn();
      },
      { signal },
    );
  }

  add(picked: readonly Picked[]): void {
    const items = picked.map(({ path, file }) => {
      const id = this.#next++;
      this.#files.set(id, file);
      return { id, path, size: file.size, modified: file.lastModified };
    });
    void this.memory.remember(items);
    this.#apply({ type: 'add', items });
    this.#work();
  }

  retry(): void {
    this.#apply({ type: 'retry' });
    this.#goOn();
  }

  drop(item: Item): void {
    this.#forget(item);
    this.#files.delete(item.id);
    this.#apply({ type: 'drop', id: item.id });
  }

  clear(): void {
    this.#files.clear();
    this.#apply({ type: 'clear' });
  }

  /** Asks the server of all that is there whether it is. @returns Those that are, at this moment. */
  async verify(): Promise<readonly Item[]> {
    const there = this.#queue.filter(({ state }) => state === 'stored' || state === 'known');
    const have = new Set<number>();
    for (let at = 0; at < there.length; at += 1000) {
      const answers = await this.#check(there.slice(at, at + 1000));
      for (const { id, status } of answers) if (status === 'have') have.add(id);
    }
    return there.filter(({ id }) => have.has(id));
  }

  close(): void {
    this.#stop.abort();
    clearTimeout(this.#timer);
    this.#hasher.close();
    void this.#wakeLock?.release();
  }

  #apply(event: Event): void {
    this.#queue = reduce(this.#queue, event);
    this.#options.onChange(this.#queue, this.#isAway);
  }

  /** The line is there again, or a person is: at once, not after the wait. */
  #goOn(): void {
    clearTimeout(this.#timer);
    this.#isAway = false;
    this.#options.onChange(this.#queue, false);
    this.#work();
  }

  #away(): void {
    this.#isAway = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#goOn(), this.#waitMs);
    this.#waitMs = Math.min(this.#waitMs * 2, LAST_WAIT_MS);
    this.#options.onChange(this.#queue, true);
  }

  #work(): void {
    if (this.#stop.signal.aborted) return;
    void this.#stayAwake();
    const toHash = nextToHash(this.#queue);
    if (toHash !== undefined) void this.#hash(toHash);
    if (this.#isAway) return;
    if (!this.#isChecking && toCheck(this.#queue).length > 0) void this.#checkNext();
    for (const item of toSend(this.#queue)) void this.#send(item);
  }

  async #hash(item: Item): Promise<void> {
    this.#apply({ type: 'hash', id: item.id });
    const file = this.#files.get(item.id);
    try {
      if (file === undefined) throw new Error('it was put aside');
      this.#apply({ type: 'hashed', id: item.id, blake3: await this.#hasher.hash(item.id, file) });
    } catch (error) {
      this.#fail(item, `This device does not hand it out any more (${messageOf(error)}): choose it again`);
    }
    this.#work();
  }

  async #check(items: readonly Item[]): Promise<readonly CheckAnswer[]> {
    const files = items.map(({ id, size, blake3 }) => ({ id, size, blake3 }));
    const { token } = this.#options;
    const { files: answers } = await ask<{ files: CheckAnswer[] }>('/v1/check', { token, json: { files } });
    return answers;
  }

  async #checkNext(): Promise<void> {
    const items = toCheck(this.#queue);
    this.#isChecking = true;
    try {
      const answers = await this.#check(items);
      this.#waitMs = FIRST_WAIT_MS;
      this.#apply({ type: 'checked', answers });
      for (const { id, status } of answers)
        if (status === 'have') this.#forget(items.find((one) => one.id === id));
    } catch (error) {
      if (!this.#isPassing(error)) for (const item of items) this.#fail(item, messageOf(error));
    } finally {
      this.#isChecking = false;
    }
    this.#work();
  }

  async #send(item: Item): Promise<void> {
    const { id } = item;
    this.#apply({ type: 'send', id });
    try {
      const { as, path } = await sendFile(item, this.#files.get(id) ?? new File([], ''), {
        token: this.#options.token,
        signal: this.#stop.signal,
        onBegun: (upload) => this.#apply({ type: 'begun', id, upload }),
        onSent: (sent) => this.#apply({ type: 'sent', id, sent }),
      });
      this.#waitMs = FIRST_WAIT_MS;
      this.#apply({ type: 'done', id, as, ...(path === undefined ? {} : { path }) });
      this.#forget(item);
    } catch (error) {
      if (error instanceof Lost) this.#apply({ type: 'lost', id });
      else if (this.#isPassing(error)) this.#apply({ type: 'cut', id });
      else this.#fail(item, messageOf(error));
    }
    this.#work();
  }

  /** Whether it is not the fault of a file, and passes: then it is waited for. */
  #isPassing(error: unknown): boolean {
    const status = error instanceof Refused ? error.status : undefined;
    if (status === 401) this.#options.onOut('This device is not let in any more: its token was taken back.');
    const isPassing = status !== undefined && BUSY.has(status);
    if (isPassing && !this.#stop.signal.aborted) this.#away();
    return isPassing;
  }

  #fail({ id }: Item, error: string): void {
    this.#apply({ type: 'failed', id, error });
  }

  #forget(item: Item | undefined): void {
    if (item !== undefined) void this.memory.forget(item);
  }

  /** Keeps the screen on while there is something to do; not every browser does, and none on plain http. */
  async #stayAwake(): Promise<void> {
    const { isDone } = totalsOf(this.#queue);
    if (isDone) {
      void this.#wakeLock?.release();
      this.#wakeLock = undefined;
    } else if (this.#wakeLock === undefined || this.#wakeLock.released) {
      this.#wakeLock = await navigator.wakeLock?.request('screen').catch(() => undefined);
    }
  }
}
