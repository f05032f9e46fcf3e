import type { ClientRequest, IncomingMessage } from 'node:http';
import { Undelivered } from './channel.ts';

export interface Post {
  /** `http:` or `https:`; a user and a password in it go into a header. */
  readonly url: URL;
  readonly type: 'text/plain; charset=utf-8' | 'application/json';
  readonly body: string;
}

/**
 * Sends `post`; resolves when the server has taken it.
 *
 * A redirect is not followed: it would turn a POST into a GET, which many servers answer with 200, and nobody
 * would be told.
 *
 * @throws {@link Undelivered} when the server refuses it.
 */
export async function send({ url, type, body }: Post, signal: AbortSignal): Promise<void> {
  const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { 'content-type': type, 'user-agent': 'snapshot' };
    const sent: ClientRequest = request(url, { method: 'POST', headers, agent: false, signal }, resolve);
    sent.on('error', reject);
    sent.end(body);
  });
  const { statusCode = 0, headers } = response;
  // What it says beyond that is of no interest, and may be endless.
  response.on('error', () => undefined).destroy();
  const refusal = refusalOf(statusCode, headers.location);
  if (refusal !== undefined) throw refusal;
}

/** What a status means; undefined: the post is taken. */
export function refusalOf(status: number, location?: string): Undelivered | undefined {
  if (status >= 200 && status < 300) return undefined;
  if (status >= 300 && status < 400) {
    const where = URL.canParse(location ?? '') ? ` to ${new URL(location ?? '').origin}` : '';
    return new Undelivered(`the server redirects${where}; give the address that it redirects to`, true);
  }
  // Later, these may pass: too slow, too many, and whatever happens to the server.
  const isFinal = status < 500 && status !== 408 && status !== 429;
  return new Undelivered(`the server answers ${status}`, isFinal);
}
