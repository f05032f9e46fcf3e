import type { PathLike } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromText } from '../tree/path.ts';
import { makeSymlink } from './make-link.ts';

/** What was made, as text, where links of the given types are refused. */
function made(
  says: string,
  {
    platform = 'win32',
    refused = [],
    folders = [],
  }: { platform?: NodeJS.Platform; refused?: string[]; folders?: string[] },
): string[] {
  const calls: string[] = [];
  const symlink = (target: PathLike, _at: PathLike, type?: string | null): void => {
    if (refused.includes(type ?? '')) throw Object.assign(new Error('EPERM'), { code: 'EPERM' });
    calls.push(`${type ?? 'any'} ${String(target)}`);
  };
  const isFolder = (path: string): boolean => folders.includes(path);
  makeSymlink(fromText(says), String.raw`D:\back\part`, String.raw`D:\back\to`, {
    platform,
    symlink,
    isFolder,
  });
  return calls;
}

describe('makeSymlink()', () => {
  const all = ['dir', 'file'];
  const folders = [String.raw`D:\back\docs`, String.raw`C:\data`];

  it.each<[string, string, string[], string]>([
    ['a file', 'a.txt', [], 'file a.txt'],
    ['a folder', String.raw`..\docs`, [], String.raw`dir ..\docs`],
    ['a folder, where the privilege is missing', String.raw`..\docs`, all, String.raw`junction D:\back\docs`],
    ['a folder with slashes', '../docs', all, String.raw`junction D:\back\docs`],
    ['a folder by its whole path', String.raw`C:\data`, all, String.raw`junction C:\data`],
    ['what is not there', 'gone', [], 'file gone'],
  ])('makes one to %s', (_, says, refused, expected) => {
    expect(made(says, { refused, folders })).toEqual([expected]);
  });

  it('has nothing else for a file where the privilege is missing', () => {
    expect(() => made('a.txt', { refused: all, folders })).toThrow('EPERM');
  });

  it('says the very bytes on other systems', () => {
    expect(made(String.raw`..\ü`, { platform: 'linux', folders })).toEqual([String.raw`any ..\ü`]);
  });
});
