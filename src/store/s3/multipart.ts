// Large objects, sent in parts. What a try has sent, the next one need not send again.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
import { SnapshotError } from '../../base/errors.ts';
import { partsOf, sendParts } from '../http/parts.ts';
import type { SpooledFile } from '../objects.ts';
import type { S3Client } from './s3-client.ts';
import { s3Error } from './s3-error.ts';
import { elements, escaped, isWhole, textOf } from '../http/xml.ts';

/** What a large object may have at most. */
const MOST_PARTS = 10_000;
/** Servers put the parts together before they answer, and some keep silent for that long. */
const COMPLETE_MS = 300_000;
/** Giving up must not take long. */
const ABORT_MS = 5000;

interface Upload {
  readonly key: string;
  readonly id: string;
  /** Of each part that has arrived, by its index. */
  readonly etags: (string | undefined)[];
}

export class MultipartUploads {
  readonly #client: S3Client;
  readonly #partBytes: number;
  /** Those that a failure has interrupted: the file may come again. */
  readonly #open = new Map<SpooledFile, Upload>();

  constructor(client: S3Client, partBytes: number) {
    this.#client = client;
    this.#partBytes = partBytes;
  }

  /** @param key - All of it. @param headers - Of the object. @param what - For errors. */
  async put(
    key: string,
    file: SpooledFile,
    headers: Readonly<Record<string, string>>,
    what: string,
    signal?: AbortSignal,
  ): Promise<void> {
    const begun = this.#open.get(file);
    const upload = begun?.key === key ? begun : await this.#begin(key, file, headers, what, signal);
    try {
      await sendParts(
        file,
        partsOf(file.sizeBytes, this.#partBytes, MOST_PARTS),
        upload.etags,
        what,
        (body, index) => this.#sendPart(upload, index, body, what, signal),
      );
      await this.#complete(upload, what, signal);
      this.#open.delete(file);
    } catch (error) {
      if (error instanceof GoneError) {
        this.#open.delete(file);
        throw error.told;
      }
      // Tried again soon, and it goes on where it was.
      if (error instanceof SnapshotError && error.code === 'E_AWAY') throw error;
      this.#open.delete(file);
      await this.#abort(upload);
      throw error;
    }
  }

  /** Gives up what failed and did not come again. Never throws. */
  async close(): Promise<void> {
    const uploads = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(uploads.map(async (upload) => await this.#abort(upload)));
  }

  async #begin(
    key: string,
    file: SpooledFile,
    headers: Readonly<Record<string, string>>,
    what: string,
    signal: AbortSignal | undefined,
  ): Promise<Upload> {
    const answer = await this.#client.call({
      method: 'POST',
      key,
      query: { uploads: '' },
      headers,
      what,
      signal,
    });
    const id = textOf(answer.body.toString('utf8'), 'UploadId');
    if (id === undefined) throw s3Error(what, answer);
    const upload: Upload = { key, id, etags: [] };
    this.#open.set(file, upload);
    return upload;
  }

  async #sendPart(
    { key, id }: Upload,
    index: number,
    body: Uint8Array,
    what: string,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const query = { partNumber: String(index + 1), uploadId: id };
    const answer = await this.#client.call({
      method: 'PUT',
      key,
      query,
      body,
      what,
      signal,
      accept: ['NoSuchUpload'],
    });
    if (answer.code !== '') throw new GoneError(s3Error(what, answer));
    const { etag } = answer.headers;
    if (etag === undefined) throw s3Error(what, answer);
    return etag;
  }

  async #complete({ key, id, etags }: Upload, what: string, signal: AbortSignal | undefined): Promise<void> {
    const parts = etags.map(
      (etag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${escaped(etag ?? '')}</ETag></Part>`,
    );
    const xml = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join('')}</CompleteMultipartUpload>`;
    const answer = await this.#client.call({
      method: 'POST',
      key,
      query: { uploadId: id },
      body: Buffer.from(xml),
      what,
      signal,
      silenceMs: COMPLETE_MS,
      accept: ['NoSuchUpload'],
    });
    if (answer.code !== '') throw new GoneError(s3Error(what, answer));
    // A failure may come after the status, which was sent to show that somebody is at work.
    if (!isWhole(answer.body.toString('utf8'), 'CompleteMultipartUploadResult')) {
      throw s3Error(what, { ...answer, status: 500 });
    }
  }

  /** Whatever remains of it now is cleared up by a run a day later. */
  async #abort({ key, id }: Upload): Promise<void> {
    await this.#client
      .call({ method: 'DELETE', key, query: { uploadId: id }, what: '', silenceMs: ABORT_MS })
      .catch(() => {});
  }

  /**
   * Gives up uploads that began more than `staleMs` ago, by the server's clock, and whose key `isOwn` knows. They cost money, and
   * no listing of objects shows them.
   */
  async clearStale(
    prefix: string,
    staleMs: number,
    isOwn: (key: string) => boolean,
    what: string,
  ): Promise<void> {
    const answer = await this.#client.call({ method: 'GET', key: '', query: { uploads: '', prefix }, what });
    const xml = answer.body.toString('utf8');
    const nowMs = Date.parse(answer.headers.date ?? '');
    for (const upload of elements(xml, 'Upload')) {
      const [key = '', id = '', initiated = ''] = ['Key', 'UploadId', 'Initiated'].map((name) =>
        textOf(upload, name),
      );
      const isStale = nowMs - Date.parse(initiated) > staleMs;
      if (isStale && isOwn(key)) await this.#abort({ key, id, etags: [] });
    }
  }
}

/** The server knows nothing of the upload any more: it has to begin again. */
class GoneError extends Error {
  readonly told: SnapshotError;

  constructor(told: SnapshotError) {
    super(told.message);
    this.told = told;
  }
}
