import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ownPatterns } from './own-patterns.ts';

const POSIX = { path: path.posix, home: '/home/ada' };

describe('ownPatterns()', () => {
  it.each([
    ['/home/ada/src/secret', '/secret'],
    ['/home/ada/src/a/*.tmp', '/a/*.tmp'],
    ['!/home/ada/src/a/', '!/a/'],
    ['~/src/secret', '/secret'],
    ['~/other', '~/other'],
    ['/secret', '/secret'],
    ['secret', 'secret'],
    ['/home/ada/src', '/home/ada/src'],
    ['/home/ada/srcx', '/home/ada/srcx'],
  ])('takes %s for %s', (pattern, own) => {
    expect(ownPatterns([pattern], '/home/ada/src', [], POSIX)).toEqual([own]);
  });

  it('leaves patterns of the root, and those without a home, as they are', () => {
    expect(ownPatterns(['/proc', '~/x'], '/', [], { ...POSIX, home: undefined })).toEqual(['/proc', '~/x']);
  });

  it('knows drives', () => {
    const windows = { path: path.win32, home: String.raw`C:\Users\Ada` };
    const source = String.raw`C:\Users\Ada`;
    expect(ownPatterns(['C:/Users/Ada/secret', '~/x/', 'D:/y'], source, [], windows)).toEqual([
      '/secret',
      '/x/',
      'D:/y',
    ]);
  });

  it('drops what is about another match of the glob', () => {
    const matches = ['/p/a', '/p/b'];
    expect(ownPatterns(['/p/a/tmp', '*.o'], '/p/b', matches, POSIX)).toEqual(['*.o']);
    expect(ownPatterns(['/p/a/tmp', '*.o'], '/p/a', matches, POSIX)).toEqual(['/tmp', '*.o']);
  });
});
