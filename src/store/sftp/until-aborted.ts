import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * The result of `work`, unless `signal` is aborted first, and `work` does not end within `graceMs` of that.
 *
 * @throws The reason of `signal`, or what `work` throws.
 */
export async function untilAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  graceMs: number,
): Promise<T> {
  if (signal === undefined) return await work;
  const tidied = new AbortController();
  try {
    return await Promise.race([work, lateAfter(signal, graceMs, tidied.signal)]);
  } finally {
    tidied.abort();
  }
}

/** Throws the reason of `signal`, `graceMs` after it is aborted; never ends once nobody waits any more. */
async function lateAfter(signal: AbortSignal, graceMs: number, ended: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort', { signal: ended });
  await delay(graceMs, undefined, { signal: ended });
  throw signal.reason as Error;
}
