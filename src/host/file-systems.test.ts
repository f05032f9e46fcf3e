import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isApart, isThere } from './file-systems.ts';

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

describe('isApart()', () => {
  it('takes for a disk of its own neither a folder beside another one, nor what nobody can look at', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'snapshot-apart-'));
    onTestFinished(async () => await rm(folder, { recursive: true }));
    writeFileSync(join(folder, 'file'), '');
    expect(await isApart(folder, [tmpdir()])).toBe(false);
    // One that is not there yet is on the disk of what it will lie in.
    expect(await isApart(join(folder, 'not', 'yet'), [tmpdir()])).toBe(false);
    expect(await isApart(join(folder, 'file', 'in it'), [tmpdir()])).toBe(false);
  });

  it.skipIf(process.platform !== 'linux')('knows a file system of its own', async () => {
    expect(await isApart('/proc', [tmpdir(), '.'])).toBe(true);
    expect(await isApart('/proc', [tmpdir(), '/proc/self'])).toBe(false);
  });
});
