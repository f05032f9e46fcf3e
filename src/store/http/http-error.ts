import type { IncomingHttpHeaders } from 'node:http';
import { reasonOf, SnapshotError, systemCode } from '../../base/errors.ts';
import { AwayError } from '../wrap/retry-objects.ts';

/** What may be another time. */
const AWAY: ReadonlySet<string> = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** What a request that got no answer has thrown, as an error of a store. What is one already stays as it is. */
export function networkError(what: string, host: string, cause: unknown): Error {
  if (cause instanceof SnapshotError) return cause;
  const code = systemCode(cause) ?? '';
  const message = `${what}: ${host}: ${code === 'EPIPE' ? 'the connection was cut' : reasonOf(cause)}`;
  if (code === 'ENOTFOUND') {
    return new AwayError(message, {
      cause,
      hint: 'Check the name of the host, and whether this machine is in a network.',
    });
  }
  if (AWAY.has(code)) return new AwayError(message, { cause });
  if (/CERT|SIGNATURE|ISSUER|SELF_SIGNED/.test(code)) {
    return new SnapshotError('E_AUTH', message, {
      cause,
      hint: 'Its certificate is not trusted. Should it be, give the one that signed it in NODE_EXTRA_CA_CERTS.',
    });
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) {
    const hint =
      'It speaks no TLS, or another one. One that is meant to be asked without has `http://` in its address.';
    return new SnapshotError('E_STORE', message, { cause, hint });
  }
  if (code.startsWith('HPE_')) {
    return new SnapshotError('E_STORE', `${what}: ${host} does not answer in HTTP`, { cause });
  }
  // An abort, or a defect.
  return cause instanceof Error ? cause : new Error(String(cause), { cause });
}

/** Statuses by which a server says: another time. */
export function isAwayStatus(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 507);
}

/** A refusal that is for another time, with how long the server wants to be left alone. */
export function refusedForNow(message: string, headers: IncomingHttpHeaders, hint?: string): AwayError {
  const afterMs = retryAfterMs(headers, Date.now());
  return new AwayError(message, {
    ...(hint !== undefined && { hint }),
    ...(afterMs !== undefined && { retryAfterMs: afterMs }),
  });
}

/** How long a server wants to be left alone: its `Retry-After`, in seconds or as a date. */
export function retryAfterMs(headers: IncomingHttpHeaders, nowMs: number): number | undefined {
  const text = headers['retry-after'];
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  // Who says a day means: not in this run.
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), MOST_PATIENCE_MS);
}

const MOST_PATIENCE_MS = 120_000;
