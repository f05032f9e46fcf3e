// `gdrive://FOLDER/PATH?account=NAME`. Pure.
import { SnapshotError } from '../../base/errors.ts';
import { optionsOf } from '../http/address-options.ts';

/** The account of addresses that name none. */
const DEFAULT_ACCOUNT = 'default';

export interface DriveAddress {
  /** Names of the folders from the top of My Drive on: at least one. */
  readonly folders: readonly string[];
  /** What the login is called on this machine. */
  readonly account: string;
}

/** @throws {@link SnapshotError} `E_USAGE` */
export function parseDriveAddress(text: string): DriveAddress {
  const [, path = '', query = ''] = /^gdrive:\/\/([^?]*)(?:\?(.*))?$/s.exec(text) ?? [];
  // Whatever stands behind it may be meant to be a token.
  const address = text.replace(/\?.*$/s, '');
  const folders = path
    .split('/')
    .filter((part) => part !== '')
    .map((part) => decoded(part, address));
  if (folders.length === 0 || folders.some((part) => part === '.' || part === '..')) {
    throw new SnapshotError('E_USAGE', `The address "${address}" names no folder of Google Drive`, {
      hint: 'It is written `gdrive://FOLDER/PATH`, from the top of My Drive on.',
    });
  }
  return { folders, account: checkedAccount(optionsOf(address, query, ['account']).get('account')) };
}

/** The name of an account, as it may stand in an address and be a file's. @throws {@link SnapshotError} `E_USAGE` */
export function checkedAccount(name: string = DEFAULT_ACCOUNT): string {
  if (/^[a-z0-9][a-z0-9_-]{0,31}$/.test(name)) return name;
  throw new SnapshotError('E_USAGE', 'The name of an account is made of small letters, digits, `-` and `_`', {
    hint: 'It is a name of your own for it, as `work`, and no address of mail.',
  });
}

function decoded(part: string, address: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw new SnapshotError('E_USAGE', `The address "${address}" has a \`%\` that encodes nothing`, {
      cause,
      hint: 'In it, `%` is written `%25`.',
    });
  }
}
