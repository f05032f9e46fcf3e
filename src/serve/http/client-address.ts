// Who asks, where proxies stand between. Pure.
import { BlockList, isIP } from 'node:net';
import { SnapshotError } from '../../base/errors.ts';

/** Whether an address is that of a proxy whose word counts. */
export type IsProxy = (address: string) => boolean;

/**
 * @param addresses - As `127.0.0.1`, `::1` or `10.0.0.0/8`.
 * @throws {@link SnapshotError} `E_USAGE` for anything else.
 */
export function proxiesOf(addresses: readonly string[]): IsProxy {
  const list = new BlockList();
  for (const text of addresses) {
    const [, address = '', bits] = /^([0-9a-f.:]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
    const version = isIP(address);
    const mostBits = version === 4 ? 32 : 128;
    if (version === 0 || Number(bits ?? 0) > mostBits) {
      throw new SnapshotError(
        'E_USAGE',
        `--trusted-proxy ${text}: it takes an address, as 127.0.0.1 or 10.0.0.0/8`,
      );
    }
    list.addSubnet(address, Number(bits ?? mostBits), version === 4 ? 'ipv4' : 'ipv6');
  }
  return (address) => isIP(address) !== 0 && list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}

/**
 * The address of the client: the one at the other end of the connection; where that is a proxy, the last one in `X-Forwarded-For` that
 * is none. Each proxy adds the address that it was asked from: what stands further left, anybody can write.
 */
export function clientAddress(remote: string, forwardedFor: string | undefined, isProxy: IsProxy): string {
  let address = plainAddress(remote);
  const hops = (forwardedFor ?? '').split(',').map((hop) => plainAddress(hop.trim()));
  while (isProxy(address)) {
    const hop = hops.pop();
    // What is no address is not what a proxy writes.
    if (hop === undefined || isIP(hop) === 0) return address;
    address = hop;
  }
  return address;
}

/** IPv4 as it is, also where a socket for both kinds says it as IPv6; without a port or brackets. */
export function plainAddress(address: string): string {
  const [, v4, v6] =
    /^(?:::ffff:)?(?:(\d+\.\d+\.\d+\.\d+)(?::\d+)?|\[([0-9a-f:.]+)\](?::\d+)?)$/i.exec(address) ?? [];
  return v4 ?? v6 ?? address;
}

/** What counts as one asker: of IPv6 the network, as each host has more addresses than there are to remember. */
export function networkOf(address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return address;
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const groups = head.split(':').filter((group) => group !== '');
  const after = tail === undefined ? [] : tail.split(':').filter((group) => group !== '');
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - after.length) }, () => '0');
  return [...groups, ...zeros, ...after].slice(0, 4).join(':');
}
