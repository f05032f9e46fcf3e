import { expect, it } from 'vitest';
import { FRESH, type Item } from './item.ts';
import { settledItem } from './remembered.ts';

const HOUR_MS = 3_600_000;

it.each([
  // [changed so long ago by its own clock, that clock is ahead, type, whether it may still change]
  [0, 0, 'file', true],
  [1000, HOUR_MS, 'file', true],
  [1000, -HOUR_MS, 'file', true],
  [3000, 0, 'file', false],
  [HOUR_MS, HOUR_MS, 'file', false],
  [0, 0, 'folder', false],
] as const)('%i ms old, by a clock that is %i ms ahead, a %s: fresh, %s', (ageMs, aheadMs, type, isFresh) => {
  const mtimeMs = Date.now() + aheadMs - ageMs;
  const item: Item = { type, size: 1, mtimeMs, mode: 0o600, target: undefined, tag: 'tag' };
  expect(settledItem(item, aheadMs)).toEqual({ ...item, tag: isFresh ? FRESH : 'tag' });
});
