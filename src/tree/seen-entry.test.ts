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
  blocks: 8n,
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

  const MIB = 1024 * 1024;
  it.each<[string, number, number, number | undefined]>([
    ['takes all', 8 * MIB, 8 * MIB, undefined],
    ['takes more', 8 * MIB - 5, 8 * MIB, undefined],
    ['lacks little of much', 1000 * MIB, 990 * MIB, undefined],
    ['lacks a 64th', 64 * MIB, 63 * MIB, 63 * MIB],
    ['takes nothing', 900_000 * MIB, 0, 0],
    ['is compressed, as small ones are', 4 * MIB, MIB, undefined],
    ['is nearly all holes', 4 * MIB, MIB / 2, MIB / 2],
    ['has the least hole', 64 * 1024, 0, 0],
    ['is so small that nothing is won', 64 * 1024 - 1, 0, undefined],
  ])('says what a file takes that may have holes: one that %s', (_, size, taken, allocated) => {
    const stats = { ...STATS, mode: 0n, size: BigInt(size), blocks: BigInt(taken / 512) };
    expect(entryOf(fromText('a'), 'file', stats, 'linux').allocated).toBe(allocated);
    expect(entryOf(fromText('a'), 'folder', stats, 'linux').allocated).toBeUndefined();
    expect(entryOf(fromText('a'), 'file', stats, 'win32').allocated).toBeUndefined();
  });
});
