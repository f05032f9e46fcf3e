import { join } from 'node:path';
import { SnapshotError } from '../errors.ts';
import { type LogFile, openLog } from '../host/log-file.ts';
import type { RunEvent } from '../jobs/events.ts';
import type { Plan } from '../plan/plan.ts';
import { localPath } from './local-path.ts';

/** The log of one run: every problem of every file, and how each row ended. */
export class RunLog {
  readonly #file: Promise<LogFile | undefined>;
  readonly #warn: (message: string) => void;
  #isOpen = true;

  private constructor(file: Promise<LogFile | undefined>, warn: (message: string) => void) {
    this.#file = file;
    this.#warn = warn;
  }

  /**
   * Opens the log `file`, or the one in `folder`.
   *
   * @param warn - Told when the usual log cannot be written: no reason not to back up.
   * @throws {@link SnapshotError} `E_USAGE` when the `file` that the user named cannot be written.
   */
  static async open(
    file: string | undefined,
    folder: string,
    warn: (message: string) => void,
  ): Promise<RunLog> {
    if (file !== undefined) return new RunLog(Promise.resolve(await openNamed(file)), warn);
    // Not waited for: the run need not be later for its log.
    const usual = openLog(join(folder, 'snapshot.log')).catch((error: unknown) => {
      if (!(error instanceof SnapshotError)) throw error;
      warn(`${error.message}; this run has no log`);
      return undefined;
    });
    return new RunLog(usual, warn);
  }

  start(plan: Plan): void {
    this.#line('info', { plan: plan.file }, 'run started');
  }

  event(event: RunEvent): void {
    const { event: kind, ...fields } = event;
    switch (event.event) {
      case 'progress':
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

  end(status: number): void {
    this.#line('info', { status }, 'run ended');
  }

  /** May be called twice. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    try {
      await (await this.#file)?.close();
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      this.#warn(error.message);
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

async function openNamed(file: string): Promise<LogFile> {
  try {
    return await openLog(localPath('--log', file));
  } catch (cause) {
    if (!(cause instanceof SnapshotError) || cause.code === 'E_USAGE') throw cause;
    throw new SnapshotError('E_USAGE', cause.message, {
      cause,
      hint: 'Name another file with --log, or none.',
    });
  }
}
