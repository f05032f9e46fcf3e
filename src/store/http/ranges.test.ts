import { describe, expect, it } from 'vitest';
import { mostBytesOf, pieceOf, rangeText } from './ranges.ts';

describe('a range', () => {
  it.each([
    [{ offset: 0, length: 1 }, 'bytes=0-0'],
    [{ offset: 5, length: 10 }, 'bytes=5-14'],
    // No header can ask for less than a byte.
    [{ offset: 7, length: 0 }, 'bytes=7-7'],
  ])('%j is asked for as %s', (range, text) => {
    expect(rangeText(range)).toBe(text);
    expect(mostBytesOf(range)).toBeGreaterThan(range.length);
  });

  it('is cut from what a server has sent that knows no ranges, and ends where the object does', () => {
    const body = Buffer.from('0123456789');
    expect(pieceOf({ status: 200, body }, { offset: 3, length: 4 }).toString()).toBe('3456');
    expect(pieceOf({ status: 206, body: body.subarray(3) }, { offset: 3, length: 4 }).toString()).toBe(
      '3456',
    );
    expect(pieceOf({ status: 206, body: body.subarray(8) }, { offset: 8, length: 4 }).toString()).toBe('89');
    expect(pieceOf({ status: 206, body: body.subarray(7, 8) }, { offset: 7, length: 0 })).toHaveLength(0);
  });
});
