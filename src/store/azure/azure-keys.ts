// What proves who asks: a key of the account, or a SAS token.
import { createHmac } from 'node:crypto';
import { SnapshotError } from '../../base/errors.ts';

export interface AzureKeys {
  /** Adds to a request what proves it. */
  sign(method: string, url: URL, headers: Record<string, string>, length: number): void;
}

/** @throws {@link SnapshotError} `E_AUTH` when there is neither. */
export function azureKeys(account: string, env: Readonly<Record<string, string | undefined>>): AzureKeys {
  const key = env['AZURE_STORAGE_KEY'] ?? '';
  if (key !== '') {
    const bytes = Buffer.from(key, 'base64');
    if (bytes.length === 0 || bytes.toString('base64') !== key.trim()) {
      throw new SnapshotError('E_AUTH', 'AZURE_STORAGE_KEY is no key of an account', {
        hint: 'Copy it whole from "Access keys" of the storage account; a SAS token goes into AZURE_STORAGE_SAS_TOKEN.',
      });
    }
    return {
      sign: (method, url, headers, length) => {
        const hmac = createHmac('sha256', bytes).update(stringToSign(account, method, url, headers, length));
        headers['authorization'] = `SharedKey ${account}:${hmac.digest('base64')}`;
      },
    };
  }
  const token = (env['AZURE_STORAGE_SAS_TOKEN'] ?? '').trim().replace(/^\?/, '');
  if (token !== '') {
    return {
      sign: (_method, url) => {
        url.search = [url.search.slice(1), token].filter((part) => part !== '').join('&');
      },
    };
  }
  throw new SnapshotError('E_AUTH', `There is no key for the account \`${account}\``, {
    hint: 'Put the key into AZURE_STORAGE_KEY, or a SAS token into AZURE_STORAGE_SAS_TOKEN.',
  });
}

/** https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key */
function stringToSign(
  account: string,
  method: string,
  url: URL,
  headers: Readonly<Record<string, string>>,
  length: number,
): string {
  const own = Object.entries(headers)
    .filter(([name]) => name.startsWith('x-ms-'))
    .map(([name, value]) => `${name}:${value}\n`)
    .toSorted();
  const query = [...url.searchParams].map(([name, value]) => `\n${name}:${value}`).toSorted();
  // Encoding, language, length, MD5, type, date, four conditions, range.
  const standard = [
    '',
    '',
    length === 0 ? '' : String(length),
    headers['content-md5'] ?? '',
    ...Array<string>(7).fill(''),
  ];
  return `${[method, ...standard].join('\n')}\n${own.join('')}/${account}${url.pathname}${query.join('')}`;
}
