import type { AddressInfo, Server } from 'node:net';
import { onTestFinished } from 'vitest';

/** Lets `server` listen on this machine until the test ends. @returns Its port. */
export async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}
