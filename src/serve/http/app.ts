// All that the server answers, see docs/serve.md.
import { Hono } from 'hono';
import { SnapshotError } from '../../base/errors.ts';
import { Refusal } from '../refusal.ts';
import { Tickets } from '../users/tickets.ts';
import { WrongTries } from '../users/wrong-tries.ts';
import { postCheck } from './check-route.ts';
import { clientAddress } from './client-address.ts';
import { type Asked, type Environment, mustRead, type Service, UNKNOWN_TOKEN } from './environment.ts';
import { getEvents } from './events-route.ts';
import { isAllowedHost } from './hosts.ts';
import { getAccount, getList } from './list-route.ts';
import type { PageFile } from './pages.ts';
import { readJson, STRANGER_BYTES } from './read-json.ts';
import { getChanges, getFile } from './read-routes.ts';
import { getTicket, postTickets } from './ticket-routes.ts';
import { deleteUpload, headUpload, optionsOfUploads, patchUpload, postUploads } from './tus-routes.ts';
import { postUpload, putFile } from './upload-route.ts';

/** What others have uploaded must not run, be guessed at, or be kept by what lies between. */
const HEADERS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; sandbox; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'private, no-store',
};

/** So many files an account sends at once: who has more waits. */
const UPLOADS_AT_ONCE = 32;

