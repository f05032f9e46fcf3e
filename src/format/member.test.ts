import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSeconds, isUtf8, parseSeconds } from './member.ts';

/** The last that a file system with seconds of 64 bits has. */
const MAX_NS = 2n ** 63n * 1_000_000_000n - 1n;

describe('formatSeconds()', () => {
  it.each<[bigint, string]>([
    [0n, '0.000000000'],
    [1n, '0.000000001'],
    [1_700_000_000_123_456_789n, '1700000000.123456789'],
    [-1n, '-0.000000001'],
    [-1_500_000_000n, '-1.500000000'],
    [MAX_NS, '9223372036854775807.999999999'],
    [-MAX_NS, '-9223372036854775807.999999999'],
  ])('writes %i as %s', (ns, text) => {
    expect(formatSeconds(ns)).toBe(text);
  });

  it('is undone by parseSeconds() for every time that a file can have', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -MAX_NS, max: MAX_NS }), (ns) => {
        expect(parseSeconds(formatSeconds(ns))).toBe(ns);
      }),
    );
  });
});

describe('parseSeconds()', () => {
  it.each([
    '',
    '1',
    '1.5',
    '1.1234567890',
    '.123456789',
    '1,123456789',
    '+1.123456789',
    '1.12345678x',
    ' 1.123456789',
    '1.123456789\n',
    '--1.123456789',
    '0x1.123456789',
    '12345678901234567890.123456789',
  ])('refuses %j', (text) => {
    expect(parseSeconds(text)).toBeUndefined();
  });
});

const latin1 = (bytes: readonly number[]): string => Buffer.from(bytes).toString('latin1');

describe('isUtf8()', () => {
  it('agrees with a strict decoder on any bytes', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const isValid = (bytes: Uint8Array): boolean => {
      try {
        decoder.decode(bytes);
        return true;
      } catch {
        return false;
      }
    };
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 6 }), (bytes) => {
        expect(isUtf8(Buffer.from(bytes).toString('latin1'))).toBe(isValid(bytes));
      }),
    );
  });

  it.each<[string, number[], boolean]>([
    ['a byte order mark', [0xef, 0xbb, 0xbf, 0x61], true],
    ['the replacement character', [0xef, 0xbf, 0xbd], true],
    ['an emoji', [...Buffer.from('🙂')], true],
    ['half of a surrogate pair', [0xed, 0xa0, 0xbd], false],
    ['an overlong slash', [0xc0, 0xaf], false],
    ['a cut character', [0xe2, 0x82], false],
  ])('knows %s', (_, bytes, expected) => {
    expect(isUtf8(latin1(bytes))).toBe(expected);
  });

  it('takes any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const bytes = Buffer.from(text);
        expect(isUtf8(bytes.toString('latin1'))).toBe(true);
      }),
    );
  });
});
