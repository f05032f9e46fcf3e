// Where the browser comes back to: a port of this machine, for this one login. RFC 8252, 7.3.
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SnapshotError } from '../../base/errors.ts';

const STYLE = 'font-family:system-ui;max-width:32rem;margin:4rem auto;padding:0 1rem';

export class Loopback {
  /** What Google sends along: who does not know it is not from there. */
  readonly state: string;
  readonly #server: Server;
  #done: (found: URLSearchParams) => void = () => {};
  readonly #found: Promise<URLSearchParams>;

  private constructor(state: string) {
    this.state = state;
    this.#found = new Promise((resolve) => (this.#done = resolve));
    this.#server = createServer((request, response) => this.#take(request.url ?? '/', response));
  }

  static async listen(state: string): Promise<Loopback> {
    const loopback = new Loopback(state);
    await once(loopback.#server.listen(0, '127.0.0.1'), 'listening');
    return loopback;
  }

  get redirect(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /**
   * The code that Google gives, by the browser or pasted by the user.
   *
   * @param refused - Told of a pasted line that is none of this login.
   * @throws {@link SnapshotError} `E_AUTH` when the user has said no.
   */
  async code(
    pasted: AsyncIterable<string> | undefined,
    refused: (message: string) => void,
    signal: AbortSignal,
  ): Promise<string> {
    const aborted = new Promise<never>((_, reject) => {
      const stop = (): void =>
        reject(new SnapshotError('E_STOPPED', 'Stopped by the user; nobody was logged in'));
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
    });
    if (pasted !== undefined) void this.#read(pasted, refused);
    const found = await Promise.race([this.#found, aborted]);
    const code = found.get('code');
    if (code !== null) return code;
    throw new SnapshotError('E_AUTH', `Google has made no login: ${found.get('error') ?? ''}`, {
      hint: 'Run it again, and say yes in the browser.',
    });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(path: string, response: ServerResponse): void {
    const found = this.#own(path);
    const text =
      found === undefined
        ? 'This is not the answer that is waited for.'
        : found.has('code')
          ? 'Done. You may close this page, and go back to the terminal.'
          : 'Nobody was logged in. You may close this page.';
    response.writeHead(found === undefined ? 400 : 200, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'",
      Connection: 'close',
    });
    response.end(`<!doctype html><title>snapshot</title><p style="${STYLE}">${text}</p>`);
    if (found !== undefined) response.once('close', () => this.#done(found));
  }

  async #read(lines: AsyncIterable<string>, refused: (message: string) => void): Promise<void> {
    for await (const line of lines) {
      const found = this.#own(line.trim());
      if (found !== undefined) {
        this.#done(found);
        return;
      }
      if (line.trim() !== '') {
        refused('That is not it: the address begins with `http://127.0.0.1` and has `code=` in it.');
      }
    }
  }

  /** What an address says, if it is of this login. */
  #own(address: string): URLSearchParams | undefined {
    if (!URL.canParse(address, this.redirect)) return undefined;
    const { searchParams } = new URL(address, this.redirect);
    const isOwn = searchParams.get('state') === this.state;
    return isOwn && (searchParams.has('code') || searchParams.has('error')) ? searchParams : undefined;
  }
}
