import type { HttpBindings } from '@hono/node-server';
import { Refusal } from '../refusal.ts';

/** Bytes of JSON that a request may have. */
const MOST_JSON_BYTES = 4 * 2 ** 20;
/** The same of one that anybody may send: many at once must not fill the memory. */
export const STRANGER_BYTES: number = 4 * 2 ** 10;
/** So long it may take to arrive: one that comes byte by byte must not keep its connection. */
const ARRIVES_MS = 60_000;

/**
 * The JSON that was sent, an object.
 *
 * @param mostBytes - More is not read.
 * @param mostMs - It is not waited for longer.
 * @throws {@link Refusal} 400 when it is none, 413 when it is too long, 408 when it takes too long.
 */
export async function readJson(
  { incoming }: Pick<HttpBindings, 'incoming'>,
  mostBytes: number = MOST_JSON_BYTES,
  mostMs: number = ARRIVES_MS,
): Promise<Readonly<Record<string, unknown>>> {
  const bytes = await inTime(readAll(incoming, mostBytes), mostMs);
  try {
    const value: unknown = JSON.parse(bytes.toString());
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // It is said below.
  }
  throw new Refusal(400, 'The body is to be JSON, one object');
}

async function readAll(incoming: HttpBindings['incoming'], mostBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > mostBytes) throw new Refusal(413, `That is more than ${mostBytes / 1024} KiB of JSON`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

async function inTime<T>(work: Promise<T>, mostMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Refusal(408, 'The body took too long to arrive')), mostMs);
  });
  work.catch(() => {}); // What comes too late is nobody's any more.
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
