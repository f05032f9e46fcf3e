import { describe, expect, it } from 'vitest';
import { nearest, suggest } from './nearest.ts';

describe('nearest()', () => {
  const known = ['source', 'destination', 'exclude', 'keep'];

  it.each([
    ['destnation', 'destination'],
    ['SOURCES', 'source'],
    ['exlcude', 'exclude'],
    ['keeep', 'keep'],
    ['kepe', 'keep'],
  ])('takes "%s" for a slip of "%s"', (word, meant) => {
    expect(nearest(word, known)).toBe(meant);
  });

  it.each(['', 'x', 'colour', 'location', 'destination'.repeat(100_000)])(
    'takes "%.20s" for no slip',
    (word) => {
      expect(nearest(word, known)).toBeUndefined();
    },
  );

  it('prefers the fewest slips', () => {
    expect(nearest('daily', ['dailys', 'daily'])).toBe('daily');
  });
});

describe('suggest()', () => {
  it('names every choice when none is near', () => {
    expect(suggest('rar', ['tar.zst', 'zip'])).toBe('use `tar.zst` or `zip`');
  });
});
