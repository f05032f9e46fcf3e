// Uploads files to a library: lists, hashes, asks what is missing, and sends that.
import type { FileHandle } from 'node:fs/promises';
import { reasonOf } from '../../base/errors.ts';
import { ordered } from '../../base/ordered.ts';
import { type Blake3, loadBlake3 } from '../../hash/blake3.ts';
import { hashFile } from '../../serve/library/hash-file.ts';
import { openFile } from '../../serve/library/sight.ts';
import { UnreadableError } from '../../store/http/http-client.ts';
import type { SpooledFile } from '../../store/objects.ts';
import type { Progress } from '../events.ts';
import { LibraryClient, type Need, type Sent } from './library-client.ts';
import { type Choice, listLocal, type LocalFile, pathOf, type UploadProblem } from './local-files.ts';
import { Receipt } from './receipt.ts';

export interface UploadOptions extends Choice {
  readonly url: string;
  readonly token: string;
  readonly paths: readonly string[];
  /** A certificate that is trusted. */
  readonly ca: Buffer | undefined;
  /** Take a free name where one is taken. */
  readonly rename: boolean;
  readonly dryRun: boolean;
  /** A file that is to say what the server has. */
  readonly receipt: string | undefined;
  readonly signal: AbortSignal;
  /** Files that need no look; none when undefined. */
  readonly isSettled?: ((file: LocalFile) => boolean) | undefined;
  readonly onFile: (file: UploadedFile) => void;
  readonly onProgress: (progress: Progress) => void;
}

/** What became of a file; `needed` only when nothing is sent. */
export interface UploadedFile {
  readonly path: string;
  readonly name: string;
  readonly size: number;
  readonly status: 'stored' | 'known' | 'needed' | 'failed';
  readonly reason?: string | undefined;
}

export interface UploadResult {
  readonly files: number;
  readonly stored: number;
  readonly known: number;
  readonly needed: number;
  /** Of what was stored, or is needed. */
  readonly bytes: number;
  readonly links: number;
  readonly problems: readonly UploadProblem[];
}

interface Hashed extends LocalFile {
  readonly blake3: string;
  readonly size: number;
  readonly mtimeMs: number;
}

const SENT_AT_ONCE = 4;
const HASHED_AT_ONCE = 4;
/** So much is asked about at once: after this, sending begins. */
const BATCH_FILES = 500;
const BATCH_BYTES = 256 * 2 ** 20;

/**
 * Uploads what is not there.
 *
 * @throws SnapshotError `E_USAGE` for a wrong path or address, `E_AUTH` when the token is refused, `E_AWAY` when nobody answers,
 * `E_SPACE` when the server takes no more; the reason of `signal`.
 */
export async function upload(options: UploadOptions): Promise<UploadResult> {
  const { url, token, ca, signal } = options;
  const client = new LibraryClient(url, token, ca, signal);
  const receipt = options.receipt === undefined ? undefined : await Receipt.open(options.receipt);
  try {
    const { files: all, problems, links } = await listLocal(options.paths, options, signal);
    const files = all.filter((file) => options.isSettled?.(file) !== true);
    const run = new UploadRun(options, client, receipt, await loadBlake3(), files, problems);
    await run.go();
    return { ...run.count, links, problems: run.problems };
  } finally {
    client.close();
    await receipt?.close();
  }
}

class UploadRun {
  readonly #options: UploadOptions;
  readonly #client: LibraryClient;
  readonly #receipt: Receipt | undefined;
  readonly #blake3: Blake3;
  readonly #files: readonly LocalFile[];
  readonly #totalBytes: number;
  readonly problems: UploadProblem[];
  readonly count: Record<'files' | 'stored' | 'known' | 'needed' | 'bytes', number>;
  /** By content. */
  readonly #sending = new Map<string, Promise<void>>();
  #done = { files: 0, bytes: 0 };

  constructor(
    options: UploadOptions,
    client: LibraryClient,
    receipt: Receipt | undefined,
    blake3: Blake3,
    files: readonly LocalFile[],
    problems: readonly UploadProblem[],
  ) {
    this.#options = options;
    this.#client = client;
    this.#receipt = receipt;
    this.#blake3 = blake3;
    this.#files = files;
    this.#totalBytes = files.reduce((sum, { size }) => sum + size, 0);
    this.problems = [...problems];
    this.count = { files: files.length, stored: 0, known: 0, needed: 0, bytes: 0 };
  }

