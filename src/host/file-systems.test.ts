import { describe, expect, it } from 'vitest';
import { isThere } from './file-systems.ts';

function failing(code: string): () => Promise<never> {
  return async () => await Promise.reject(Object.assign(new Error(code), { code }));
}

describe('isThere()', () => {
  it.each<[string, NodeJS.Platform, boolean]>([
    ['ENOENT', 'linux', false],
    ['ENOTCONN', 'linux', false],
    ['EACCES', 'linux', true],
    ['UNKNOWN', 'linux', true],
    // A card reader without a card, and a share that is not connected.
    ['UNKNOWN', 'win32', false],
    ['EPERM', 'win32', true],
  ])('takes %s on %s as there: %s', async (code, platform, is) => {
    expect(await isThere('x', platform, failing(code))).toBe(is);
  });

  it('sees a folder', async () => {
    expect(await isThere('.')).toBe(true);
    expect(await isThere('./no such folder')).toBe(false);
  });
});
