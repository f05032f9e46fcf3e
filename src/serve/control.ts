// How a command on this machine asks the process that serves a folder to look at it: over loopback, with a secret that only who may
// read `var/server.json` has.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { printable, SnapshotError } from '../base/errors.ts';
import { hashOf, isSecret } from './users/secrets.ts';
import type { SyncResult } from './library/reconcile.ts';

/** What one account's folder came to. */
export interface AccountSync extends SyncResult {
  readonly account: string;
  readonly seconds: number;
  /** Why its folder could not be looked at; undefined when it was. */
  readonly error?: string | undefined;
}

export interface Control {
  readonly url: string;
  readonly secret: string;
  readonly close: () => Promise<void>;
}

/** @param sync - Looks at all folders. */
export async function openControl(
  sync: (rehash: boolean) => Promise<readonly AccountSync[]>,
): Promise<Control> {
  const secret = randomBytes(32).toString('base64url');
  const hash = hashOf(secret);
  const answer = async (asked: IncomingMessage, response: ServerResponse): Promise<void> => {
    const given = asked.headers.authorization?.replace(/^Bearer /, '') ?? '';
    if (asked.method !== 'POST' || !isSecret(given, hash)) {
      response.writeHead(401).end();
      return;
    }
    try {
      const results = await sync(asked.url === '/sync?rehash=1');
      response.end(JSON.stringify({ results }));
    } catch (error) {
      response
        .writeHead(500)
        .end(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
    }
  };
  const server = createServer((asked, response) => void answer(asked, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  };
  return { url: `http://127.0.0.1:${port}`, secret, close };
}

/** Asks the process that has that control to look at all folders. @throws {@link SnapshotError} `E_STORE` when it could not. */
export async function askControl(
  url: string,
  secret: string,
  rehash: boolean,
): Promise<readonly AccountSync[]> {
  const headers = { Authorization: `Bearer ${secret}` };
  let said: { readonly results?: readonly AccountSync[]; readonly error?: string };
  try {
    // `fetch` waits five minutes for an answer, and this one comes when all has been looked at, or read.
    const asked = request(`${url}/sync${rehash ? '?rehash=1' : ''}`, { method: 'POST', headers }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    said = (await json(response)) as typeof said;
  } catch (cause) {
    const message = 'The server of this folder does not answer';
    throw new SnapshotError('E_STORE', message, { cause, hint: 'Does it still run, and as the same user?' });
  }
  if (said.results !== undefined) return said.results;
  throw new SnapshotError('E_STORE', `The server of this folder says: ${printable(said.error ?? 'nothing')}`);
}
