// Who asks: the user of an address, and the password from the environment or from ~/.netrc.
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { SnapshotError } from '../../base/errors.ts';
import { attempt } from '../attempt.ts';
import { isLoopback, type WebdavAddress } from './webdav-address.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const HINT = 'Put the password into SNAPSHOT_WEBDAV_PASSWORD, or into ~/.netrc.';

/**
 * The `Authorization` of every request; undefined where nobody has to say who he is.
 *
 * @throws {@link SnapshotError} `E_AUTH` when the user has no password, `E_USAGE` when anybody could read it on its way.
 */
export async function webdavLogin(address: WebdavAddress, env: Environment): Promise<string | undefined> {
  const { label, origin } = address;
  const login = await loginOf(address, env);
  if (login === undefined) return undefined;
  const isOpen = origin.protocol === 'http:' && !isLoopback(origin.hostname);
  if (isOpen && env['SNAPSHOT_WEBDAV_INSECURE'] !== '1') {
    const hint =
      'Write `webdavs://`, which is encrypted. In a network that you trust, SNAPSHOT_WEBDAV_INSECURE=1 allows it.';
    throw new SnapshotError('E_USAGE', `"${label}" would get your password where others can read it`, {
      hint,
    });
  }
  return `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;
}

interface Login {
  readonly user: string;
  readonly password: string;
}

async function loginOf({ label, origin, user }: WebdavAddress, env: Environment): Promise<Login | undefined> {
  const password = env['SNAPSHOT_WEBDAV_PASSWORD'] ?? '';
  if (user !== undefined && password !== '') return { user, password };
  const path = env['NETRC'] ?? join(homedir(), '.netrc');
  const text = await attempt('read', path, async () => await readFile(path, 'utf8'), undefined);
  // Ports are no part of it.
  const found = netrcLogin(text ?? '', origin.hostname.replace(/^\[|\]$/g, ''), user);
  if (found === undefined && user !== undefined) {
    throw new SnapshotError('E_AUTH', `There is no password for "${label}"`, { hint: HINT });
  }
  return found;
}

/**
 * What a `.netrc` says for a host, and for a user when one is given; the first one that fits. Pure.
 * https://www.gnu.org/software/inetutils/manual/html_node/The-_002enetrc-file.html
 */
export function netrcLogin(text: string, host: string, user: string | undefined): Login | undefined {
  const words = text
    .replaceAll(/^[ \t]*#[^\n]*$/gm, '')
    .replaceAll(/^[ \t]*macdef\b.*?(?:\r?\n[ \t]*\r?\n|$(?![\s\S]))/gms, '')
    .matchAll(/"((?:\\.|[^"\\])*)"|(\S+)/g);
  let fits = false;
  let login: string | undefined;
  let password: string | undefined;
  let key = '';
  for (const [, quoted, plain] of words) {
    const word = quoted?.replaceAll(/\\(.)/g, '$1') ?? plain ?? '';
    if (key === 'machine') {
      fits = word.toLowerCase() === host.toLowerCase();
      key = '';
    } else if (key !== '') {
      if (key === 'login') login = word;
      if (key === 'password') password = word;
      key = '';
      // A password may stand before the name that it belongs to.
      const isUser = login !== undefined && (user === undefined || login === user);
      if (fits && isUser && login !== undefined && password !== undefined) return { user: login, password };
    } else if (word === 'machine' || word === 'default') {
      login = undefined;
      password = undefined;
      fits = word === 'default';
      key = fits ? '' : word;
    } else key = word;
  }
  return undefined;
}
