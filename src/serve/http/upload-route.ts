// What sends a file: POST /upload?name=PATH and PUT /v1/files/PATH.
import { type ClaimedHash, parseDigest, parseHash } from '../library/claimed-hash.ts';
import { checkName } from '../library/file-name.ts';
import type { Taken } from '../library/library.ts';
import type { Received } from '../library/receive.ts';
import { display, toText } from '../../tree/path.ts';
import { Refusal } from '../refusal.ts';
import { type Asked, bodyOf, mayRead, mustUpload } from './environment.ts';

/** `POST /upload`. */
export async function postUpload(asked: Asked): Promise<Response> {
  mustUpload(asked);
  const { hash, rename = '0' } = asked.req.query();
  const claim = hash === undefined ? undefined : parseHash(hash);
  return answerOf(asked, await takeBody(asked, nameIn(asked), claim, rename !== '0' && rename !== ''));
}

/** `PUT /v1/files/PATH`. */
export async function putFile(asked: Asked): Promise<Response> {
  mustUpload(asked);
  const { hash } = asked.req.query();
  const claim =
    parseDigest(asked.req.header('Repr-Digest') ?? '') ?? (hash === undefined ? undefined : parseHash(hash));
  try {
    return answerOf(asked, await takeBody(asked, pathIn(asked), claim, false));
  } catch (error) {
    // The status that HTTP has for it.
    const isCondition = asked.req.header('If-None-Match') === '*';
    if (error instanceof Refusal && error.status === 409 && isCondition)
      throw new Refusal(412, error.message, error.more);
    throw error;
  }
}

/**
 * The path after `/v1/files/`, decoded once, from what was sent: a library for addresses would resolve `..` in it.
 *
 * @throws {@link Refusal} 400 when it cannot be decoded.
 */
export function pathIn(asked: Asked): string {
  const [, path] = /^\/v1\/files\/([^?#]*)/.exec(asked.env.incoming.url ?? '') ?? [];
  return decode(path ?? '');
}

/** The `name=` of a query, decoded once. A library for addresses would let bytes pass that are not UTF-8. */
function nameIn(asked: Asked): string {
  const [, name] = /[?&]name=([^&#]*)/.exec(asked.env.incoming.url ?? '') ?? [];
  return decode((name ?? '').replaceAll('+', ' '));
}

/** @throws {@link Refusal} 400 when it cannot be decoded. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refusal(400, 'The path is not encoded as addresses are: percent signs and UTF-8');
  }
}

async function takeBody(
  asked: Asked,
  name: string,
  claim: ClaimedHash | undefined,
  rename: boolean,
): Promise<Taken> {
  const path = checkName(name);
  const type = asked.req.header('Content-Type') ?? '';
  if (/^multipart\//i.test(type)) {
    throw new Refusal(
      415,
      'The body is to be the file itself: with curl, `--data-binary @FILE` or `-T FILE`, not `-F`',
    );
  }
  if (!/^(?:identity)?$/i.test(asked.req.header('Content-Encoding') ?? ''))
    throw new Refusal(415, 'The body is to be the file as it is, without a Content-Encoding');
  const length = asked.req.header('Content-Length');
  const isForm = /^application\/x-www-form-urlencoded/i.test(type);
  return await asked.get('library').take(
    {
      path,
      claim,
      modifiedMs: parseModified(asked.req.query('modified')),
      rename,
      by: asked.get('token').id,
      size: length === undefined ? undefined : Number(length),
      ...(isForm ? { judge: (received: Received) => refuseMangled(received, claim) } : {}),
    },
    bodyOf(asked),
  );
}

/** From this size on, hardly a file has neither line ends nor zeros. */
const SURE_BYTES = 1024;

/** `curl --data @FILE` takes line ends and zeros out of a file, and sends it as it would `--data-binary`. */
function refuseMangled({ size, claimed, hasLines }: Received, claim: ClaimedHash | undefined): void {
  const isOdd = claim === undefined ? size === 0 || size >= SURE_BYTES : claimed !== claim.hex;
  if (hasLines || !isOdd) return;
  const why =
    size === 0
      ? 'Nothing arrived: could curl read the file? An empty one is taken with its `hash`'
      : 'What arrived has no line ends and no zeros, as if `curl --data` had taken them out: use `--data-binary @FILE`';
  const way = claim === undefined && size > 0 ? ', or add the `hash`' : '';
  throw new Refusal(422, `${why}${way}. Nothing was kept`, { status: 'differs' });
}

/** Milliseconds since 1970. @throws {@link Refusal} 400 when `text` is no time. */
export function parseModified(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isFinite(ms) && Math.abs(ms) < 8.64e15) return ms;
  throw new Refusal(400, '`modified` is to be a time, as 2026-01-31T12:00:00Z, or milliseconds since 1970');
}

/** What is told of a file that was taken, or that is known. */
function answerOf(asked: Asked, { status, held }: Taken): Response {
  if (status === 'known')
    return asked.json({ status, ...(mayRead(asked) ? { path: display(held.path) } : {}) }, 200);
  const { size, blake3, path } = held;
  return asked.json({ status, path: toText(path), size, blake3 }, 201);
}
