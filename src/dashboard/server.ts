// The dashboard: an HTTP server for this machine alone, until it is told to stop.
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { realpath, stat } from 'node:fs/promises';
import { reasonOf, SnapshotError } from '../base/errors.ts';
import { thisStateFolder } from '../host/state-folder.ts';
import { loadPlan } from '../plan/plan.ts';
import { isLoopback } from '../serve/http/hosts.ts';
import { httpServer } from '../serve/http/http-server.ts';
import { hostAndPort, parseListen } from '../serve/listen-address.ts';
import { beginListening, closeServer } from '../serve/listening.ts';
import { createApp } from './app.ts';
import { Pages } from '../serve/http/pages.ts';
import { Sessions } from './sessions.ts';
import { Tasks } from './tasks.ts';
import { Tickets } from './tickets.ts';

export interface DashboardOptions {
  /** The plan, a file. */
  readonly plan: string;
  /** As `127.0.0.1:8401`. */
  readonly listen: string;
  /** The folder below which may be restored; undefined: nowhere. */
  readonly restoreTo: string | undefined;
  /** The log of runs; undefined: the usual place. */
  readonly log: string | undefined;
  /** Told of each address that lets one page in: the first, and another one whenever one was used. */
  readonly onUrl: (url: string) => void;
  /** Told of what should not happen, and does not end it. */
  readonly onError: (error: unknown) => void;
}

export interface Dashboard {
  /** Where it listens. */
  readonly url: string;
  /** How many tasks are at work. */
  readonly working: () => number;
  /** Stops what is at work, waits for it, and ends. */
  readonly close: () => Promise<void>;
}

const HEAD_BYTES = 16 * 1024;
const HEAD_MS = 15_000;
const MOST_CONNECTIONS = 256;

/**
 * Begins to listen.
 *
 * @throws {@link SnapshotError} `E_USAGE` when it would listen beyond this machine, or `restoreTo` is no folder; `E_PLAN` when the plan
 * has mistakes; `E_HOST` when the address cannot be had, or the pages were not built.
 */
export async function openDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { host, port } = parseListen(options.listen);
  if (!isLoopback(host)) {
    throw new SnapshotError(
      'E_USAGE',
      `--listen ${options.listen}: the dashboard is for this machine alone`,
      {
        hint: 'From elsewhere, go through ssh: `ssh -L 8401:127.0.0.1:8401 HOST`.',
      },
    );
  }
  const restoreTo = options.restoreTo === undefined ? undefined : await folderOf(options.restoreTo);
  const { file: plan } = await loadPlan(options.plan);
  const pages = new Pages();
  if ((await pages.page('dashboard')) === undefined)
    throw new SnapshotError('E_HOST', 'The pages of the dashboard are not there', {
      hint: 'They are built on install: `npm ci`, or `npm run build`.',
    });
  const sessions = new Sessions();
  const tasks = new Tasks();
  const log = resolve(options.log ?? join(thisStateFolder(), 'snapshot.log'));
  let url = '';
  const tellUrl = (): void => options.onUrl(`${url}/#code=${sessions.issueCode()}`);
  const app = createApp({
    service: {
      plan,
      log,
      logGiven: options.log,
      restoreTo,
      tasks,
      tickets: new Tickets(),
      fail: options.onError,
    },
    sessions,
    pages,
    codeUsed: tellUrl,
  });
  const server = httpServer({
    fetch: app.fetch,
    fail: options.onError,
    maxHeaderSize: HEAD_BYTES,
    headersTimeout: HEAD_MS,
  });
  server.maxConnections = MOST_CONNECTIONS;
  await beginListening(server, host, port);
  url = `http://${hostAndPort(host, (server.address() as AddressInfo).port)}`;
  tellUrl();
  return {
    url,
    working: () => tasks.working,
    close: async () => {
      await tasks.close();
      await closeServer(server);
    },
  };
}

/** @throws {@link SnapshotError} `E_USAGE` */
async function folderOf(given: string): Promise<string> {
  const path = resolve(given);
  try {
    if ((await stat(path)).isDirectory()) return await realpath(path);
  } catch (cause) {
    throw new SnapshotError('E_USAGE', `--restore-to "${path}": ${reasonOf(cause)}`, { cause });
  }
  throw new SnapshotError('E_USAGE', `--restore-to "${path}" is no folder`);
}
