// What an address of the kind `sftp://user@host:port/path` says. Pure.
import { printable, SnapshotError } from '../../base/errors.ts';

/** A folder on a server that speaks SFTP. */
export interface SftpPlace {
  /** The address, for people. */
  readonly label: string;
  /** A name for ssh: of the network, or one that the user's configuration explains. */
  readonly host: string;
  /** Undefined: as ssh's configuration says. */
  readonly user: string | undefined;
  readonly port: number | undefined;
  /** Absolute, or relative to the folder in which the server starts: the home folder. '' is that one. */
  readonly folder: string;
}

/** @throws {@link SnapshotError} `E_USAGE` when ssh or the server would take a part of it for something else. */
export function sftpPlace(address: string): SftpPlace {
  const [, login, bracketed, plain, port, path = '', options] =
    /^sftp:\/\/(?:([^/@]*)@)?(?:\[([^\]/]+)\]|([^/:@?]+))(?::(\d+))?(\/[^?]*)?(\?.*)?$/.exec(address) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) throw refused(address, 'is not understood');
  if (options !== undefined) {
    throw refused(address, 'has options, and there are none for SFTP', 'A `?` of a path is written `%3F`.');
  }
  const user = login === undefined ? undefined : decoded(address, login);
  // For ssh it would be an option, and some of those run programs.
  if (/^-|\s/.test(host) || user?.startsWith('-') === true)
    throw refused(address, 'names no host that ssh could have');
  if (port !== undefined && !(Number(port) > 0 && Number(port) < 65_536))
    throw refused(address, 'has no port');
  const folder = decoded(address, path);
  if (folder.includes('\0') || folder.split('/').includes('..')) {
    throw refused(address, 'has a path that leads back', 'Write the path of the folder itself.');
  }
  const other = /^\/(~[^/]+)/.exec(folder)?.[1];
  if (other !== undefined) {
    const hint = `Only your own home folder has a short name, \`/~/\`. Write the whole path instead of \`${other}\`.`;
    throw refused(address, 'begins in the home folder of another user', hint);
  }
  return {
    label: address,
    host,
    user: user === '' ? undefined : user,
    port: port === undefined ? undefined : Number(port),
    folder: /^\/~(?:\/|$)/.test(folder) ? folder.slice(3).replace(/^\/+/, '') : folder === '' ? '/' : folder,
  };
}

/** The path of an object on the server. */
export function pathOn({ folder }: SftpPlace, key: string): string {
  if (key === '') return folder === '' ? '.' : folder;
  return folder === '' ? key : `${folder.replace(/\/+$/, '')}/${key}`;
}

function decoded(address: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refused(address, 'has a `%` that means nothing', 'A `%` of a name is written `%25`.');
  }
}

function refused(
  address: string,
  what: string,
  hint = 'It is written `sftp://USER@HOST:PORT/PATH`; a path below the home folder `sftp://HOST/~/PATH`.',
): SnapshotError {
  return new SnapshotError('E_USAGE', `The address "${printable(address)}" ${what}`, { hint });
}
