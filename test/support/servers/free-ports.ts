import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** So many ports of 127.0.0.1 that nobody listens at now. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map(async (server) => server.listening || (await once(server, 'listening'))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(async (server) => await once(server.close(), 'close')));
  return ports;
}
