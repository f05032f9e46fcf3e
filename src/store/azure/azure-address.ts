// `azure://ACCOUNT/CONTAINER/PREFIX?endpoint=HOST`. Pure.
import { SnapshotError } from '../../base/errors.ts';
import { endpointOf, optionsOf } from '../http/address-options.ts';

export interface AzureAddress {
  readonly account: string;
  readonly container: string;
  /** What all names begin with: empty, or with a slash at its end. */
  readonly prefix: string;
  /** Of the container, with a slash at its end. */
  readonly url: URL;
}

/** @throws {@link SnapshotError} `E_USAGE` */
export function parseAzureAddress(text: string): AzureAddress {
  const [, account = '', path = '', query = ''] = /^azure:\/\/([^/?]*)([^?]*)(?:\?(.*))?$/s.exec(text) ?? [];
  // Whatever stands behind it may be meant to be a key.
  const address = text.replace(/\?.*$/s, '');
  const [container = '', ...segments] = path.split('/').filter((segment) => segment !== '');
  // https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
  if (!/^[a-z0-9]{3,24}$/.test(account) || !/^(?:\$root|[a-z0-9](?:-?[a-z0-9]){2,62})$/.test(container)) {
    throw new SnapshotError('E_USAGE', `The address "${address}" names no account and container`, {
      hint: 'It is written `azure://ACCOUNT/CONTAINER/PREFIX`, both in small letters and digits.',
    });
  }
  if (segments.some((segment) => segment === '.' || segment === '..')) {
    throw new SnapshotError(
      'E_USAGE',
      `The address "${address}" has a dot for a folder: containers know no such thing`,
    );
  }
  const endpoint = endpointOf(address, optionsOf(address, query, ['endpoint']).get('endpoint'));
  // Servers that are not Microsoft's have the account in the path.
  const root =
    endpoint === undefined ? `https://${account}.blob.core.windows.net/` : `${endpoint.href}${account}/`;
  return {
    account,
    container,
    prefix: segments.map((segment) => `${segment}/`).join(''),
    url: new URL(`${root}${container}/`),
  };
}
