// Ends connections on which nobody says anything, but not those that wait for us.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Ends a connection after `silenceMs` without a byte either way. One whose request has arrived as a whole, and which waits for its answer, or
 * for more of it, is left alone: looking at a large folder takes longer than that, and so may the next piece from a store far away.
 */
export function endSilent(server: Server, silenceMs: number): void {
  const asking = new Map<Socket, { readonly request: IncomingMessage; readonly response: ServerResponse }>();
  server.on('request', (request, response) => {
    const { socket } = request;
    asking.set(socket, { request, response });
    response.once('close', () => asking.delete(socket));
  });
  server.setTimeout(silenceMs, (socket) => {
    const { request, response } = asking.get(socket) ?? {};
    const isOurTurn = response?.writableEnded === false && socket.writableLength === 0;
    // It fires once only.
    if (request?.complete === true && isOurTurn) socket.setTimeout(silenceMs);
    else socket.destroy();
  });
}
