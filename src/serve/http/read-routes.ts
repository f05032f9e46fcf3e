// What hands out: GET /v1/files/PATH and GET /v1/changes.
import { Readable } from 'node:stream';
import type { FileHandle } from 'node:fs/promises';
import { pathFields } from '../library/journal-lines.ts';
import type { Change } from '../library/journal-lines.ts';
import { checkName } from '../library/file-name.ts';
import type { Library } from '../library/library.ts';
import { isSameSight, openFile, sightOfStats } from '../library/sight.ts';
import { baseName, type BytePath, toText } from '../../tree/path.ts';
import { Refusal } from '../refusal.ts';
import { type Asked, mustRead } from './environment.ts';
import { attachment } from './attachment.ts';
import { exactly } from './exactly.ts';
import { parseRange } from './range.ts';
import { pathIn } from './upload-route.ts';

/** `GET /v1/files/PATH`, and HEAD. */
export async function getFile(asked: Asked): Promise<Response> {
  mustRead(asked);
  return await sendFile(asked, asked.get('library'), checkName(pathIn(asked)));
}

/** Answers with a file, as an attachment. @throws {@link Refusal} 404 when there is none. */
export async function sendFile(asked: Asked, library: Library, path: BytePath): Promise<Response> {
  const handle = await openFile(library.files, path);
  if (handle === undefined) throw new Refusal(404, 'There is no such file');
  try {
    const stats = await handle.stat({ bigint: true });
    const size = Number(stats.size);
    const held = library.holdings.at(path);
    // Changed in place since it was read: nobody knows its hash.
    const isKnown = held !== undefined && isSameSight(held, sightOfStats(stats));
    const etag = isKnown ? `"${held.blake3}"` : undefined;
    const headers: Record<string, string> = {
      'Accept-Ranges': 'bytes',
      'Content-Type': 'application/octet-stream',
      'Content-Disposition': attachment(toText(baseName(path)) ?? 'file'),
      'Last-Modified': new Date(Number(stats.mtimeNs / 1_000_000n)).toUTCString(),
      ...(etag === undefined ? {} : { ETag: etag }),
    };
    if (etag !== undefined && asked.req.header('If-None-Match') === etag) {
      await handle.close();
      return asked.body(null, 304, headers);
    }
    const condition = asked.req.header('If-Range');
    const isWhole = condition !== undefined && condition !== etag;
    const range = isWhole ? undefined : parseRange(asked.req.header('Range'), size);
    if (range === 'none') {
      await handle.close();
      return asked.json({ error: `It has ${size} bytes` }, 416, { 'Content-Range': `bytes */${size}` });
    }
    const { start, end } = range ?? { start: 0, end: size - 1 };
    headers['Content-Length'] = String(end - start + 1);
    if (range !== undefined) headers['Content-Range'] = `bytes ${start}-${end}/${size}`;
    const status = range === undefined ? 200 : 206;
    return new Response(await bodyOf(asked, handle, start, end), { status, headers });
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function bodyOf(
  asked: Asked,
  handle: FileHandle,
  start: number,
  end: number,
): Promise<ReadableStream | null> {
  if (asked.req.method === 'HEAD' || end < start) {
    await handle.close();
    return null;
  }
  const body = Readable.from(exactly(handle, start, end), { objectMode: false });
  // Also when nobody has read any of it.
  body.once('close', () => void handle.close().catch(() => undefined));
  return Readable.toWeb(body) as ReadableStream;
}

/** `GET /v1/changes?after=N`. */
export function getChanges(asked: Asked): Response {
  mustRead(asked);
  const after = Number(asked.req.query('after') ?? '0');
  if (!Number.isSafeInteger(after) || after < 0)
    throw new Refusal(400, '`after` is to be the number of a change, or 0 for all');
  const { journal } = asked.get('library');
  const { reset, changes } = journal.changes(after);
  const lines = Readable.from(linesOf(reset, changes, journal.told));
  return asked.body(Readable.toWeb(lines) as ReadableStream, 200, { 'Content-Type': 'application/jsonl' });
}

/** So many lines go out at once. */
const LINES_AT_ONCE = 500;

function* linesOf(reset: boolean, changes: readonly Change[], last: number): Generator<Buffer> {
  const lines: object[] = reset ? [{ reset }] : [];
  for (const change of changes) {
    lines.push(publicly(change));
    if (lines.length >= LINES_AT_ONCE) yield textOf(lines.splice(0));
  }
  yield textOf([...lines, { n: last }]);
}

function textOf(lines: readonly object[]): Buffer {
  return Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

function publicly(change: Change): object {
  if (change.do === 'remove') return { n: change.n, do: 'remove', ...pathFields(change.path) };
  const { n, path, size, mtimeMs, blake3 } = change.held;
  return { n, do: 'put', ...pathFields(path), size, modified: mtimeMs, blake3 };
}
