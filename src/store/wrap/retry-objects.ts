import { setTimeout as delay } from 'node:timers/promises';
import { SnapshotError } from '../../base/errors.ts';
import type { ByteRange, Objects, SpooledFile } from '../objects.ts';
import type { StoreItem } from '../store.ts';

/** Waited before each further try; half to all of it, so that many machines do not come back at once. */
const DELAYS_MS = [300, 1000, 3000, 8000, 20_000];
/** As long as nothing was ever answered: most likely nobody is there. */
const FIRST_DELAYS_MS = [300, 1000];

/** Who is away says, perhaps, when to come again. */
export class AwayError extends SnapshotError {
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: { cause?: unknown; hint?: string; retryAfterMs?: number } = {}) {
    super('E_AWAY', message, options);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** A place whose answers may fail now and then: what is away is asked again, a few times. */
export class RetryObjects implements Objects {
  readonly #inner: Objects;
  readonly #scale: number;
  #hasAnswered = false;
  readonly listsAtOnce?: boolean;
  readonly listAll?: (folder: string) => Promise<readonly StoreItem[] | undefined>;
  readonly removeFolder?: (key: string) => Promise<boolean>;
  readonly link?: (from: string, to: string) => Promise<boolean>;
  readonly renameFolder?: (from: string, to: string) => Promise<boolean>;
  readonly freeBytes?: () => Promise<number | undefined>;

  /** @param scale - Of all delays; for tests. */
  constructor(inner: Objects, scale = 1) {
    this.#inner = inner;
    this.#scale = scale;
    if (inner.listsAtOnce !== undefined) this.listsAtOnce = inner.listsAtOnce;
    if (inner.listAll !== undefined)
      this.listAll = async (folder) => await this.#try(async () => await inner.listAll?.(folder));
    if (inner.removeFolder !== undefined)
      this.removeFolder = async (key) =>
        await this.#try(async () => (await inner.removeFolder?.(key)) ?? false);
    if (inner.link !== undefined)
      this.link = async (from, to) => await this.#try(async () => (await inner.link?.(from, to)) ?? false);
    if (inner.renameFolder !== undefined)
      this.renameFolder = async (from, to) =>
        await this.#try(async () => (await inner.renameFolder?.(from, to)) ?? false);
    if (inner.freeBytes !== undefined)
      this.freeBytes = async () => await this.#try(async () => await inner.freeBytes?.());
  }

  get label(): string {
    return this.#inner.label;
  }

  async list(folder: string, signal?: AbortSignal): Promise<readonly StoreItem[]> {
    return await this.#try(() => this.#inner.list(folder, signal), signal);
  }

  refresh(folder?: string): void {
    this.#inner.refresh?.(folder);
  }

  distrust(): void {
    this.#inner.distrust?.();
  }

  async known(sha256: string): Promise<Buffer | undefined> {
    return await this.#inner.known?.(sha256);
  }

  async get(key: string, range?: ByteRange, signal?: AbortSignal): Promise<Buffer | undefined> {
    return await this.#try(() => this.#inner.get(key, range, signal), signal);
  }

  async put(key: string, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
    await this.#try(() => this.#inner.put(key, bytes, signal), signal);
  }

  async putFile(key: string, file: SpooledFile, signal?: AbortSignal): Promise<void> {
    await this.#try(() => this.#inner.putFile(key, file, signal), signal);
  }

  async remove(key: string): Promise<void> {
    await this.#try(() => this.#inner.remove(key));
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }

  async #try<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        const answer = await call();
        this.#hasAnswered = true;
        return answer;
      } catch (error) {
        const waitMs = (this.#hasAnswered ? DELAYS_MS : FIRST_DELAYS_MS)[tries];
        if (!(error instanceof SnapshotError) || error.code !== 'E_AWAY' || waitMs === undefined) throw error;
        const asked = error instanceof AwayError ? (error.retryAfterMs ?? 0) : 0;
        const pauseMs = Math.max(asked, waitMs * (0.5 + Math.random() / 2) * this.#scale);
        await delay(pauseMs, undefined, { signal }).catch((stopped: unknown) => {
          // Why it was stopped is what counts.
          signal?.throwIfAborted();
          throw stopped;
        });
      }
    }
  }
}
