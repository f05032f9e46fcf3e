// Serves a folder: its libraries over HTTP, until it is told to stop.
import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { SnapshotError } from '../base/errors.ts';
import { loadBlake3 } from '../hash/blake3.ts';
import { openLog } from '../host/log-file.ts';
import { takeClaim } from './claim.ts';
import { type AccountSync, openControl } from './control.ts';
import { ServedFolder } from './folder.ts';
import { createApp } from './http/app.ts';
import { proxiesOf } from './http/client-address.ts';
import { hostOf, isLoopback } from './http/hosts.ts';
import { shareFairly } from './http/fair-share.ts';
import { httpServer } from './http/http-server.ts';
import { Pages } from './http/pages.ts';
import { Libraries, type Limits, type OnRead } from './libraries.ts';
import { hostAndPort, parseListen } from './listen-address.ts';
import { beginListening, closeServer } from './listening.ts';
import { syncAll } from './sync-all.ts';
import { followTls, readTls, type TlsFiles } from './tls.ts';
import { Accounts } from './users/accounts.ts';

export interface ServeOptions extends TlsFiles {
  readonly folder: string;
  /** As `127.0.0.1:8400`. */
  readonly listen: string;
  /** Listen on other addresses than loopback without TLS. */
  readonly insecureLan: boolean;
  /** What clients call it, where that is not where it listens. */
  readonly baseUrl: string | undefined;
  /** Addresses of proxies, whose `X-Forwarded-For` says who asks. */
  readonly trustedProxies: readonly string[];
  readonly limits: Limits;
  readonly onRead: OnRead;
  /** Told of what was done to the folder of an account by other means, when that was noticed. */
  readonly onSync: (sync: AccountSync) => void;
  /** Notice that by itself. */
  readonly watch: boolean;
  /** Told of what should not happen, and does not end it. */
  readonly onError: (error: unknown) => void;
  /** Gives up before it is served: all files of a new library are read before that. */
  readonly signal?: AbortSignal | undefined;
}

export interface Serving {
  /** Where clients reach it. */
  readonly url: string;
  /** What the first look at each folder came to, in the end. */
  readonly first: Promise<readonly AccountSync[]>;
  /** Ends what is under way, and gives the folder back. */
  readonly close: () => Promise<void>;
}

/** What a server begins with. */
interface Prepared {
  readonly address: ReturnType<typeof parseListen>;
  readonly isProxy: ReturnType<typeof proxiesOf>;
  readonly base: URL | undefined;
  readonly tls: Awaited<ReturnType<typeof readTls>>;
  readonly folder: ServedFolder;
  readonly accounts: Accounts;
}

/** A head of a request takes no longer, and no more. */
const HEAD_MS = 15_000;
const HEAD_BYTES = 16 * 1024;
const MOST_CONNECTIONS = 1024;
/** Of these, from one address. A household behind one router needs far fewer; a proxy has its own name. */
const MOST_OF_ONE = 256;

/**
 * Serves it, by what its journals say; what is in it is looked at meanwhile. Where there is no journal yet, that comes first.
 *
 * @throws {@link SnapshotError} `E_USAGE` when it has no accounts, or would listen where others can read along; `E_LOCKED` when
 * another process serves it; `E_HOST` when the address cannot be had; the reason of `signal`.
 */
