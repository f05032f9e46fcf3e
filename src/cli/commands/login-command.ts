import { Socket } from 'node:net';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { formatBytes } from '../../base/amounts.ts';
import { printable, SnapshotError } from '../../base/errors.ts';
import { openBrowser } from '../../host/open-browser.ts';
import { readSecret } from '../../host/secret-file.ts';
import { aboutAccount, type AboutAccount } from '../../store/drive/about-account.ts';
import { checkedAccount } from '../../store/drive/drive-address.ts';
import { logIn, logOut } from '../../store/drive/log-in.ts';
import type { Login } from '../../store/drive/login-file.ts';
import type { CommonOptions } from '../options/common-options.ts';
import { stopSignal } from '../stop-signal.ts';
import type { Terminal } from '../terminal.ts';

interface AccountOptions extends CommonOptions {
  readonly service: string;
  readonly account: string | undefined;
}

interface LoginOptions extends AccountOptions {
  readonly clientId: string | undefined;
  readonly clientSecretFile: string | undefined;
  readonly browser: boolean;
}

/** Has the user say yes in the browser, and keeps what Google gives for it. */
export async function loginCommand(options: LoginOptions, terminal: Terminal): Promise<number> {
  const { json, quiet, browser } = options;
  const account = checkedAccount(options.account);
  const client = await clientOf(options);
  const stop = stopSignal(() => {});
  // Where the browser is on another machine, it cannot come back by itself.
  const lines = browser ? undefined : createInterface({ input: process.stdin });
  let about: AboutAccount;
  let file: string;
  try {
    const show = (url: string): void => {
      if (json) terminal.out(JSON.stringify({ event: 'visit', url }));
      else showAddress(url, browser && openBrowser(url), lines !== undefined, terminal);
    };
    const refused = (message: string): void => terminal.err(message);
    const { env } = process;
    file = await logIn({ account, client, env, show, pasted: lines, refused, signal: stop.signal });
    about = await aboutAccount(account, env);
  } finally {
    lines?.close();
    // A file that stands in for it is no socket, and keeps nothing waiting.
    if (process.stdin instanceof Socket) process.stdin.unref();
    stop.dispose();
  }
  if (json) {
    terminal.out(
      JSON.stringify({ event: 'login', account, file, user: about.user, freeBytes: about.freeBytes }),
    );
    terminal.out(JSON.stringify({ event: 'end', status: 0 }));
  } else if (!quiet) showLogin(about, account, file, terminal);
  return 0;
}

/** Ends the login of this machine. */
export async function logoutCommand(options: AccountOptions, terminal: Terminal): Promise<number> {
  const { json, quiet } = options;
  const account = checkedAccount(options.account);
  const result = await logOut(account, process.env);
  if (json) {
    terminal.out(JSON.stringify({ event: 'logout', account, result }));
    terminal.out(JSON.stringify({ event: 'end', status: 0 }));
  } else if (!quiet) terminal.out(LOGGED_OUT[result]);
  return 0;
}

const LOGGED_OUT = {
  ended: 'Logged out. The backup stays where it is.',
  forgotten:
    'The login is removed from this machine. Google did not confirm that it has ended: https://myaccount.google.com/permissions ends it.',
  none: 'This machine was not logged in.',
} as const;

function showAddress(url: string, isOpened: boolean, canPaste: boolean, { out, style }: Terminal): void {
  out(
    isOpened
      ? 'Say yes in the browser. If none opens, this is the address:\n'
      : 'Open this address in a browser, and say yes:\n',
  );
  out(`  ${style('cyan', url)}\n`);
  if (canPaste) {
    out(
      'If the browser is on another machine, it ends at a page that cannot be shown. Copy the address of that',
    );
    out('page (http://127.0.0.1...) and paste it here.\n');
  }
}

function showLogin(
  { user, freeBytes }: AboutAccount,
  account: string,
  file: string,
  { out, style }: Terminal,
): void {
  const room = freeBytes === undefined ? '' : `, ${formatBytes(freeBytes)} free`;
  const option = account === 'default' ? '' : `?account=${account}`;
  out(`Logged in as ${style('bold', printable(user))}${room}. ${style('dim', `Kept in ${file}`)}`);
  out(`In the plan, a destination is ${style('bold', `gdrive://FOLDER/PATH${option}`)}`);
}

/** The client that the options name. */
async function clientOf({
  clientId,
  clientSecretFile,
}: LoginOptions): Promise<Pick<Login, 'clientId' | 'clientSecret'> | undefined> {
  if (clientSecretFile === undefined) {
    if (clientId === undefined) return undefined;
    throw new SnapshotError('E_USAGE', '--client-id needs --client-secret-file as well');
  }
  const text = await readSecret(clientSecretFile, 'client of Google');
  const given = text.startsWith('{') ? downloaded(text) : { clientId, clientSecret: text };
  const id = clientId ?? given?.clientId;
  if (given !== undefined && given.clientSecret !== '' && id !== undefined)
    return { clientId: id, clientSecret: given.clientSecret };
  throw new SnapshotError(
    'E_USAGE',
    given === undefined
      ? `"${clientSecretFile}" is no client of the type "Desktop app"`
      : `"${clientSecretFile}" holds a secret only: --client-id is missing`,
    { hint: 'Download the JSON file of the client from the console of Google, and give that.' },
  );
}

/** The file that Google's console gives for a client. */
function downloaded(text: string): Pick<Login, 'clientId' | 'clientSecret'> | undefined {
  try {
    const { installed } = JSON.parse(text) as { readonly installed?: Readonly<Record<string, unknown>> };
    const [id, secret] = [installed?.['client_id'], installed?.['client_secret']];
    return typeof id === 'string' && typeof secret === 'string'
      ? { clientId: id, clientSecret: secret }
      : undefined;
  } catch {
    return undefined;
  }
}
