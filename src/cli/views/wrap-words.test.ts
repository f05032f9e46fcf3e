import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sentence, wrapWords } from './wrap-words.ts';

describe('wrapWords()', () => {
  it('breaks at spaces only, and never in what may be pasted', () => {
    expect(wrapWords('say `snapshot run --only a b` to "a long name" now', 12)).toEqual([
      'say',
      '`snapshot run --only a b`',
      'to',
      '"a long name"',
      'now',
    ]);
  });

  it('does not count colours', () => {
    expect(wrapWords('\u001B[31mred\u001B[39m word', 8)).toEqual(['\u001B[31mred\u001B[39m word']);
  });

  it('loses nothing', () => {
    const word = fc.string({ unit: fc.constantFrom('a', '`', '"', '-', 'é'), minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(word), fc.integer({ min: 1, max: 20 }), (words, room) => {
        const text = words.join(' ');
        expect(wrapWords(text, room).join(' ')).toBe(text);
      }),
    );
  });
});

describe('sentence()', () => {
  it('goes on below the end of its head, on a terminal', () => {
    const text = 'source and destination are on the same disk';
    expect(sentence('  warning  ', text, { isLive: true, columns: 36 })).toBe(
      '  warning  source and destination\n           are on the same disk',
    );
    expect(sentence('  warning  ', text, { isLive: false, columns: 36 })).toBe(`  warning  ${text}`);
  });
});