export async function serveFolder(options: ServeOptions): Promise<Serving> {
  const { address, isProxy, base, tls, folder, accounts } = await prepareServing(options);
  const claim = await takeClaim(folder.server);
  const undo: (() => Promise<void>)[] = [async () => await claim.release()];
  const close = async (): Promise<void> => {
    for (const step of undo.toReversed()) await step();
    undo.length = 0;
  };
  try {
    const log = await openLog(folder.accessLog);
    undo.push(async () => await log.close());
    const libraries = new Libraries(folder, accounts, await loadBlake3(), options.limits, {
      ...options,
      onSync: options.watch ? options.onSync : undefined,
    });
    undo.push(async () => await libraries.close());
    const names = accounts.accounts.map(({ name }) => name);
    await unlessStopped(options.signal, libraries, async () => {
      await Promise.all(names.map(async (name) => await libraries.early(name).catch(saidByFirst)));
    });
    const first = syncAll(names, libraries, { rehash: false, isFirst: true });
    first.catch(() => undefined); // It is told of by who waits for it; nobody does where listening fails.

    const fail = (error: unknown): void => {
      log.error({ err: error }, 'failed');
      options.onError(error);
    };
    const app = createApp({
      accounts,
      pages: new Pages(),
      isProxy,
      library: async (account, isEarly) =>
        isEarly ? await libraries.early(account) : await libraries.get(account),
      hosts: new Set([address.host, hostOf(base?.host ?? '') ?? ''].map((name) => name.toLowerCase())),
      log: (entry) => log.info({ ...entry }, 'request'),
      fail,
    });
    const server = httpServer({
      fetch: app.fetch,
      fail,
      tls,
      maxHeaderSize: HEAD_BYTES,
      headersTimeout: HEAD_MS,
      requestTimeout: 0,
    });
    server.maxConnections = MOST_CONNECTIONS;
    shareFairly(server, MOST_OF_ONE, isProxy);
    await beginListening(server, address.host, address.port);
    undo.push(async () => await closeServer(server));
    if (tls !== undefined) {
      const end = followTls(server as unknown as HttpsServer, options, tls, options.onError);
      undo.push(async () => await Promise.resolve(end()));
    }

    const control = await openControl(async (rehash) => {
      await accounts.refresh();
      return await syncAll(
        accounts.accounts.map(({ name }) => name),
        libraries,
        { rehash },
      );
    });
    undo.push(control.close);
    const { port } = server.address() as AddressInfo;
    const listening = `${tls === undefined ? 'http' : 'https'}://${hostAndPort(address.host, port)}`;
    const url = base?.href.replace(/\/$/, '') ?? listening;
    await claim.write({ url, listening, control: control.url, secret: control.secret });
    return { url, first, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @throws the reason of `signal` when that aborts meanwhile; `libraries` are closed then. */
async function unlessStopped(
  signal: AbortSignal | undefined,
  libraries: Libraries,
  work: () => Promise<void>,
): Promise<void> {
  signal?.throwIfAborted();
  const stop = (): void => void libraries.close();
  signal?.addEventListener('abort', stop);
  try {
    await work();
  } finally {
    signal?.removeEventListener('abort', stop);
    signal?.throwIfAborted();
  }
}

/** What is wrong with one library is told with what was found. @throws what is a defect. */
function saidByFirst(error: unknown): void {
  if (!(error instanceof SnapshotError)) throw error;
}

/**
 * What can be known before it is served.
 *
 * @throws {@link SnapshotError} `E_USAGE`, as {@link serveFolder}.
 */
export async function prepareServing(
  options: Pick<
    ServeOptions,
    'folder' | 'listen' | 'insecureLan' | 'baseUrl' | 'trustedProxies' | 'cert' | 'key'
  >,
): Promise<Prepared> {
  const address = parseListen(options.listen);
  const isProxy = proxiesOf(options.trustedProxies);
  const base = options.baseUrl === undefined ? undefined : parseBase(options.baseUrl);
  const tls = await readTls(options);
  if (tls === undefined && !isLoopback(address.host) && !options.insecureLan) throw readable(options.listen);
  const folder = new ServedFolder(options.folder);
  await folder.check();
  const accounts = new Accounts(folder.users);
  await accounts.refresh();
  return { address, isProxy, base, tls, folder, accounts };
}

function parseBase(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.search === '')
    return url;
  throw new SnapshotError('E_USAGE', `--base-url ${text}: it takes an address as https://photos.example.org`);
}

function readable(where: string): SnapshotError {
  return new SnapshotError(
    'E_USAGE',
    `--listen ${where}: without TLS, others on the way could read tokens and files`,
    {
      hint: 'Give --cert and --key, put a proxy with TLS before it, or say --insecure-lan for a network that you trust.',
    },
  );
}
