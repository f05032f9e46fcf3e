import { array, assert, property, uint8Array } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BytePath, fromBytes, fromText } from '../tree/path.ts';
import { pathOfWord, pathWord } from './path-word.ts';

/** Names of any bytes, but for what no name has. */
const names = uint8Array({ minLength: 1, maxLength: 12 })
  .map((bytes) => fromBytes(bytes.map((byte) => (byte === 0 || byte === 0x2f ? 0x61 : byte))))
  .filter((name) => name !== '.' && name !== '..');

describe('pathWord()', () => {
  it('is ASCII, and gives back each path of bytes', () => {
    assert(
      property(array(names, { minLength: 1, maxLength: 4 }), (parts) => {
        const path = parts.join('/') as BytePath;
        const word = pathWord(path);
        expect(word).toMatch(/^[\w.~/%-]+$/);
        expect(pathOfWord(word)).toBe(path);
      }),
    );
  });

  it('is what a browser makes of a name in UTF-8', () => {
    expect(pathWord(fromText('ä/日 本'))).toBe(encodeURI('ä/日 本'));
  });

  it.each(['..', 'a/../b', '/a', 'a/', 'a//b', '.', '%2e%2e', 'a%2F..%2Fb', 'a%00', 'a b', '%', '%g0', 'ä'])(
    'refuses `%s`',
    (word) => {
      expect(() => pathOfWord(word)).toThrow('from the source on');
    },
  );
});
