import { availableParallelism } from 'node:os';
import type { TransferListItem, Worker } from 'node:worker_threads';
import { endThread, startThread } from './uncut.ts';

interface Job {
  readonly task: unknown;
  readonly transfer: readonly TransferListItem[];
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Threads that do one task after the other. They start when there is work. */
export class ThreadPool<
  Task extends { readonly kind: string },
  Results extends { readonly [K in Task['kind']]: unknown },
> {
  /** How many threads there are at most. */
  readonly size: number;
  readonly #file: URL;
  readonly #workers = new Set<Worker>();
  readonly #idle: Worker[] = [];
  readonly #queue: Job[] = [];
  readonly #running = new Map<Worker, Job>();
  readonly #listener: (message: unknown) => void;
  #closed: Error | undefined;

  /**
   * @param file - What a thread runs: it answers each task with `{ result }` or `{ error }`.
   * @param listener - Told what a thread says besides.
   */
  constructor(
    file: URL,
    size: number = availableParallelism(),
    listener: (message: unknown) => void = () => {},
  ) {
    this.#file = file;
    this.size = size;
    this.#listener = listener;
  }

  /**
   * Does `task` on the next free thread.
   *
   * @param transfer - Memory of the task that is handed over instead of being copied.
   */
  async run<T extends Task>(
    task: T,
    transfer: readonly TransferListItem[] = [],
  ): Promise<Results[T['kind'] & keyof Results]> {
    return await new Promise((resolve, reject) => {
      if (this.#closed !== undefined) {
        reject(this.#closed);
        return;
      }
      this.#queue.push({ task, transfer, resolve: resolve as (result: unknown) => void, reject });
      this.#dispatch();
    });
  }

  /** Ends the threads; what they still work on is rejected. @param reason - For that. */
  async close(reason: Error = new Error('the worker pool is closed')): Promise<void> {
    this.#closed ??= reason;
    const workers = [...this.#workers];
    this.#workers.clear();
    await Promise.all(workers.map(async (worker) => await endThread(worker)));
    for (const job of [...this.#running.values(), ...this.#queue]) job.reject(this.#closed);
    this.#running.clear();
    this.#queue.length = 0;
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const worker = this.#idle.pop() ?? this.#start();
      if (worker === undefined) return;
      const job = this.#queue.shift();
      if (job === undefined) return;
      this.#running.set(worker, job);
      worker.postMessage(job.task, job.transfer);
    }
  }

  #start(): Worker | undefined {
    if (this.#workers.size >= this.size) return undefined;
    const worker = startThread(this.#file);
    this.#workers.add(worker);
    worker.on('message', (message: object) => {
      if (!('result' in message) && !('error' in message)) {
        this.#listener(message);
        return;
      }
      const job = this.#running.get(worker);
      this.#running.delete(worker);
      this.#idle.push(worker);
      if ('result' in message) job?.resolve(message.result);
      else job?.reject(message.error);
      this.#dispatch();
    });
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', (code) => this.#lose(worker, new Error(`a worker ended with status ${code}`)));
    return worker;
  }

  /** A thread that died takes its task with it; the others go on. */
  #lose(worker: Worker, error: unknown): void {
    if (!this.#workers.delete(worker)) return;
    this.#running.get(worker)?.reject(error);
    this.#running.delete(worker);
    const idle = this.#idle.indexOf(worker);
    if (idle >= 0) this.#idle.splice(idle, 1);
    this.#dispatch();
  }
}