  async go(): Promise<void> {
    // Who has nothing to send learns all the same whether the server would take it.
    if (this.#files.length === 0) await this.#client.check([]);
    // While one batch is sent, the next one is hashed.
    for await (const batch of ordered(batches(this.#files), 2, async (files) => await this.#hash(files))) {
      const needs = batch.length === 0 ? [] : await this.#client.check(batch);
      const sending = ordered(batch.entries(), SENT_AT_ONCE, async ([i, file]) => {
        await this.#settle(file, needs[i] ?? { isNeeded: true, begun: undefined });
      });
      for await (const _ of sending) this.#options.signal.throwIfAborted();
    }
  }

  async #hash(files: readonly LocalFile[]): Promise<readonly Hashed[]> {
    const hashed: Hashed[] = [];
    for await (const one of ordered(files, HASHED_AT_ONCE, async (file) => await this.#hashOne(file)))
      if (one !== undefined) hashed.push(one);
    return hashed;
  }

  async #hashOne(file: LocalFile): Promise<Hashed | undefined> {
    try {
      const { signal } = this.#options;
      const read = await hashFile(file.root, file.path, this.#blake3, signal);
      if (read === undefined) this.#failed(file, 'it is gone');
      else if (read === 'changing') this.#failed(file, 'it changes while it is read');
      else return { ...file, blake3: read.blake3, ...read.sight };
    } catch (error) {
      this.#options.signal.throwIfAborted();
      this.#failed(file, reasonOf(error));
    }
    return undefined;
  }

  async #settle(file: Hashed, { isNeeded, begun }: Need): Promise<void> {
    const { dryRun } = this.#options;
    if (!isNeeded) await this.#there(file, 'known', undefined);
    else if (dryRun) {
      this.count.needed += 1;
      this.count.bytes += file.size;
      this.#tell(file, 'needed');
    } else await this.#sendOne(file, begun);
  }

  /**
   * Of copies one is sent at a time: two that went on with one upload would end each other's requests, and once it is there the
   * library knows the others.
   */
  async #sendOne(file: Hashed, begun: string | undefined): Promise<void> {
    const { blake3 } = file;
    const before = this.#sending.get(blake3);
    const sending =
      before === undefined
        ? this.#send(file, begun)
        : before.then(async () => {
            const [need] = await this.#client.check([file]);
            if (need?.isNeeded === false) await this.#there(file, 'known', undefined);
            else await this.#send(file, need?.begun);
          });
    this.#sending.set(blake3, sending);
    try {
      await sending;
    } finally {
      if (this.#sending.get(blake3) === sending) this.#sending.delete(blake3);
    }
  }

  async #send(file: Hashed, begun: string | undefined, isAgain = false): Promise<void> {
    const sent = await this.#transfer(file, begun);
    if (sent === undefined) return;
    if (sent.status === 'refused') this.#failed(file, sent.reason);
    else if (sent.status !== 'differs') await this.#there(file, sent.status, sent.name);
    else if (isAgain) this.#failed(file, 'it changes while it is sent');
    else {
      const anew = await this.#hashOne(file);
      if (anew !== undefined) await this.#send(anew, undefined, true);
    }
  }

  async #transfer(file: Hashed, begun: string | undefined): Promise<Sent | undefined> {
    let handle: FileHandle | undefined;
    try {
      handle = await openFile(file.root, file.path);
    } catch (error) {
      this.#failed(file, reasonOf(error));
      return undefined;
    }
    if (handle === undefined) {
      this.#failed(file, 'it is gone');
      return undefined;
    }
    try {
      const body = bodyOf(handle, file.size);
      const { name, blake3, mtimeMs } = file;
      const { rename } = this.#options;
      return await this.#client.send({ name, blake3, modifiedMs: mtimeMs, body, rename }, begun);
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      this.#failed(file, reasonOf(error.cause));
      return undefined;
    } finally {
      await handle.close();
    }
  }

  async #there(file: Hashed, status: 'stored' | 'known', there: string | undefined): Promise<void> {
    const { name, size, blake3 } = file;
    if (!this.#options.dryRun)
      await this.#receipt?.add({ path: pathOf(file), name, there, size, blake3, status }, new Date());
    this.count[status] += 1;
    if (status === 'stored') this.count.bytes += size;
    this.#tell(file, status);
  }

  #failed(file: LocalFile, reason: string): void {
    this.problems.push({ path: pathOf(file), reason });
    this.#tell(file, 'failed', reason);
  }

  #tell(file: LocalFile, status: UploadedFile['status'], reason?: string): void {
    const { name, size } = file;
    this.#options.onFile({ path: pathOf(file), name, size, status, reason });
    this.#done = { files: this.#done.files + 1, bytes: this.#done.bytes + size };
    const totals = { totalFiles: this.#files.length, totalBytes: this.#totalBytes };
    this.#options.onProgress({
      event: 'progress',
      row: this.#client.host,
      phase: 'upload',
      ...this.#done,
      ...totals,
    });
  }
}

function bodyOf(handle: FileHandle, sizeBytes: number): SpooledFile {
  return {
    sizeBytes,
    read: async (offset, length) => {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, offset);
      // Cut shorter meanwhile: the hash will say so.
      return bytesRead === 0 ? buffer : buffer.subarray(0, bytesRead);
    },
  };
}

function* batches(files: readonly LocalFile[]): Generator<readonly LocalFile[]> {
  let batch: LocalFile[] = [];
  let bytes = 0;
  for (const file of files) {
    batch.push(file);
    bytes += file.size;
    if (batch.length < BATCH_FILES && bytes < BATCH_BYTES) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}
