// Names that mean another machine. Taken for a folder, they would make one called `nas:` beside the plan, and the backup
// would lie on the very disk that it is to survive.
import { addressKind } from '../base/address.ts';

/**
 * What kind of name on another machine `text` is, in words; undefined when it is a path of this one: `nas:backup`, `me@nas:/x`,
 * `s3://bucket`, `sftp:x`, `rclone:remote:x`, `[::1]:x`. A folder of such a name is written `./nas:backup`, or absolute.
 *
 * @param isWindows - There `C:` is a drive and `\\\\nas\\share` a path.
 */
export function remoteKind(text: string, isWindows: boolean): string | undefined {
  if (/^[a-z][\w+.-]+:\/\//i.test(text)) return 'the address';
  if (!isWindows && text.startsWith('\\\\')) return 'the Windows share';
  // As Windows and smbclient know it; to this system it would be `/nas/share`, on its own disk.
  if (!isWindows && /^\/\/[^/]/.test(text)) return 'the share of a server';
  // A path of this system has no colon in its first part, unless it says so by the `.` or `/` before it.
  const first = isWindows ? /^[^\\/]{2,}?:/ : /^[^/]*:/;
  return first.test(text) ? 'the name on another machine' : undefined;
}

/** What to do with a name that {@link remoteKind} knows. */
export function remoteAdvice(text: string): string {
  if (text.startsWith('//'))
    return 'mount it and name the folder where it is; a folder of this machine begins with one slash';
  const isFolder = /^[\\/]|:\/\//.test(text) ? '' : `; a folder of that very name is written \`./${text}\``;
  const address = addressFor(text);
  const other = address === undefined ? '' : `, or write \`${address}\``;
  return `mount it and name the folder where it is${other}${isFolder}`;
}

/** The address that may be meant by `nas:backup` or `s3:bucket`; undefined where nobody can tell. */
function addressFor(text: string): string | undefined {
  const [, host = '', path = ''] = /^([^/\\:]+):(?!\/\/|:)(.*)$/.exec(text) ?? [];
  if (host === '') return undefined;
  const address = `${host}://${path.replace(/^\/+/, '').replace(':', '')}`;
  if (addressKind(address) !== undefined) return address;
  return `sftp://${host}/${path.startsWith('/') ? path.slice(1) : `~/${path}`}`;
}
