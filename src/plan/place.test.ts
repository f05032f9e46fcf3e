import { posix, win32 } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isInside } from './place.ts';

describe('isInside()', () => {
  it.each([
    ['/a/b', '/a', true],
    ['/a', '/a', true],
    ['/a/..b', '/a', true],
    ['/ab', '/a', false],
    ['/', '/a', false],
    ['/b', '/a', false],
    ['/a', '/', true],
  ])('of %s and %s is %s', (inner, outer, is) => {
    expect(isInside(inner, outer, posix)).toBe(is);
  });

  it.each([
    ['D:\\out', 'C:\\backup\\docs', false],
    ['D:\\', 'C:\\', false],
    ['\\\\server\\share\\out', 'C:\\backup', false],
    ['C:\\backup\\docs', '\\\\server\\share', false],
    ['C:\\Backup\\Docs\\x', 'c:\\backup\\docs', true],
    ['C:\\backup\\docs', 'C:\\backup\\docs', true],
    ['C:\\backup\\docs-2', 'C:\\backup\\docs', false],
    ['\\\\server\\share\\docs\\x', '\\\\server\\share\\docs', true],
  ])('of %s and %s on Windows is %s', (inner, outer, is) => {
    expect(isInside(inner, outer, win32)).toBe(is);
  });
});
