// Uploads that can be gone on with: tus 1.0 with creation and termination. Source: https://tus.io/protocols/resumable-upload
import { parseHash } from '../library/claimed-hash.ts';
import { checkName } from '../library/file-name.ts';
import type { Incoming } from '../library/library.ts';
import { type BytePath, toText } from '../../tree/path.ts';
import { Refusal } from '../refusal.ts';
import { type Asked, bodyOf, mustUpload } from './environment.ts';
import { parseModified } from './upload-route.ts';

const VERSION = '1.0.0';

/** `OPTIONS /v1/uploads`: what is supported. */
export function optionsOfUploads(asked: Asked): Response {
  const headers = {
    'Tus-Resumable': VERSION,
    'Tus-Version': VERSION,
    'Tus-Extension': 'creation,termination',
  };
  return asked.body(null, 204, headers);
}

/** `POST /v1/uploads`: announces a file. */
export async function postUploads(asked: Asked): Promise<Response> {
  const { resumed } = begin(asked);
  const length = count(asked, 'Upload-Length');
  const metadata = parseMetadata(asked.req.header('Upload-Metadata') ?? '');
  const name = metadata.get('name') ?? metadata.get('relativePath') ?? metadata.get('filename') ?? '';
  const hash = metadata.get('hash');
  const incoming: Incoming = {
    path: checkName(name),
    claim: hash === undefined ? undefined : parseHash(hash),
    modifiedMs: parseModified(metadata.get('modified')),
    rename: (metadata.get('rename') ?? '0') !== '0',
    by: asked.get('token').id,
    size: length,
  };
  const upload = await asForTus(async () => await resumed.begin(length, incoming));
  // It has arrived already.
  if (length === 0) await asForTus(async () => await resumed.look(upload.id));
  return asked.body(null, 201, { Location: `/v1/uploads/${upload.id}` });
}

/** `HEAD /v1/uploads/ID`: how far it is. */
export async function headUpload(asked: Asked): Promise<Response> {
  const { resumed } = begin(asked);
  const { offset, length, done, incoming } = await asForTus(async () => await resumed.look(idIn(asked)));
  return asked.body(null, 200, {
    'Upload-Offset': String(done === undefined ? offset : length),
    'Upload-Length': String(length),
    ...(done === undefined ? {} : { 'Upload-Status': done }),
    ...(done === 'stored' ? storedAt(incoming.path) : {}),
  });
}

/** `PATCH /v1/uploads/ID`: goes on. */
export async function patchUpload(asked: Asked): Promise<Response> {
  const { resumed } = begin(asked);
  if (asked.req.header('Content-Type') !== 'application/offset+octet-stream')
    throw new Refusal(415, 'The Content-Type is to be application/offset+octet-stream');
  const { incoming } = asked.env;
  const offset = count(asked, 'Upload-Offset');
  const { upload, taken } = await asForTus(
    async () =>
      await resumed.goOn(
        idIn(asked),
        offset,
        bodyOf(asked),
        () => void incoming.destroy(),
        asked.get('token').id,
      ),
  );
  const status = taken === undefined ? {} : { 'Upload-Status': taken.status };
  const at = taken?.status === 'stored' ? storedAt(taken.held.path) : {};
  return asked.body(null, 204, { 'Upload-Offset': String(upload.offset), ...status, ...at });
}

/** The name that a file got: not the one that it was to have where that was taken. */
function storedAt(path: BytePath): Readonly<Record<string, string>> {
  return { 'Upload-Path': encodeURIComponent(toText(path) ?? '') };
}

/** `DELETE /v1/uploads/ID`: gives it up. */
export async function deleteUpload(asked: Asked): Promise<Response> {
  const { resumed } = begin(asked);
  await resumed.remove(idIn(asked));
  return asked.body(null, 204);
}

/** @throws {@link Refusal} 412 for another version of the protocol, 403 when the token may not upload. */
function begin(asked: Asked): ReturnType<typeof libraryOf> {
  mustUpload(asked);
  asked.header('Tus-Resumable', VERSION);
  if (asked.req.header('Tus-Resumable') === VERSION) return libraryOf(asked);
  asked.header('Tus-Version', VERSION);
  throw new Refusal(412, `This takes \`Tus-Resumable: ${VERSION}\``);
}

function libraryOf(asked: Asked): Asked['var']['library'] {
  return asked.get('library');
}

function idIn(asked: Asked): string {
  return asked.req.param('id') ?? '';
}

/** @throws {@link Refusal} 400 when the header is no number. */
function count(asked: Asked, header: string): number {
  const text = asked.req.header(header) ?? '';
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number)) return number;
  throw new Refusal(400, `\`${header}\` is to be a number of bytes`);
}

/** `key BASE64,key BASE64`; a key may be alone. */
function parseMetadata(header: string): ReadonlyMap<string, string> {
  const pairs = header
    .split(',')
    .map((pair) => pair.trim().split(' '))
    .filter(([key = '']) => key !== '');
  return new Map(pairs.map(([key = '', value = '']) => [key, Buffer.from(value, 'base64').toString()]));
}

/** A taken name is 412: to a client of tus, 409 says that it is at another offset. */
async function asForTus<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Refusal && error.more['status'] === 'taken')
      throw new Refusal(412, error.message, error.more);
    throw error;
  }
}
