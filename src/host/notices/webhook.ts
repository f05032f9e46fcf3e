import type { Channel } from './channel.ts';
import { send } from './post.ts';

/** Posts JSON; docs/notices.md has its fields. */
export function webhook(url: URL): Channel {
  return {
    label: `webhook at ${url.host}`,
    isMonitor: false,
    send: async ({ payload }, signal) =>
      await send({ url, type: 'application/json', body: JSON.stringify(payload) }, signal),
  };
}
