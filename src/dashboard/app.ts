// All that the dashboard answers, see docs/web.md.
import type { HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { SnapshotError } from '../base/errors.ts';
import type { PageFile, Pages } from '../serve/http/pages.ts';
import { hostOf, isLoopback } from '../serve/http/hosts.ts';
import { STRANGER_BYTES } from '../serve/http/read-json.ts';
import { Refusal } from '../serve/refusal.ts';
import { getEvents, postRestore, postRun, postStop, postTicket, postVerify } from './action-routes.ts';
import { getDownload } from './download.ts';
import {
  getAbout,
  getDifference,
  getFiles,
  getLog,
  getOverview,
  getRow,
  getSchedule,
  getTimeline,
} from './look-routes.ts';
import { type Asked, bodyOf, type Service, textIn } from './service.ts';
import type { Sessions } from './sessions.ts';

/** Nothing but what this server has is loaded or talked to, and no other page can hold this one in a frame. */
const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
};

export interface AppParts {
  readonly service: Service;
  readonly sessions: Sessions;
  readonly pages: Pages;
  /** Told that a code was used: the next page needs another one. */
  readonly codeUsed: () => void;
}

export function createApp({
  service,
  sessions,
  pages,
  codeUsed,
}: AppParts): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();

  app.use(async (asked, next) => {
    const refusal = whyRefused(asked);
    if (refusal === undefined) await next();
    else asked.res = refuse(asked, refusal);
    for (const [name, value] of Object.entries(HEADERS))
      if (!asked.res.headers.has(name)) asked.res.headers.set(name, value);
  });
  app.onError((error, asked) => {
    if (error instanceof Refusal) return refuse(asked, error);
    if (error instanceof SnapshotError)
      return asked.json(
        { error: error.message, hint: error.hint ?? null, code: error.code },
        error.code === 'E_USAGE' ? 400 : 500,
      );
    service.fail(error);
    return refuse(asked, new Refusal(500, 'The server failed; where it was started, it says why'));
  });
  app.notFound((asked) => refuse(asked, new Refusal(404, 'There is nothing here')));

  app.post('/v1/session', async (asked) => {
    const token = sessions.exchange(textIn(await bodyOf(asked, STRANGER_BYTES), 'code'));
    if (token === undefined)
      throw new Refusal(
        403,
        'This address was used already. `snapshot web` prints another one where it runs',
      );
    codeUsed();
    return asked.json({ token }, 201);
  });
  // A ticket is its own proof.
  app.get('/v1/download/:ticket', async (asked) => await getDownload(asked, service));

  app.use('/v1/*', async (asked, next) => {
    const [, token = ''] = /^Bearer +(\S+)$/i.exec(asked.req.header('Authorization') ?? '') ?? [];
    if (sessions.isKnown(token)) return await next();
    asked.header('WWW-Authenticate', 'Bearer');
    throw new Refusal(
      401,
      'This page is not let in. Open the address that `snapshot web` prints where it runs',
    );
  });
  app.get('/v1/about', (asked) => getAbout(asked, service));
  app.get('/v1/overview', async (asked) => await getOverview(asked, service));
  app.get('/v1/rows/:id', async (asked) => await getRow(asked, service));
  app.get('/v1/rows/:id/files', async (asked) => await getFiles(asked, service));
  app.get('/v1/rows/:id/timeline', async (asked) => await getTimeline(asked, service));
  app.get('/v1/rows/:id/difference', async (asked) => await getDifference(asked, service));
  app.post('/v1/rows/:id/run', async (asked) => await postRun(asked, service));
  app.post('/v1/rows/:id/verify', async (asked) => await postVerify(asked, service));
  app.post('/v1/rows/:id/restore', async (asked) => await postRestore(asked, service));
  app.post('/v1/rows/:id/tickets', async (asked) => await postTicket(asked, service));
  app.post('/v1/tasks/:id/stop', (asked) => postStop(asked, service));
  app.get('/v1/events', (asked) => getEvents(asked, service));
  app.get('/v1/log', async (asked) => await getLog(asked, service));
  app.get('/v1/schedule', async (asked) => await getSchedule(asked));

  app.get('/', async (asked) => sendPage(asked, await pages.page('dashboard')));
  app.get('/assets/:name', async (asked) => sendPage(asked, await pages.asset(asked.req.param('name'))));
  return app;
}

function sendPage(asked: Asked, file: PageFile | undefined): Response {
  if (file === undefined) throw new Refusal(404, 'There is nothing here');
  return asked.body(file.body, 200, { ...file.headers });
}

/** Before anything else is looked at: on GET too, as what is read is what others are after. */
function whyRefused(asked: Asked): Refusal | undefined {
  const host = asked.req.header('Host') ?? '';
  const name = hostOf(host);
  // A page of elsewhere can make its own name lead here (DNS rebinding), but not this one.
  if (name === undefined || !isLoopback(name))
    return new Refusal(421, 'This server is not called by that name');
  const origin = asked.req.header('Origin');
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`)
    return new Refusal(403, 'Pages of other sites may ask nothing here');
  // What HEAD is told would use up a ticket.
  if (!['GET', 'POST'].includes(asked.req.method)) return new Refusal(405, 'This takes GET and POST');
  return undefined;
}

function refuse(asked: Asked, { status, message, more }: Refusal): Response {
  return asked.json({ ...more, error: message }, status as 400);
}
