// Where Google is asked.
import { SnapshotError } from '../../base/errors.ts';

/** Addresses without a slash at their ends. */
export interface Google {
  /** https://developers.google.com/workspace/drive/api/reference/rest/v3 */
  readonly api: string;
  readonly upload: string;
  /** https://developers.google.com/identity/protocols/oauth2/native-app */
  readonly consent: string;
  readonly token: string;
  readonly revoke: string;
}

const GOOGLE: Google = {
  api: 'https://www.googleapis.com/drive/v3',
  upload: 'https://www.googleapis.com/upload/drive/v3',
  consent: 'https://accounts.google.com/o/oauth2/v2/auth',
  token: 'https://oauth2.googleapis.com/token',
  revoke: 'https://oauth2.googleapis.com/revoke',
};

/** Google, or what stands for it on this machine in tests: never another host, as it gets the login. */
export function googleOf(env: Readonly<Record<string, string | undefined>>): Google {
  const host = env['SNAPSHOT_GDRIVE_HOST'] ?? '';
  if (host === '') return GOOGLE;
  if (!/^127\.0\.0\.1:\d{1,5}$/.test(host)) {
    throw new SnapshotError('E_USAGE', 'SNAPSHOT_GDRIVE_HOST is for tests, and names no port of 127.0.0.1');
  }
  const root = `http://${host}`;
  return {
    api: `${root}/drive/v3`,
    upload: `${root}/upload/drive/v3`,
    consent: `${root}/o/oauth2/v2/auth`,
    token: `${root}/token`,
    revoke: `${root}/revoke`,
  };
}
