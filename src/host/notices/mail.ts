import { connect, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { SnapshotError } from '../../base/errors.ts';
import { type Channel, type Message, Undelivered } from './channel.ts';

/** A mail server and how to speak to it. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte. */
  readonly secure: boolean;
  /** Whether STARTTLS must succeed before anything is said. */
  readonly requireTLS: boolean;
  /** A server on this machine: its certificate is in no name that could be checked. */
  readonly ignoreTLS: boolean;
  readonly auth: { readonly user: string; readonly pass: string } | undefined;
  readonly from: string;
}

const ADDRESS = /^[^\s@,;<>"?]+@[^\s@,;<>"?]+$/;

/** Whether `text` is one plain address. */
export function isAddress(text: string): boolean {
  return ADDRESS.test(text);
}

/**
 * Reads `smtp[s]://[user:password@]host[:port][?from=address]`. A password never goes over the network in the
 * clear.
 *
 * @throws {@link SnapshotError} `E_USAGE`, which never shows `address`: it holds a password.
 */
export function mailServer(address: string, thisHost: string = hostname()): MailServer {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const secure = url?.protocol === 'smtps:';
  const hint = 'Write `smtps://user:password@host`, with `%40` for an @ in the user or the password.';
  if (url === undefined || url.hostname === '' || (!secure && url.protocol !== 'smtp:')) {
    throw new SnapshotError('E_USAGE', 'Cannot read the address of the mail server', { hint });
  }
  const [user, pass] = [url.username, url.password].map(decoded);
  const from = url.searchParams.get('from') ?? (isAddress(user ?? '') ? user : `snapshot@${thisHost}`);
  if (!isAddress(from ?? '')) {
    throw new SnapshotError('E_USAGE', 'Cannot use the sender `from` of the mail server: it is no address', {
      hint,
    });
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const isHere = ['localhost', '::1'].includes(host) || host.startsWith('127.');
  return {
    host,
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    requireTLS: !secure && !isHere && url.username !== '',
    ignoreTLS: !secure && isHere,
    auth: url.username === '' ? undefined : { user: user ?? '', pass: pass ?? '' },
    from: from ?? '',
  };
}

/** A percent sign that encodes nothing stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

type SocketReady = (error: Error | null, made?: { readonly connection: Socket }) => void;

/** Sends mail to one address. */
export function mail(to: string, server: MailServer): Channel {
  return {
    label: `mail to ${to}`,
    isMonitor: false,
    send: async (message, signal) => await sendMail(to, server, message, signal),
  };
}

async function sendMail(
  to: string,
  server: MailServer,
  message: Message,
  signal: AbortSignal,
): Promise<void> {
  // Slow to load, and most runs send none.
  const { createTransport } = await import('nodemailer');
  const { from, auth, ...where } = server;
  let socket: Socket | undefined;
  const transport = createTransport({
    ...where,
    ...(auth !== undefined && { auth }),
    disableFileAccess: true,
    disableUrlAccess: true,
    // A connection of our own: it can be cut, wherever the conversation stands.
    getSocket: (_options: unknown, done: SocketReady) => {
      const made = connect({ host: server.host, port: server.port, signal });
      socket = made;
      made.once('error', done);
      made.once('connect', () => {
        made.off('error', done);
        done(null, { connection: made });
      });
    },
  });
  try {
    // So that no robot answers it: RFC 3834.
    const headers = { 'Auto-Submitted': 'auto-generated' };
    await transport.sendMail({ from, to, subject: message.title, text: message.text, headers });
  } catch (error) {
    throw refusal(error);
  } finally {
    socket?.destroy();
  }
}

/** An answer of 500 and above is final (RFC 5321, 4.2.1), and so is a wrong password. */
function refusal(error: unknown): unknown {
  if (!(error instanceof Error) || !('responseCode' in error)) return error;
  const status = Number(error.responseCode);
  if (!(status >= 400)) return error;
  // The server's own words may repeat what was sent.
  const what = 'code' in error && error.code === 'EAUTH' ? 'refuses the password' : 'refuses the mail';
  return new Undelivered(`the server ${what}: ${status}`, status >= 500, error);
}
