// Downloads by a link: POST /v1/tickets, then GET /v1/tickets/TICKET.
import { checkName } from '../library/file-name.ts';
import { filesBelow } from '../library/listing.ts';
import { Refusal } from '../refusal.ts';
import type { Tickets } from '../users/tickets.ts';
import { type Asked, mustRead, type Service } from './environment.ts';
import { readJson } from './read-json.ts';
import { folderOf } from './list-route.ts';
import { sendFile } from './read-routes.ts';
import { sendZip } from './zip-route.ts';

/** `POST /v1/tickets` with `{"file": PATH}` or `{"folder": PATH}`: an address that works once, for a minute. */
export async function postTickets(asked: Asked, tickets: Tickets): Promise<Response> {
  mustRead(asked);
  const { file, folder } = await readJson(asked.env);
  const { account, id } = asked.get('token');
  const { holdings } = asked.get('library');
  const now = performance.now();
  const give = (kind: 'file' | 'folder', path: ReturnType<typeof checkName>): Response =>
    asked.json({ url: `/v1/tickets/${tickets.give({ account, token: id, kind, path }, now)}` }, 201);
  if (typeof file === 'string') {
    const path = checkName(file);
    if (holdings.at(path) === undefined) throw new Refusal(404, 'There is no such file');
    return give('file', path);
  }
  if (typeof folder !== 'string')
    throw new Refusal(400, 'It takes the path of a `file`, or of a `folder`, which is empty for everything');
  const path = folderOf(folder);
  if (filesBelow(holdings.all(), path).length === 0)
    throw new Refusal(404, 'There is nothing in that folder');
  return give('folder', path);
}

/** `GET /v1/tickets/TICKET`: what it is for. */
export async function getTicket(asked: Asked, tickets: Tickets, service: Service): Promise<Response> {
  // Some programs look before they fetch: that is no use of it.
  if (asked.req.method === 'HEAD') throw new Refusal(405, 'A ticket is for one GET');
  await service.accounts.refresh();
  const ticket = tickets.take(asked.req.param('ticket') ?? '', performance.now());
  const isGood =
    ticket !== undefined && service.accounts.tokensOf(ticket.account).some(({ id }) => id === ticket.token);
  if (!isGood)
    throw new Refusal(403, 'This address has worked once, or is too old: get another one from the page');
  const library = await service.library(ticket.account);
  return ticket.kind === 'file'
    ? await sendFile(asked, library, ticket.path)
    : await sendZip(library, ticket.path);
}
