import { describe, expect, it } from 'vitest';
import { parseDriveAddress } from './drive-address.ts';

describe('an address in Google Drive', () => {
  it.each([
    ['gdrive://Backups', ['Backups'], 'default'],
    ['gdrive://Backups//my%20laptop 2/', ['Backups', 'my laptop 2'], 'default'],
    ['gdrive://B%C3%BCro/50%25?account=work', ['Büro', '50%'], 'work'],
  ])('%s leads to the folders %j of the account %s', (address, folders, account) => {
    expect(parseDriveAddress(address)).toEqual({ folders, account });
  });

  it.each([
    ['gdrive://', 'names no folder'],
    ['gdrive://a/../b', 'names no folder'],
    ['gdrive://50%', 'encodes nothing'],
    ['gdrive://a?account=Me@Example.com', 'name of an account'],
    ['gdrive://a?account=../x', 'name of an account'],
    ['gdrive://a?token=hidden', 'unknown option `token`'],
  ])('%s is refused: %s', (address, reason) => {
    let error: unknown;
    try {
      parseDriveAddress(address);
    } catch (cause) {
      error = cause;
    }
    expect(error).toMatchObject({ code: 'E_USAGE', message: expect.stringContaining(reason) as string });
    expect(String(error)).not.toContain('hidden');
  });
});
