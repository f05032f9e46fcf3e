// What the server does on behalf of a page, and goes on with when that page is closed.
import type { Progress } from '../jobs/events.ts';
import { reasonOf, SnapshotError } from '../base/errors.ts';

/** What a page is told of one; a new object each time. */
export interface Task {
  readonly id: number;
  readonly kind: 'run' | 'restore' | 'verify';
  /** Id of the row. */
  readonly row: string;
  /** What it is, for people. */
  readonly title: string;
  /** The command line that does the same. */
  readonly command: string;
  readonly dryRun: boolean;
  readonly started: string;
  /** Null while it is at work. */
  readonly ended: string | null;
  readonly progress: Omit<Progress, 'event' | 'row'> | null;
  /** The first of what went wrong with single files, and how often something did. */
  readonly problems: readonly string[];
  readonly problemCount: number;
  readonly notes: readonly string[];
  /** How it ended, in words; null while it is at work. */
  readonly said: string | null;
  /** The exit status of the command. */
  readonly status: number | null;
  /** Figures, each with what it counts. */
  readonly counts: Readonly<Record<string, number>>;
  readonly error: { readonly message: string; readonly hint: string | null } | null;
}

/** How one ended. */
export type TaskEnd = Pick<Task, 'said' | 'status' | 'counts'> & Partial<Pick<Task, 'error'>>;

/** What a task tells while it is at work. */
export interface TaskReport {
  readonly progress: (progress: Progress) => void;
  readonly problem: (text: string) => void;
  readonly note: (text: string) => void;
}

export type NewTask = Pick<Task, 'kind' | 'row' | 'title' | 'command' | 'dryRun'>;

/** Pages are told of progress so often, at most. */
const PROGRESS_MS = 200;
const MOST_TEXTS = 20;
/** Those that have ended are remembered, the newest of them. */
const MOST_ENDED = 30;

export class Tasks {
  readonly #tasks = new Map<number, Task>();
  readonly #stops = new Map<number, AbortController>();
  readonly #working = new Map<number, Promise<void>>();
  readonly #listeners = new Set<(task: Task) => void>();
  #last = 0;
  #isClosing = false;

  /** Oldest first. */
  get all(): readonly Task[] {
    return [...this.#tasks.values()];
  }

  get working(): number {
    return this.#working.size;
  }

  /** Calls `listener` for each change from now on. @returns What ends that. */
  listen(listener: (task: Task) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Begins `work`; what it throws is how it ended. @returns Its id. */
  start(task: NewTask, work: (report: TaskReport, signal: AbortSignal) => Promise<TaskEnd>): number {
    const id = ++this.#last;
    const stop = new AbortController();
    if (this.#isClosing) stop.abort();
    this.#stops.set(id, stop);
    this.#tell({
      ...task,
      id,
      started: new Date().toISOString(),
      ended: null,
      progress: null,
      problems: [],
      problemCount: 0,
      notes: [],
      said: null,
      status: null,
      counts: {},
      error: null,
    });
    this.#working.set(id, this.#do(id, work, stop.signal));
    return id;
  }

  /** @returns Whether there is one that is at work. */
  stop(id: number): boolean {
    this.#stops.get(id)?.abort();
    return this.#stops.has(id);
  }

  /** Stops all of them, those as well that begin meanwhile, and resolves when they have ended. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const stop of this.#stops.values()) stop.abort();
    while (this.#working.size > 0) await Promise.all(this.#working.values());
  }

  async #do(
    id: number,
    work: (report: TaskReport, signal: AbortSignal) => Promise<TaskEnd>,
    signal: AbortSignal,
  ): Promise<void> {
    let end: TaskEnd;
    try {
      end = await work(this.#reportFor(id), signal);
    } catch (error) {
      end = failureOf(error, signal.aborted);
    }
    this.#stops.delete(id);
    this.#working.delete(id);
    this.#change(id, { ...end, ended: new Date().toISOString(), progress: null });
    const ended = this.all.filter((task) => task.ended !== null);
    for (const { id: old } of ended.slice(0, -MOST_ENDED)) this.#tasks.delete(old);
  }

  #reportFor(id: number): TaskReport {
    let toldMs = -PROGRESS_MS;
    return {
      progress: ({ phase, files, bytes, totalFiles, totalBytes }) => {
        const nowMs = performance.now();
        const isNews = this.#tasks.get(id)?.progress?.phase !== phase;
        if (!isNews && nowMs - toldMs < PROGRESS_MS) return;
        toldMs = nowMs;
        this.#change(id, { progress: { phase, files, bytes, totalFiles, totalBytes } });
      },
      problem: (text) => {
        const { problems = [], problemCount = 0 } = this.#tasks.get(id) ?? {};
        const isShown = problems.length < MOST_TEXTS;
        const change = { problems: isShown ? [...problems, text] : problems, problemCount: problemCount + 1 };
        // There may be thousands: the next progress tells of them.
        if (isShown) this.#change(id, change);
        else this.#set(id, change);
      },
      note: (text) => {
        const notes = this.#tasks.get(id)?.notes ?? [];
        if (notes.length < MOST_TEXTS) this.#change(id, { notes: [...notes, text] });
      },
    };
  }

  #change(id: number, change: Partial<Task>): void {
    this.#set(id, change);
    const task = this.#tasks.get(id);
    if (task !== undefined) this.#tell(task);
  }

  #set(id: number, change: Partial<Task>): void {
    const task = this.#tasks.get(id);
    if (task !== undefined) this.#tasks.set(id, { ...task, ...change });
  }

  #tell(task: Task): void {
    this.#tasks.set(task.id, task);
    for (const listener of this.#listeners) listener(task);
  }
}

function failureOf(error: unknown, isStopped: boolean): TaskEnd {
  const hint = error instanceof SnapshotError ? (error.hint ?? null) : null;
  if (isStopped && !(error instanceof SnapshotError))
    return { said: 'stopped', status: 130, counts: {}, error: { message: 'It was stopped', hint: null } };
  return { said: 'failed', status: 1, counts: {}, error: { message: reasonOf(error), hint } };
}
