// Downloads: a file as it was, or a folder as one zip, sent while it is made.
import { refusePlain } from '../jobs/refuse-plain.ts';
import { SnapshotError } from '../base/errors.ts';
import { chooseSnapshot } from '../jobs/address.ts';
import { cat } from '../jobs/export/cat.ts';
import { exportSnapshot } from '../jobs/export/export.ts';
import { browse } from '../jobs/look/browse.ts';
import { attachment, LEFT_OUT } from '../serve/http/attachment.ts';
import { Refusal } from '../serve/refusal.ts';
import type { Series } from '../series/series.ts';
import { type BytePath, baseName, display, parentOf, toText } from '../tree/path.ts';
import { pathOfWord } from './path-word.ts';
import { withRow } from './rows.ts';
import type { Asked, Download, Service } from './service.ts';

/**
 * What a browser is to call it.
 *
 * @throws {@link Refusal} 404 when there is no such file or folder; {@link SnapshotError}.
 */
export async function checkDownload(series: Series, { at, path: word, as }: Download): Promise<string> {
  const path = pathOfWord(word);
  refusePlain(series);
  if (path === '') {
    const { name } = chooseSnapshot(await series.survey(), at);
    if (as === 'zip') return `${series.title} ${name}.zip`;
    throw new Refusal(400, 'A whole snapshot is downloaded as zip');
  }
  const { entries } = await browse(series, at, parentOf(path));
  const type = entries.find(({ entry }) => entry.path === path)?.entry.type;
  if (type === undefined) throw new Refusal(404, `There is no "${display(path)}" in ${at}`);
  if (as === 'file' && type !== 'file')
    throw new Refusal(400, `"${display(path)}" is a ${type}: as zip it can be had`);
  const name = nameOf(path);
  return as === 'zip' ? `${name}.zip` : name;
}

function nameOf(path: BytePath): string {
  return toText(baseName(path)) ?? display(baseName(path));
}

/** `GET /v1/download/TICKET` */
export async function getDownload(asked: Asked, service: Service): Promise<Response> {
  const download = service.tickets.take(asked.req.param('ticket') ?? '', performance.now());
  if (download === undefined)
    throw new Refusal(
      403,
      'This address worked once, or is older than a minute: click on the download again',
    );
  const path = pathOfWord(download.path);
  const { at, as } = download;
  const name = await withRow(
    service.plan,
    download.row,
    async ({ series }) => await checkDownload(series, download),
  );
  const body = await streamed(
    async (write, signal) =>
      await withRow(service.plan, download.row, async ({ series }) => {
        if (as === 'file')
          return await cat(series, {
            path: { bytes: path },
            at,
            signal,
            note: () => {},
            write: async (bytes) => (await write(bytes), true),
          });
        await exportSnapshot(series, {
          at,
          globs: path === '' ? [] : [{ path }],
          leftOutFile: LEFT_OUT,
          format: 'zip',
          to: { write },
          signal,
          report: () => {},
        });
      }),
    service.fail,
  );
  return new Response(body, {
    headers: {
      'Content-Type': as === 'zip' ? 'application/zip' : 'application/octet-stream',
      'Content-Disposition': attachment(name),
      // What is in a backup must not run in the page.
      'Content-Security-Policy': "default-src 'none'; sandbox",
    },
  });
}

type Write = (bytes: Uint8Array) => Promise<void>;

/**
 * What `produce` writes, as fast as it is read. A failure before the first byte is thrown; one after it cuts the connection, so
 * that nobody takes half a file for a whole one.
 */
async function streamed(
  produce: (write: Write, signal: AbortSignal) => Promise<void>,
  fail: (error: unknown) => void,
): Promise<ReadableStream> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const stop = new AbortController();
  // Nobody reads any more.
  writer.closed.catch(() => stop.abort());
  await new Promise<void>((resolve, reject) => {
    const write: Write = async (bytes) => {
      resolve();
      // The engine may use its memory again.
      if (bytes.length > 0) await writer.write(Uint8Array.from(bytes));
    };
    produce(write, stop.signal)
      .then(async () => {
        resolve();
        await writer.close();
      })
      .catch(async (error: unknown) => {
        reject(error);
        if (!stop.signal.aborted && !(error instanceof SnapshotError)) fail(error);
        await writer.abort(error).catch(() => {});
      });
  });
  return readable;
}
