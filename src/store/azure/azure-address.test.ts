import { describe, expect, it } from 'vitest';
import { parseAzureAddress } from './azure-address.ts';

describe('an address at Azure', () => {
  it.each([
    ['azure://backup/kept', '', 'https://backup.blob.core.windows.net/kept/'],
    ['azure://backup/kept//a/b c/', 'a/b c/', 'https://backup.blob.core.windows.net/kept/'],
    ['azure://backup/$root/a', 'a/', 'https://backup.blob.core.windows.net/$root/'],
    ['azure://backup/kept/a?endpoint=127.0.0.1:10000', 'a/', 'http://127.0.0.1:10000/backup/kept/'],
  ])('%s: names begin with "%s" below %s', (address, prefix, url) => {
    const parsed = parseAzureAddress(address);
    expect([parsed.prefix, parsed.url.href]).toEqual([prefix, url]);
  });

  it.each([
    ['azure://backup', 'no account and container'],
    ['azure://Backup/kept', 'no account and container'],
    ['azure://backup/Kept', 'no account and container'],
    ['azure://backup/a--b', 'no account and container'],
    ['azure://backup/kept/./a', 'dot'],
    ['azure://backup/kept?sig=hidden', 'unknown option `sig`'],
  ])('%s is refused: %s', (address, reason) => {
    let error: unknown;
    try {
      parseAzureAddress(address);
    } catch (cause) {
      error = cause;
    }
    expect(error).toMatchObject({ code: 'E_USAGE', message: expect.stringContaining(reason) as string });
    expect(String(error)).not.toContain('hidden');
  });
});
