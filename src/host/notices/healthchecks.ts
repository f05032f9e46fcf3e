// Healthchecks (https://healthchecks.io/docs/http_api/) and servers that speak as it does.
import type { Channel, Message } from './channel.ts';
import { send } from './post.ts';

const SUFFIX = { start: '/start', success: '', failure: '/fail', log: '/log' } as const;

/** The server logs so many bytes of a body. */
const MOST_BYTES = 100_000;

/** A check that is pinged at the start and at the end: silence is its alarm. */
export function healthchecks(url: URL): Channel {
  return {
    label: `healthchecks at ${url.host}`,
    isMonitor: true,
    send: async (message, signal) => {
      const body = Buffer.from(`${message.title}\n\n${message.text}`).subarray(0, MOST_BYTES).toString();
      await send({ url: pingUrl(url, message.moment), type: 'text/plain; charset=utf-8', body }, signal);
    },
  };
}

/** Where to ping: the last part of the path says what happened; a query (`?create=1`) stays. */
export function pingUrl(check: URL, moment: Message['moment']): URL {
  const url = new URL(check);
  url.pathname = url.pathname.replace(/\/+$/, '') + SUFFIX[moment];
  return url;
}