export function createApp(service: Service): Hono<Environment> {
  const app = new Hono<Environment>();
  const tries = new WrongTries();
  const tickets = new Tickets();
  const uploads = new Map<string, number>();
  const addressOf = (asked: Asked): string => {
    const { remoteAddress = '' } = asked.env.incoming.socket;
    return clientAddress(remoteAddress, asked.req.header('X-Forwarded-For'), service.isProxy);
  };

  app.use(async (asked, next) => {
    const begun = performance.now();
    // It is refused before anything else is looked at.
    if (isAllowedHost(asked.req.header('Host'), service.hosts)) await next();
    else
      asked.res = refuse(
        asked,
        new Refusal(421, 'This server is not called by that name; --base-url lists one'),
      );
    const headers = (asked.get('headers') as Environment['Variables']['headers'] | undefined) ?? HEADERS;
    for (const [name, value] of Object.entries(headers)) asked.res.headers.set(name, value);
    const token = asked.get('token') as Environment['Variables']['token'] | undefined;
    service.log({
      remote: addressOf(asked),
      account: token?.account,
      token: token?.id,
      method: asked.req.method,
      // A ticket is a secret until it is used.
      path: asked.req.path.replace(/^\/v1\/tickets\/.*/, '/v1/tickets/...'),
      name: asked.req.query('name'),
      status: asked.res.status,
      ms: Math.round(performance.now() - begun),
    });
  });

  app.onError((error, asked) => {
    if (error instanceof Refusal) return refuse(asked, error);
    // Nobody is there any more.
    if (asked.env.incoming.errored !== null || asked.env.incoming.destroyed)
      return refuse(asked, new Refusal(400, 'The upload was cut off'));
    service.fail(error);
    if (error instanceof SnapshotError)
      return refuse(asked, new Refusal(503, 'The folder of this account cannot be used now'));
    return refuse(asked, new Refusal(500, 'The server failed; its log says why'));
  });
  app.notFound((asked) =>
    refuse(asked, new Refusal(404, 'There is nothing here: docs/serve.md lists what there is')),
  );

  // Before what asks for a token.
  const showPage = (page: 'upload' | 'library') => async (asked: Asked) =>
    sendPage(asked, await service.pages.page(page));
  app.get('/', showPage('upload'));
  app.get('/library', showPage('library'));
  app.get('/assets/:name', async (asked) =>
    sendPage(asked, await service.pages.asset(asked.req.param('name'))),
  );
  app.get('/v1/tickets/:ticket', async (asked) => await getTicket(asked, tickets, service));
  app.post('/v1/pair', async (asked) => {
    slowDown(asked);
    await service.accounts.refresh();
    const { code } = await readJson(asked.env, STRANGER_BYTES);
    const paired = typeof code === 'string' ? await service.accounts.pair(code, new Date()) : undefined;
    if (paired !== undefined) return asked.json(paired, 201);
    tries.count(addressOf(asked), performance.now());
    throw new Refusal(403, 'This code is not, or no longer, good. `snapshot serve pair` makes another one');
  });

  app.use(async (asked, next) => {
    await service.accounts.refresh();
    const [, secret = ''] = /^Bearer +(\S+)$/i.exec(asked.req.header('Authorization') ?? '') ?? [];
    const token = service.accounts.find(secret);
    if (token === undefined) {
      slowDown(asked);
      if (secret !== '') tries.count(addressOf(asked), performance.now());
      asked.header('WWW-Authenticate', 'Bearer');
      const message = secret === '' ? 'This takes a token: `Authorization: Bearer TOKEN`' : UNKNOWN_TOKEN;
      throw new Refusal(401, message);
    }
    asked.set('token', token);
    asked.set('isLetIn', async () => {
      await service.accounts.refresh();
      return service.accounts.find(secret) !== undefined;
    });
    asked.set('library', await service.library(token.account, isSending(asked)));
    await next();
  });

  const oneOfFew = async (asked: Asked, take: (asked: Asked) => Promise<Response>): Promise<Response> => {
    const { account } = asked.get('token');
    const count = uploads.get(account) ?? 0;
    if (count >= UPLOADS_AT_ONCE) {
      asked.header('Retry-After', '1');
      throw new Refusal(429, `An account sends ${UPLOADS_AT_ONCE} files at once, and no more`);
    }
    uploads.set(account, count + 1);
    try {
      return await take(asked);
    } finally {
      uploads.set(account, (uploads.get(account) ?? 1) - 1);
    }
  };

  app.post('/upload', async (asked) => await oneOfFew(asked, postUpload));
  app.put('/v1/files/*', async (asked) => await oneOfFew(asked, putFile));
  app.options('/v1/uploads', optionsOfUploads);
  app.post('/v1/uploads', postUploads);
  app.patch('/v1/uploads/:id', async (asked) => await oneOfFew(asked, patchUpload));
  app.delete('/v1/uploads/:id', deleteUpload);
  // HEAD is asked as GET.
  app.get('/v1/uploads/:id', headUpload);
  app.get('/v1/files/*', getFile);
  app.get('/v1/changes', getChanges);
  app.get('/v1/events', getEvents);
  app.get('/v1/list', getList);
  app.get('/v1/account', getAccount);
  app.post('/v1/tickets', async (asked) => await postTickets(asked, tickets));
  app.post('/v1/check', postCheck);
  app.post('/sync', async (asked) => {
    const begun = performance.now();
    const rehash = asked.req.query('rehash') === '1';
    // It reads every file: not for each phone that may send some.
    if (rehash) mustRead(asked);
    const { problems, ...counts } = await asked.get('library').sync({ rehash });
    const seconds = Math.round(performance.now() - begun) / 1000;
    return asked.json({ ...counts, problems: problems.length, seconds });
  });
  return app;

  /** @throws {@link Refusal} 429 where an address has tried too often. A right token is never slowed down. */
  function slowDown(asked: Asked): void {
    const wait = tries.waitOf(addressOf(asked), performance.now());
    if (wait === undefined) return;
    asked.header('Retry-After', String(wait));
    throw new Refusal(429, `Too many wrong tokens from your address: wait ${wait} seconds`);
  }
}

/** Whether a request asks of nothing but what it sends: see {@link Libraries.early}. */
function isSending({ req: { method, path } }: Asked): boolean {
  return method !== 'GET' && /^\/(?:upload|v1\/(?:check|files|uploads))(?:\/|$)/.test(path);
}

function sendPage(asked: Asked, file: PageFile | undefined): Response {
  if (file === undefined)
    throw new Refusal(404, 'There is no such page; in a folder with the sources, `npm run build` makes them');
  asked.set('headers', file.headers);
  return asked.body(file.body, 200);
}

function refuse(asked: Asked, { status, message, more }: Refusal): Response {
  return asked.json({ ...more, error: message }, status as 400);
}
