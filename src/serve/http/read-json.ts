import type { HttpBindings } from '@hono/node-server';
import { Refusal } from '../refusal.ts';

/** Bytes of JSON that a request may have. */
const MOST_JSON_BYTES = 4 * 2 ** 20;
/** The same of one that anybody may send: many at once must not fill the memory. */
export const STRANGER_BYTES: number = 4 * 2 ** 10;

/**
 * The JSON that was sent, an object.
 *
 * @param mostBytes - More is not read.
 * @throws {@link Refusal} 400 when it is none, 413 when it is too long.
 */
export async function readJson(
  { incoming }: Pick<HttpBindings, 'incoming'>,
  mostBytes: number = MOST_JSON_BYTES,
): Promise<Readonly<Record<string, unknown>>> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > mostBytes) throw new Refusal(413, `That is more than ${mostBytes / 1024} KiB of JSON`);
    parts.push(part);
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(parts).toString());
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // It is said below.
  }
  throw new Refusal(400, 'The body is to be JSON, one object');
}
