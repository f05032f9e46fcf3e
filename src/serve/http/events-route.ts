// `GET /v1/events`: tells who follows a library that something has changed there; `GET /v1/changes` says what.
import { once } from 'node:events';
import { streamSSE } from 'hono/streaming';
import { type Asked, mustRead } from './environment.ts';

/** A connection on which nobody says anything is ended, by us and by what lies between. */
const SIGN_OF_LIFE_MS = 20_000;

/**
 * Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): `change` at once, and whenever the number of the last
 * change is another one. Several changes may come as one.
 */
export function getEvents(asked: Asked): Response {
  mustRead(asked);
  const { journal } = asked.get('library');
  asked.header('X-Accel-Buffering', 'no');
  return streamSSE(asked, async (stream) => {
    const gone = new AbortController();
    stream.onAbort(() => gone.abort());
    let told: number | undefined;
    while (!stream.aborted) {
      if (journal.told !== told) {
        told = journal.told;
        await stream.writeSSE({ event: 'change', id: String(told), data: JSON.stringify({ n: told }) });
      } else if (!(await isChanged(journal.changed, gone.signal))) await stream.write(': still here\n\n');
    }
  });
}

/** True at the next change; false when it is time for a sign of life, or nobody is there any more. */
async function isChanged(changed: NodeJS.EventEmitter, gone: AbortSignal): Promise<boolean> {
  const signal = AbortSignal.any([gone, AbortSignal.timeout(SIGN_OF_LIFE_MS)]);
  try {
    await once(changed, 'change', { signal });
    return true;
  } catch (error) {
    if (!signal.aborted) throw error;
    return false;
  }
}
