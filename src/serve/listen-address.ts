import { SnapshotError } from '../base/errors.ts';

export interface ListenAddress {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

/**
 * Reads `127.0.0.1:8400`, `[::1]:8400`, `:8400` (all addresses) or `8400` (this machine).
 *
 * @throws {@link SnapshotError} `E_USAGE` for anything else.
 */
export function parseListen(text: string): ListenAddress {
  const [, bracketed, plain, digits = ''] = /^(?:(?:\[([^\]]+)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits !== '' && port <= 65_535) {
    const host = bracketed ?? plain ?? '127.0.0.1';
    return { host: host === '' ? '::' : host, port };
  }
  throw new SnapshotError('E_USAGE', `--listen ${text}: it takes HOST:PORT, as 127.0.0.1:8400`);
}

/** The address as part of a URL. */
export function hostAndPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
