// Addresses of places on other machines: `sftp://nas/backup`. Pure.
import { SnapshotError } from './errors.ts';

/** What an address begins with, and what is behind it. */
const KINDS = ['sftp', 's3', 'webdav', 'webdavs', 'azure', 'gdrive', 'rclone'] as const;

export type AddressKind = (typeof KINDS)[number];

/** The kind of address that `text` is; undefined when it is none of them. */
export function addressKind(text: string): AddressKind | undefined {
  const scheme = /^([a-z0-9]+):/.exec(text)?.[1];
  const kind = KINDS.find((one) => one === scheme);
  if (kind === undefined) return undefined;
  // `rclone:remote:path` is rclone's own way to write one.
  return text.startsWith(`${kind}://`) || kind === 'rclone' ? kind : undefined;
}

/**
 * An address as it is remembered and shown: without a slash at its end.
 *
 * @throws {@link SnapshotError} `E_USAGE` when it holds a password, or names no place.
 */
export function checkedAddress(text: string): string {
  const kind = addressKind(text);
  if (kind === undefined) throw new SnapshotError('E_USAGE', `"${text}" is no address`);
  if (kind === 'rclone') {
    if (/^rclone:[^:/]+:/.test(text)) return text.replace(/\/+$/, '');
    throw new SnapshotError('E_USAGE', `"${text}" names no remote of rclone`, {
      hint: 'It is written `rclone:REMOTE:PATH`; `rclone listremotes` lists them.',
    });
  }
  if (/^[a-z0-9]+:\/\/[^/@]*:[^/@]*@/.test(text)) {
    throw new SnapshotError('E_USAGE', `The address "${withoutPassword(text)}" holds a password`, {
      hint: PASSWORDS[kind],
    });
  }
  if (!/^[a-z0-9]+:\/\/[^/?#]+/.test(text)) {
    throw new SnapshotError('E_USAGE', `The address "${text}" names no place`, { hint: FORMS[kind] });
  }
  return text.replace(/\/+(?=$|\?)/, '');
}

/** The place of `key` below the address `label`, an address itself: what an address has behind a `?` stays at its end. */
export function placeIn(label: string, key: string): string {
  const [, place = '', options = ''] = /^(.*?)\/?(\?.*)?$/s.exec(label) ?? [];
  return key === '' ? label : `${place}/${key}${options}`;
}

/** `text` as it may be shown. */
function withoutPassword(text: string): string {
  return text.replace(/^([a-z0-9]+:\/\/[^/@]*?):[^/@]*@/, '$1:***@');
}

const FORMS: Readonly<Record<AddressKind, string>> = {
  sftp: 'It is written `sftp://USER@HOST:PORT/PATH`; a path below the home folder `sftp://HOST/~/PATH`.',
  s3: 'It is written `s3://BUCKET/PREFIX?endpoint=HOST&region=REGION`.',
  webdav: 'It is written `webdav://USER@HOST/PATH`.',
  webdavs: 'It is written `webdavs://USER@HOST/PATH`.',
  azure: 'It is written `azure://ACCOUNT/CONTAINER/PREFIX`.',
  gdrive: 'It is written `gdrive://FOLDER/PATH`.',
  rclone: 'It is written `rclone:REMOTE:PATH`.',
};

/** Plans are shown, mailed and kept in other places: no secret may be in one. */
const PASSWORDS: Readonly<Record<AddressKind, string>> = {
  sftp: 'Use a key: `ssh-copy-id` puts it there, and ssh finds it by itself.',
  s3: 'Put the keys into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or into ~/.aws/credentials.',
  webdav: 'Put the password into SNAPSHOT_WEBDAV_PASSWORD, or into ~/.netrc.',
  webdavs: 'Put the password into SNAPSHOT_WEBDAV_PASSWORD, or into ~/.netrc.',
  azure: 'Put the key into AZURE_STORAGE_KEY, or a SAS token into AZURE_STORAGE_SAS_TOKEN.',
  gdrive: '`snapshot login gdrive` keeps what is needed.',
  rclone: '`rclone config` keeps what is needed.',
};
