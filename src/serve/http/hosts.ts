// Which names a request may call this server by. A page of elsewhere can make its own name lead here (DNS rebinding), but not an
// address or a name that is listed.
import { isIP } from 'node:net';

/** The host in a `Host` header, without port and brackets; undefined when it is none. */
export function hostOf(header: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(header) ?? [];
  return (bracketed ?? plain)?.toLowerCase();
}

/** @param names - Those that are listed, in small letters. */
export function isAllowedHost(header: string | undefined, names: ReadonlySet<string>): boolean {
  const host = header === undefined ? undefined : hostOf(header);
  return host !== undefined && (host === 'localhost' || isIP(host) !== 0 || names.has(host));
}

/** Whether only this machine reaches `host`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
