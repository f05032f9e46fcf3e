// What a second library asks of the first one, see docs/serve.md.
import { setTimeout as delay } from 'node:timers/promises';
import { printable, SnapshotError } from '../../base/errors.ts';
import { isAccountName } from '../../serve/users/accounts.ts';
import type { HttpAnswer, HttpHead } from '../../store/http/http-client.ts';
import { toBytes } from '../../tree/path.ts';
import { jsonIn, messageIn, ServerRequests, WAITS_MS } from '../upload/server-requests.ts';
import { ChangesReader, type RemoteChanges, type RemoteFile } from './remote-changes.ts';
import type { PartFile } from './part-file.ts';

/** Why a file is not fetched; another time it may be. */
class NotFetched extends Error {}

/** What failed is of this machine, not of the line: its cause. */
class OwnError extends Error {}

async function own(work: () => Promise<void>): Promise<void> {
  await work().catch((cause: unknown) => {
    throw new OwnError('a part cannot be written', { cause });
  });
}

export class ReadingClient extends ServerRequests {
  /**
   * The account of the token.
   *
   * @throws {@link SnapshotError} `E_AUTH` when the token is refused, or may not read; `E_STORE` when that is no library.
   */
  async account(): Promise<string> {
    const answer = await this.ask({ method: 'GET', path: 'v1/account' });
    if (answer.status !== 200) throw this.unexpected(answer);
    const { account, scope } = jsonIn(answer);
    if (typeof account !== 'string' || !isAccountName(account)) throw this.#noLibrary();
    if (scope !== 'read' && scope !== 'all')
      throw new SnapshotError(
        'E_AUTH',
        'This token may only upload: to follow takes one with the scope `read`',
        {
          hint: `\`snapshot serve token add FOLDER ${account} --scope read\` prints one, there.`,
        },
      );
    return account;
  }

  /** What has changed there since change number `after`; 0 for all. */
  async changes(after: number): Promise<RemoteChanges> {
    let said: RemoteChanges | undefined;
    const answer = await this.ask({
      method: 'GET',
      path: `v1/changes?after=${after}`,
      take: async (_, body) => {
        said = await new ChangesReader(after, () => this.#noLibrary()).read(body);
      },
    });
    if (answer.status !== 200 || said === undefined) throw this.unexpected(answer);
    return said;
  }

  /**
   * Brings `part` to the content of `file`, from where it ends.
   *
   * @param allow - Called with its bytes before more is written: it throws where there is no room for them.
   * @returns Why it could not be had, if it could not; its hash is not looked at.
   * @throws {@link SnapshotError} `E_AWAY` when nobody answers.
   */
  async fetch(
    file: RemoteFile,
    part: PartFile,
    allow: (bytes: number) => Promise<void>,
  ): Promise<string | undefined> {
    if (part.size > file.size) await part.empty();
    for (let fruitless = 0; part.size < file.size;) {
      const before = part.size;
      let cause: unknown = new Error('the connection is cut each time');
      try {
        const answer = await this.#rest(file, part, allow);
        if (answer.status === 200 || answer.status === 206)
          return part.size < file.size ? 'the server sends less than its size' : undefined;
        if (![429, 502, 503, 504].includes(answer.status)) return this.#refused(answer);
        cause = new Error(messageIn(answer));
      } catch (error) {
        if (error instanceof NotFetched) return error.message;
        if (error instanceof OwnError) throw error.cause;
        if (error instanceof SnapshotError || this.signal.aborted) throw error;
        cause = error;
      }
      if (part.size > before) fruitless = 0;
      else {
        const wait = WAITS_MS[fruitless++];
        if (wait === undefined) throw this.away(cause);
        await delay(wait, undefined, { signal: this.signal });
      }
    }
    return undefined;
  }

  override away(error: unknown): SnapshotError {
    return super.away(error, 'What was fetched stays here: the same command goes on.');
  }

  /** That a server fails now is no reason to end: it may be mended. */
  override unexpected(answer: HttpAnswer): SnapshotError {
    if (answer.status >= 500) return this.away(new Error(`it says: ${messageIn(answer)}`));
    return answer.status === 404 ? this.#noLibrary() : super.unexpected(answer);
  }

  async #rest(
    file: RemoteFile,
    part: PartFile,
    allow: (bytes: number) => Promise<void>,
  ): Promise<HttpAnswer> {
    const tag = `"${file.blake3}"`;
    const from = part.size;
    const path = toBytes(file.path).toString('utf8').split('/').map(encodeURIComponent).join('/');
    return await this.once({
      method: 'GET',
      path: `v1/files/${path}`,
      headers: from === 0 ? {} : { Range: `bytes=${from}-`, 'If-Range': tag },
      take: async ({ status, headers }: HttpHead, body) => {
        // What lies between may have made it a weak one.
        if (headers.etag?.replace(/^W\//, '') !== tag) throw new NotFetched('it was changed there meanwhile');
        if (status === 200) await own(async () => await part.empty());
        else if (headers['content-range']?.startsWith(`bytes ${from}-`) !== true)
          throw new NotFetched('the server sends another part of it than was asked for');
        for await (const bytes of body) {
          if (part.size + bytes.length > file.size)
            throw new NotFetched('the server sends more than its size');
          await own(async () => {
            await allow(part.size + bytes.length);
            await part.add(bytes);
          });
        }
      },
    });
  }

  /** What stands against this file. @throws {@link SnapshotError} for what stands against all of them. */
  #refused(answer: HttpAnswer): string {
    if (answer.status === 404 || answer.status === 416) return 'it was changed there meanwhile';
    if (answer.status === 403 && jsonIn(answer)['status'] === 'name') return messageIn(answer);
    throw this.unexpected(answer);
  }

  #noLibrary(): SnapshotError {
    const message = `"${printable(this.url)}" does not answer as a library that is served`;
    return new SnapshotError('E_STORE', message, { hint: 'Is that its address? `snapshot serve` says it.' });
  }
}
