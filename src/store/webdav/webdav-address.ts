// `webdavs://USER@HOST:PORT/PATH`. Pure.
import { printable, SnapshotError } from '../../base/errors.ts';

export interface WebdavAddress {
  readonly label: string;
  /** Of the server, without a path. */
  readonly origin: URL;
  readonly user: string | undefined;
  /** Of the folder, as the server has it: begins with `/`, has none at its end, and is empty for the top. */
  readonly folder: string;
}

/** @throws {@link SnapshotError} `E_USAGE` */
export function webdavAddress(text: string): WebdavAddress {
  const [, scheme = 'webdavs', authority = '', path = '', rest = ''] =
    /^(webdavs?):\/\/([^/?#]*)([^?#]*)(.*)$/s.exec(text) ?? [];
  const label = text.replace(/[?#].*$/s, '');
  if (rest !== '') {
    throw refused(label, 'has something behind a `?` or `#`', 'In names they are written `%3F` and `%23`.');
  }
  // The name of a user is often an address of mail.
  const at = authority.lastIndexOf('@');
  const user = at < 0 ? '' : decoded(label, authority.slice(0, at));
  const host = authority.slice(at + 1);
  const origin = `${scheme === 'webdav' ? 'http' : 'https'}://${host}`;
  if (host === '' || !URL.canParse(origin)) throw refused(label, 'names no host');
  if (/[\p{Cc}:]/u.test(user)) throw refused(label, 'has a user whose name cannot be sent');
  const segments = decoded(label, path)
    .split('/')
    .filter((segment) => segment !== '');
  if (segments.some((segment) => segment === '.' || segment === '..' || segment.includes('\0'))) {
    throw refused(label, 'has a path that leads back', 'Write the path of the folder itself.');
  }
  return {
    label,
    origin: new URL(origin),
    user: user === '' ? undefined : user,
    folder: segments.map((segment) => `/${segment}`).join(''),
  };
}

/** `path` as it is written in a request. */
export function encodedPath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

/** Whether what is sent there stays on this machine. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(host);
}

function decoded(label: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refused(label, 'has a `%` that means nothing', 'A `%` of a name is written `%25`.');
  }
}

function refused(
  label: string,
  what: string,
  hint = 'It is written `webdavs://USER@HOST:PORT/PATH`.',
): SnapshotError {
  return new SnapshotError('E_USAGE', `The address "${printable(label)}" ${what}`, { hint });
}
