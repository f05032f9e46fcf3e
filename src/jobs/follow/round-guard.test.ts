import { describe, expect, it } from 'vitest';
import type { BytePath } from '../../tree/path.ts';
import type { RoundPlan } from './plan-round.ts';
import { guardAccount, type GuardedRound, guardRound } from './round-guard.ts';

const URL_THERE = 'https://photos.example/';

/** So many paths. */
function names(count: number, name: string): BytePath[] {
  return Array.from({ length: count }, (_, i) => `${name}${i}` as BytePath);
}

function round(goes: number, replaced: number, more: Partial<GuardedRound>): GuardedRound {
  const plan = { gone: names(goes, 'g'), replaced: names(replaced, 'r') } as unknown as RoundPlan;
  const followed = { url: URL_THERE, account: 'anna', n: 9, here: 9, files: 100 };
  return { plan, account: 'anna', url: URL_THERE, followed, now: 100, isFull: false, left: 50, ...more };
}

const BEFORE = { url: URL_THERE, account: 'anna', n: 9, here: 9, files: 20 };

describe('guardRound()', () => {
  it.each<[string, GuardedRound, string | undefined]>([
    ['lets half go', round(50, 0, {}), undefined],
    ['holds more than half', round(51, 0, {}), 'mass-change'],
    [
      'lets few go, be they nearly all',
      round(10, 0, { now: 11, followed: { ...BEFORE, files: 11 } }),
      undefined,
    ],
    ['holds 11 of 21', round(11, 0, { now: 21, followed: { ...BEFORE, files: 21 } }), 'mass-change'],
    [
      'counts what was here before, not what a held round has fetched',
      round(11, 0, { now: 500, followed: BEFORE }),
      'mass-change',
    ],
    [
      'counts what was here before also where all of that would go',
      round(20, 0, { now: 500, followed: BEFORE }),
      'mass-change',
    ],
    [
      'counts what is here after a round that was killed',
      round(21, 0, { now: 500, followed: BEFORE }),
      undefined,
    ],
    [
      'counts what is here when nothing was whole yet',
      round(11, 0, { now: 500, followed: { ...BEFORE, n: 0 } }),
      undefined,
    ],
    ['holds the last one', round(1, 0, { now: 1, left: 0, followed: { ...BEFORE, files: 1 } }), 'empty-side'],
    [
      'lets the last one go for another',
      round(1, 0, { now: 1, left: 1, followed: { ...BEFORE, files: 1 } }),
      undefined,
    ],
    [
      'holds all when all files there are others',
      round(3, 0, { now: 3, left: 9, isFull: true, followed: { ...BEFORE, files: 3 } }),
      'empty-side',
    ],
    ['lets all be replaced', round(0, 100, {}), undefined],
    ['holds what another address replaces', round(0, 1, { url: 'https://other/' }), 'replaced-side'],
    ['holds what was here before', round(1, 0, { followed: undefined }), 'replaced-side'],
    ['takes a new address that harms nothing', round(0, 0, { url: 'https://other/' }), undefined],
  ])('%s', (_, given, expected) => {
    expect(guardRound(given)?.error.guard).toBe(expected);
  });
});

describe('guardAccount()', () => {
  it.each<[readonly string[], boolean]>([
    [[], false],
    [['anna'], false],
    [['bert', 'anna'], false],
    [['bert'], true],
  ])('of %j holds anna: %j', (others, isHeld) => {
    expect(guardAccount('anna', others) !== undefined).toBe(isHeld);
  });
});
