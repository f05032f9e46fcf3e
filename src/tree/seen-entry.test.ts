import type { BigIntStats } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { EntryType } from './entry.ts';
import { fromText } from './path.ts';
import { entryOf } from './seen-entry.ts';

const STATS = {
  size: 1n,
  uid: 0n,
  gid: 0n,
  mtimeNs: 1n,
  ctimeNs: 1n,
  ino: 1n,
} as BigIntStats;

describe('entryOf()', () => {
  it.each<[NodeJS.Platform, EntryType, number, number]>([
    ['linux', 'file', 0o100640, 0o640],
    ['linux', 'file', 0o104755, 0o4755],
    ['darwin', 'folder', 0o41777, 0o1777],
    // What Node makes of the one bit that Windows has.
    ['win32', 'file', 0o100666, 0o644],
    ['win32', 'file', 0o100444, 0o444],
    ['win32', 'folder', 0o40666, 0o755],
    ['win32', 'folder', 0o40444, 0o755],
    ['win32', 'link', 0o120666, 0o777],
  ])('on %s, a %s with mode %i gets %i', (platform, type, mode, expected) => {
    const entry = entryOf(fromText('a'), type, { ...STATS, mode: BigInt(mode) }, platform);
    expect(entry.mode).toBe(expected);
  });
});
