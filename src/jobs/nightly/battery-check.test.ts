import { describe, expect, it } from 'vitest';
import { batteryCheck } from './battery-check.ts';

describe('batteryCheck()', () => {
  it('has a reason on battery only, and asks each time', async () => {
    const answers = [false, true, false];
    const check = batteryCheck(
      () => {
        throw new Error('not to be told');
      },
      async () => answers.shift(),
    );
    expect([await check(), await check(), await check()]).toEqual([
      undefined,
      'the machine runs on battery',
      undefined,
    ]);
  });

  it('tells once that it cannot know, and holds nothing back', async () => {
    const told: string[] = [];
    const check = batteryCheck(
      (message) => told.push(message),
      async () => undefined,
    );
    expect([await check(), await check()]).toEqual([undefined, undefined]);
    expect(told).toHaveLength(1);
  });
});
