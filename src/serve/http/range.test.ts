import { describe, expect, it } from 'vitest';
import { parseRange, type Range } from './range.ts';

describe('parseRange()', () => {
  it.each<[string | undefined, Range | 'none' | undefined]>([
    ['bytes=0-', { start: 0, end: 9 }],
    ['bytes=3-5', { start: 3, end: 5 }],
    ['bytes=3-99', { start: 3, end: 9 }],
    ['bytes=9-9', { start: 9, end: 9 }],
    ['bytes=-3', { start: 7, end: 9 }],
    ['bytes=-99', { start: 0, end: 9 }],
    ['bytes=10-', 'none'],
    ['bytes=-0', 'none'],
    [undefined, undefined],
    ['', undefined],
    ['bytes=-', undefined],
    ['bytes=5-3', undefined],
    ['bytes=0-1,3-4', undefined],
    ['items=0-1', undefined],
    ['bytes=a-b', undefined],
  ])('of 10 bytes: %s', (header, range) => {
    expect(parseRange(header, 10)).toEqual(range);
  });

  it('has none in an empty file', () => {
    expect(parseRange('bytes=0-', 0)).toBe('none');
    expect(parseRange('bytes=-1', 0)).toBe('none');
  });
});
