import { describe, expect, it } from 'vitest';
import { numberOf } from './number-of.ts';

describe('an option of a campaign', () => {
  it.each([
    ['1', 1],
    ['3', 3],
    ['007', 7],
  ])('is a whole number: %s', (kinds, number) => {
    expect(numberOf({ kinds }, 'kinds', 1, 10)).toBe(number);
  });

  // `--kinds 2,3` was NaN: nothing was tried, and that was a success.
  it.each(['2,3', '', '0', '11', '-1', '1.5', '1e1', 'all'])('is refused: "%s"', (kinds) => {
    expect(() => numberOf({ kinds }, 'kinds', 1, 10)).toThrow(
      `--kinds ${kinds}: use a whole number, from 1 to 10`,
    );
  });

  it('may be as large as it likes where nothing else is said', () => {
    expect(() => numberOf({ rounds: '0' }, 'rounds')).toThrow('--rounds 0: use a whole number, from 1 on');
    expect(numberOf({ rounds: '1000000' }, 'rounds')).toBe(1_000_000);
  });
});
