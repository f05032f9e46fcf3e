import { SnapshotError } from '../../base/errors.ts';

/** What is told of a run, in every shape that a channel may need. */
export interface Message {
  /** `start`: a run begins. `log`: neither a success nor a failure. */
  readonly moment: 'start' | 'success' | 'failure' | 'log';
  /** One line. */
  readonly title: string;
  readonly text: string;
  /** For programs; docs/notices.md has its fields. */
  readonly payload: object;
}

/** A way to tell somebody. */
export interface Channel {
  /** For messages and logs; holds no secret. */
  readonly label: string;
  /** Whether it watches that runs happen at all: it is told of the start too, and of every end. */
  readonly isMonitor: boolean;
  /**
   * Delivers `message`, trying once.
   *
   * @throws {@link Undelivered}, or whatever the system says.
   */
  send(message: Message, signal: AbortSignal): Promise<void>;
}

/** A refusal. */
export class Undelivered extends SnapshotError {
  /** Whether trying again is of no use. */
  readonly isFinal: boolean;

  constructor(reason: string, isFinal: boolean, cause?: unknown) {
    super('E_HOST', reason, { cause });
    this.isFinal = isFinal;
  }
}
