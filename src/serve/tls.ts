// The certificate of a server. It is read anew when its files change, as they do while a server runs for years.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Server } from 'node:https';
import { reasonOf, SnapshotError } from '../base/errors.ts';

/** Files with a certificate and its key, in PEM. */
export interface TlsFiles {
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

export interface Tls {
  readonly cert: Buffer;
  readonly key: Buffer;
  /** How the files were before they were read. */
  readonly stamp: string;
}

const LOOK_MS = 1000;

/** @throws {@link SnapshotError} `E_USAGE` when one is missing or cannot be read, or they do not belong together. */
export async function readTls({ cert, key }: TlsFiles): Promise<Tls | undefined> {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined)
    throw new SnapshotError('E_USAGE', '--cert and --key go together: a certificate and its key, in PEM');
  const stamp = await stampOf({ cert, key });
  const tls = { stamp, cert: await readPem(cert), key: await readPem(key) };
  if (!belongTogether(tls, cert, key))
    throw new SnapshotError('E_USAGE', `"${key}" is not the key of the certificate "${cert}"`);
  return tls;
}

/**
 * Looks each second whether the files have changed, and then has `server` use what they are now: for new connections, those that
 * are open go on. What cannot be used changes nothing.
 *
 * @param tls - What it uses now.
 * @param onError - Told of that, once.
 * @returns Ends it.
 */
export function followTls(
  server: Server,
  files: TlsFiles,
  { stamp: first }: Tls,
  onError: (error: unknown) => void,
): () => void {
  let [used, last] = [first, first];
  let isLooking = false;
  const look = async (): Promise<void> => {
    const stamp = await stampOf(files);
    // Of two files one comes before the other: it counts once both have been left alone.
    const isSettled = stamp === last;
    last = stamp;
    if (stamp === used || !isSettled) return;
    used = stamp;
    try {
      const tls = await readTls(files);
      if (tls !== undefined) server.setSecureContext({ cert: tls.cert, key: tls.key });
    } catch (cause) {
      const message = `The certificate of before stays in use: ${reasonOf(cause)}`;
      onError(new SnapshotError('E_USAGE', message, { cause }));
    }
  };
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    look()
      .catch(onError)
      .finally(() => (isLooking = false));
  }, LOOK_MS).unref();
  return () => clearInterval(timer);
}

async function stampOf({ cert = '', key = '' }: TlsFiles): Promise<string> {
  const stamps = [cert, key].map(async (file) => {
    const { mtimeMs = 0, ino = 0, size = 0 } = (await stat(file).catch(() => undefined)) ?? {};
    return `${mtimeMs} ${ino} ${size}`;
  });
  return (await Promise.all(stamps)).join(' ');
}

async function readPem(file: string): Promise<Buffer> {
  return await readFile(file).catch((cause: unknown) => {
    throw new SnapshotError('E_USAGE', `Cannot read "${file}": ${reasonOf(cause)}`, { cause });
  });
}

/** @throws {@link SnapshotError} `E_USAGE` when one of them is no PEM. */
function belongTogether({ cert, key }: Tls, certFile: string, keyFile: string): boolean {
  const [certificate, privateKey] = [
    parsed(certFile, 'certificate', () => new X509Certificate(cert)),
    parsed(keyFile, 'key', () => createPrivateKey(key)),
  ];
  return certificate.checkPrivateKey(privateKey);
}

function parsed<T>(file: string, what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new SnapshotError('E_USAGE', `"${file}" is no ${what} in PEM: ${reasonOf(cause)}`, { cause });
  }
}
