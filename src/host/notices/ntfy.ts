// ntfy (https://docs.ntfy.sh/publish/#publish-as-json): push messages to phones and desktops.
import type { Channel, Message } from './channel.ts';
import { type Post, send } from './post.ts';

/** The server takes 4096; a longer text would become a file to download, or be refused. */
const MOST_BYTES = 4000;

/** Pushes to the topic that `url` ends with. */
export function ntfy(url: URL): Channel {
  return {
    label: `ntfy at ${url.host}`,
    isMonitor: false,
    send: async (message, signal) => await send(ntfyPost(url, message), signal),
  };
}

/** The topic in `url`, or undefined when it is not the address of one. */
export function topicOf(url: URL): string | undefined {
  return /^\/([\w-]{1,64})\/?$/.exec(url.pathname)?.[1];
}

/** As JSON, since headers hold no other letters than English ones. */
export function ntfyPost(url: URL, { moment, title, text }: Message): Post {
  const isFailure = moment === 'failure';
  const body = JSON.stringify({
    topic: topicOf(url),
    title,
    message: cut(text),
    // 4 is high: a longer buzz. 3 is what all others have.
    priority: isFailure ? 4 : 3,
    tags: isFailure ? ['warning'] : [],
  });
  return { url: new URL(`/${url.search}`, url), type: 'application/json', body };
}

function cut(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MOST_BYTES) return text;
  // A letter that is cut in two decodes to U+FFFD.
  return `${bytes
    .subarray(0, MOST_BYTES)
    .toString()
    .replace(/\ufffd+$/, '')}\n...`;
}
