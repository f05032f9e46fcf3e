// What servers of WebDAV refuse, as errors with what to do.
import { STATUS_CODES } from 'node:http';
import { printable, SnapshotError } from '../../base/errors.ts';
import type { HttpAnswer } from '../http/http-client.ts';
import { isAwayStatus, refusedForNow } from '../http/http-error.ts';

/** @param what - What could not be done, and to what: `Cannot read "webdavs://..."`. */
export function webdavError(what: string, { status, headers }: HttpAnswer): SnapshotError {
  const said = `${status}${STATUS_CODES[status] === undefined ? '' : ` ${STATUS_CODES[status]}`}`;
  const message = `${what}: the server answers ${said}`;
  if (status === 401) {
    const hint =
      'Check the user in the address, and the password in SNAPSHOT_WEBDAV_PASSWORD or ~/.netrc. Only Basic authentication is used.';
    return new SnapshotError('E_AUTH', message, { hint });
  }
  if (status === 403) {
    const hint = 'Check what the user of the address may do in this folder of the server.';
    return new SnapshotError('E_AUTH', message, { hint });
  }
  if (status === 507) return new SnapshotError('E_SPACE', message, { hint: 'Make room on the server.' });
  if (status === 413) {
    const hint = 'The server takes no file of this size: have its limit raised.';
    return new SnapshotError('E_STORE', message, { hint });
  }
  if (status === 423 || isAwayStatus(status)) {
    const hint = status === 423 ? 'Another program has locked it.' : 'The log of the server may say more.';
    return refusedForNow(message, headers, hint);
  }
  if (status >= 300 && status < 400) {
    const to = printable(headers.location ?? '').slice(0, 300);
    const hint = `It points to "${to}"; nobody follows it with a password. If that is right, write it into the address.`;
    return new SnapshotError('E_STORE', message, { hint });
  }
  const hint = 'Check the path of the address: there has to be WebDAV behind it.';
  return new SnapshotError('E_STORE', message, { hint });
}
