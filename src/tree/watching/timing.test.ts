import { describe, expect, it } from 'vitest';
import { Settling } from './settling.ts';
import { type Moment, TimeKeeper } from './time-keeper.ts';

describe('Settling', () => {
  it('waits for quiet, but not for ever', () => {
    const settling = new Settling(500, 2000);
    expect(settling.waitMs(0)).toBeUndefined();
    settling.stir(100);
    expect(settling.waitMs(200)).toBe(400);
    settling.stir(400);
    expect(settling.waitMs(400)).toBe(500);
    settling.stir(1900);
    expect(settling.waitMs(1900)).toBe(200);
    expect(settling.waitMs(2100)).toBe(0);
    settling.reset();
    expect(settling.waitMs(2200)).toBeUndefined();
  });
});

const at = (monotonicMs: number, wallMs: number): Moment => ({ monotonicMs, wallMs });

describe('TimeKeeper', () => {
  it.each<[string, number, number, RegExp | undefined]>([
    ['nothing for a second', 1000, 1000, undefined],
    ['nothing when the clock is set by less than a minute', 1000, 61_000, undefined],
    ['a clock that jumped ahead', 1000, 61_001, /jumped/],
    ['a clock that jumped back', 1000, -59_001, /jumped/],
    ['that it stood still', 60_001, 60_001, /stood still/],
  ])('tells %s', (_, monotonicMs, wallMs, reason) => {
    const due = new TimeKeeper(at(0, 0)).due(at(monotonicMs, wallMs));
    if (reason === undefined) expect(due).toBeUndefined();
    else expect(due).toMatch(reason);
  });

  it('tells each hour', () => {
    const keeper = new TimeKeeper(at(0, 0));
    const told: number[] = [];
    for (let s = 1; s <= 7300; s++) if (keeper.due(at(s * 1000, s * 1000)) !== undefined) told.push(s);
    expect(told).toEqual([3600, 7200]);
  });
});
