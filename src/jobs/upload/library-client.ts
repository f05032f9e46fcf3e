// The requests of an upload, see docs/serve.md.
import { printable } from '../../base/errors.ts';
import type { HttpAnswer } from '../../store/http/http-client.ts';
import type { SpooledFile } from '../../store/objects.ts';
import { sendResumed } from './send-resumed.ts';
import { jsonIn, messageIn, ServerRequests } from './server-requests.ts';

/** What the server said of one file. */
export type Sent =
  | { readonly status: 'stored' | 'known'; readonly name: string | undefined }
  /** It has other bytes than when it was hashed. */
  | { readonly status: 'differs' }
  | { readonly status: 'refused'; readonly reason: string };

export interface ToSend {
  readonly name: string;
  readonly blake3: string;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
  readonly body: SpooledFile;
  /** Take a free name where its own is taken. */
  readonly rename: boolean;
}

/** Whether a content has to be sent. */
export interface Need {
  readonly isNeeded: boolean;
  /** Where an upload of it has begun. */
  readonly begun: string | undefined;
}

/** From this size on, what has arrived is not sent again. */
const RESUMED_BYTES = 8 * 2 ** 20;

export class LibraryClient extends ServerRequests {
  /** Of each content whether it has to be sent, and whether a part of it is there. */
  async check(
    files: readonly { readonly size: number; readonly blake3: string }[],
  ): Promise<readonly Need[]> {
    const body = JSON.stringify({ files: files.map(({ size, blake3 }, id) => ({ id, size, blake3 })) });
    const answer = await this.ask({ method: 'POST', path: 'v1/check', body: Buffer.from(body) });
    if (answer.status !== 200) throw this.unexpected(answer);
    const { files: said = [] } = jsonIn(answer) as { files?: readonly Readonly<Record<string, unknown>>[] };
    const needs = new Map<unknown, Need>(
      said.map(({ id, status, upload }) => [
        id,
        { isNeeded: status !== 'have', begun: typeof upload === 'string' ? upload : undefined },
      ]),
    );
    return files.map((_, id) => needs.get(id) ?? { isNeeded: true, begun: undefined });
  }

  /** Sends a file. @param begun - Where an upload of it has begun. */
  async send(file: ToSend, begun: string | undefined): Promise<Sent> {
    const { name, blake3, modifiedMs, body, rename } = file;
    if (body.sizeBytes >= RESUMED_BYTES) return await sendResumed(this, file, begun);
    const query = new URLSearchParams({ name, hash: `blake3:${blake3}`, modified: String(modifiedMs) });
    if (rename) query.set('rename', '1');
    const answer = await this.ask({ method: 'POST', path: `upload?${query.toString()}`, body });
    const said = jsonIn(answer);
    const path = typeof said['path'] === 'string' ? said['path'] : undefined;
    // What it says of the content is what it has read itself.
    if (answer.status === 201 && said['blake3'] === blake3) return { status: 'stored', name: path };
    if (answer.status === 200) return { status: 'known', name: path };
    return this.refused(answer, rename);
  }

  /** What was refused for the sake of this file. @throws SnapshotError for what stands against all of them. */
  refused(answer: HttpAnswer, rename: boolean): Sent {
    const { status, free } = jsonIn(answer);
    if (answer.status === 422) return { status: 'differs' };
    const isOfFile = [409, 412, 413].includes(answer.status) || (answer.status === 403 && status === 'name');
    if (!isOfFile || status === 'quota') throw this.unexpected(answer);
    const isTaken = typeof free === 'string' && !rename;
    const way = isTaken
      ? `other content has its name there; "${printable(free)}" is free: --rename`
      : undefined;
    return { status: 'refused', reason: way ?? messageIn(answer) };
  }
}
