import { join } from 'node:path';
import { SnapshotError } from '../../base/errors.ts';
import { type LogFile, openLog } from '../../host/log-file.ts';
import type { RunEvent } from '../events.ts';
import { PlanError } from '../../plan/problem.ts';
import type { Plan } from '../../plan/plan.ts';
import { localPath } from '../../plan/local-path.ts';

/** The log of one run: every problem of every file, and how each row ended. */
export class RunLog {
  readonly #file: Promise<LogFile | undefined>;
  readonly #warn: (message: string) => void;
  #isOpen = true;
  #isTold = false;

  private constructor(file: Promise<LogFile | undefined>, warn: (message: string) => void) {
    this.#file = file;
    this.#warn = warn;
  }

  /**
   * Opens the log `file`, or the one in `folder`.
   *
   * @param warn - Told when it cannot be written: no reason not to back up.
   * @throws {@link SnapshotError} `E_USAGE` when `file` is the name of one on another machine.
   */
  static open(file: string | undefined, folder: string, warn: (message: string) => void): RunLog {
    const path = file === undefined ? join(folder, 'snapshot.log') : localPath('--log', file);
    // Not waited for: the run need not be later for its log.
    const opened = openLog(path).then(
      (log) => {
        // A folder that was named and is not there may be a mistake in writing.
        if (file !== undefined && log.made !== undefined) warn(`Made the folder "${log.made}" for the log`);
        return log;
      },
      (error: unknown) => {
        if (!(error instanceof SnapshotError)) throw error;
        warn(`${error.message}; this run has no log`);
        return undefined;
      },
    );
    return new RunLog(opened, warn);
  }

  start(plan: Plan): void {
    this.#line('info', { plan: plan.file }, 'run started');
  }

  event(event: RunEvent): void {
    const { event: kind, ...fields } = event;
    switch (event.event) {
      case 'progress':
      case 'action':
        // A mirror has a log of its own for them.
        break;
      case 'problem':
        this.#line('warn', fields, `${event.path}: ${event.reason}`);
        break;
      case 'note':
        this.#line('warn', { row: event.row }, event.message);
        break;
      case 'row':
        if (event.status === 0) this.#line('info', fields, `${kind} ${event.outcome}`);
        else this.#line('error', fields, `${kind} ${event.outcome}`);
        this.#keepStack(event.error?.stack);
        break;
    }
  }

  note(message: string): void {
    this.#line('info', {}, message);
  }

  warn(message: string): void {
    this.#line('warn', {}, message);
  }

  /** Nothing could be run, and why: all mistakes of a plan. */
  failed(error: Error): void {
    this.#line('error', {}, error.message);
    if (!(error instanceof PlanError)) return;
    for (const { line, message } of error.problems) this.#line('error', { line }, message);
  }

  end(status: number): void {
    this.#line('info', { status }, 'run ended');
  }

  /** Why some of this run is not in its log, to be told before it is closed; undefined when all of it is. */
  async trouble(): Promise<string | undefined> {
    const failure = await (await this.#file)?.check();
    this.#isTold = failure !== undefined;
    return failure?.message;
  }

  /** May be called twice. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      await (await this.#file)?.close();
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      if (!this.#isTold) this.#warn(error.message);
    }
  }

  /** The stack of a defect is not lost where there is no log. */
  #keepStack(stack: string | undefined): void {
    if (stack === undefined) return;
    void this.#file.then((file) => {
      if (file === undefined) this.#warn(stack);
    });
  }

  #line(level: 'info' | 'warn' | 'error', fields: Readonly<Record<string, unknown>>, message: string): void {
    void this.#file.then((file) => file?.[level](fields, message));
  }
}
