// Reading a piece of an object: what is asked for, and what of the answer it is.
import type { ByteRange } from '../objects.ts';
import type { HttpAnswer } from './http-client.ts';

/** What a refusal may take, besides what was asked for. */
const ANSWER_BYTES = 1024 * 1024;

/** The value of a `Range` header. Of nothing it asks for one byte, as no header can ask for less. RFC 9110, 14.1.2. */
export function rangeText({ offset, length }: ByteRange): string {
  return `bytes=${offset}-${offset + Math.max(length, 1) - 1}`;
}

/** How large the answer may be: a server that sends all of a large object is cut off. */
export function mostBytesOf({ length }: ByteRange): number {
  return length + ANSWER_BYTES;
}

/** The piece that was asked for. A server that does not know of pieces sends it all. */
export function pieceOf({ status, body }: Pick<HttpAnswer, 'status' | 'body'>, range: ByteRange): Buffer {
  const offset = status === 206 ? 0 : range.offset;
  return body.subarray(offset, offset + range.length);
}
