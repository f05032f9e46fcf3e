import { describe, expect, it } from 'vitest';
import { droppedPaths } from './dropped-paths.ts';

describe('droppedPaths()', () => {
  it.each<[string, readonly string[]]>([
    ['/home/ada/a.txt', ['/home/ada/a.txt']],
    [String.raw`/home/ada/my\ file.txt /b`, ['/home/ada/my file.txt', '/b']],
    [`'/home/ada/it is.txt' "/c d"`, ['/home/ada/it is.txt', '/c d']],
    [String.raw`'it'\''s'`, ["it's"]],
    ['file:///home/ada/%C3%BC%20b', ['/home/ada/ü b']],
    ['', []],
    ['   ', []],
    [`''`, []],
  ])('reads %s', (line, paths) => {
    expect(droppedPaths(line, 'linux')).toEqual(paths);
  });

  it('leaves separators of Windows alone', () => {
    expect(droppedPaths(String.raw`"C:\My files\a.txt" D:\b`, 'win32')).toEqual([
      String.raw`C:\My files\a.txt`,
      String.raw`D:\b`,
    ]);
  });
});
