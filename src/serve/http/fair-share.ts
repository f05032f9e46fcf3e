// Who asks from one address cannot keep all others out.
import type { Server } from 'node:net';
import { type IsProxy, networkOf, plainAddress } from './client-address.ts';

/**
 * Lets no address have more than `most` connections to `server` at a time; further ones are ended at once. A half-open request,
 * or one that comes byte by byte, holds its connection as long as it likes, and there are only so many.
 *
 * @param isProxy - Many ask through these.
 */
export function shareFairly(server: Server, most: number, isProxy: IsProxy): void {
  const counts = new Map<string, number>();
  server.on('connection', (socket) => {
    const address = plainAddress(socket.remoteAddress ?? '');
    if (isProxy(address)) return;
    const asker = networkOf(address);
    const count = (counts.get(asker) ?? 0) + 1;
    counts.set(asker, count);
    socket.once('close', () => {
      const left = (counts.get(asker) ?? 1) - 1;
      if (left === 0) counts.delete(asker);
      else counts.set(asker, left);
    });
    if (count > most) socket.destroy();
  });
}
