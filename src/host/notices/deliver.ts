import { setTimeout as delay } from 'node:timers/promises';
import { printable, reasonOf, SnapshotError } from '../../base/errors.ts';
import { type Channel, type Message, Undelivered } from './channel.ts';

/** How hard to try. */
export interface Patience {
  /** Each try may take so long. */
  readonly limitMs: number;
  /** Before the second try, the third, and so on. */
  readonly pausesMs: readonly number[];
}

/** At most 44 s in all: who waits for the shutdown waits for this. */
export const PATIENT: Patience = { limitMs: 12_000, pausesMs: [2000, 6000] };

/** For a run that was stopped, and for the start: nothing waits for long. */
export const HASTY: Patience = { limitMs: 5000, pausesMs: [] };

/**
 * Delivers `message`, trying as often as `patience` allows and it makes sense. Never throws for what a channel
 * does; aborting `signal` gives up.
 *
 * @returns Undefined when it is delivered, else why not.
 */
export async function deliver(
  channel: Channel,
  message: Message,
  patience: Patience,
  signal?: AbortSignal,
): Promise<SnapshotError | undefined> {
  for (const pauseMs of [...patience.pausesMs, undefined]) {
    const error = await tryOnce(channel, message, patience.limitMs, signal);
    if (error === undefined) return undefined;
    const isLast = pauseMs === undefined || signal?.aborted === true;
    if (isLast || (error instanceof Undelivered && error.isFinal)) return failure(channel, error);
    // An abort shows at the next try.
    await delay(pauseMs, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}

async function tryOnce(
  channel: Channel,
  message: Message,
  limitMs: number,
  signal: AbortSignal | undefined,
): Promise<unknown> {
  const controller = new AbortController();
  const giveUp = (): void => controller.abort();
  const timer = setTimeout(giveUp, limitMs);
  if (signal?.aborted === true) giveUp();
  signal?.addEventListener('abort', giveUp);
  try {
    await channel.send(message, controller.signal);
    return undefined;
  } catch (error) {
    if (!controller.signal.aborted) return error;
    const isStopped = signal?.aborted === true;
    const reason = isStopped ? 'stopped' : `no answer within ${limitMs / 1000} seconds`;
    return new Undelivered(reason, isStopped, error);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
  }
}

function failure({ label }: Channel, cause: unknown): SnapshotError {
  const why = printable(reasonOf(cause));
  return new SnapshotError('E_HOST', `Cannot send the notice, ${label}: ${why}`, { cause });
}
