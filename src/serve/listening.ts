// Takes an address, and gives it back.
import type { Server } from 'node:http';
import { reasonOf, SnapshotError, systemCode } from '../base/errors.ts';
import { hostAndPort } from './listen-address.ts';

/** @throws {@link SnapshotError} `E_HOST` when the address cannot be had. */
export async function beginListening(server: Server, host: string, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (cause) {
    const why = systemCode(cause) === 'EADDRINUSE' ? 'another program listens there' : reasonOf(cause);
    throw new SnapshotError('E_HOST', `Cannot listen on ${hostAndPort(host, port)}: ${why}`, { cause });
  }
}

/** Ends what is under way, too. */
export async function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
}
