import { expect, it } from 'vitest';
import { isMassChange } from './hold-deletions.ts';

it.each([
  // [gone, there before that, gone within the hour, whether it is held]
  [10, 10, 0, false],
  [11, 11, 0, true],
  [11, 22, 0, false],
  [12, 23, 0, true],
  [1, 90, 10, false],
  [1, 12, 10, false],
  [1, 11, 10, true],
])('%i of %i files are gone, and %i more within the hour: held, %s', (gone, left, recent, held) => {
  expect(isMassChange(gone, left, recent)).toBe(held);
});
