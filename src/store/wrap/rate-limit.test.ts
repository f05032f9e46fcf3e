import { setImmediate } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Clock, RateLimit } from './rate-limit.ts';

/** Time that passes only while somebody sleeps, and then by as much as asked for, plus what the timer is late. */
function clockThatIs(late: () => number): Clock {
  let now = 0;
  return {
    now: () => now,
    sleep: async (ms) => {
      // Who has been let through writes first.
      await setImmediate();
      now += Math.max(0, ms + late());
    },
  };
}

interface Write {
  readonly at: number;
  readonly bytes: number;
}

/** The most that was written in any stretch of time, above what the rate allows for that long. */
function mostAhead(writes: readonly Write[], bytesPerMs: number): number {
  let most = 0;
  for (const [i, first] of writes.entries()) {
    let sum = 0;
    for (const { at, bytes } of writes.slice(i)) {
      sum += bytes;
      most = Math.max(most, sum - (at - first.at) * bytesPerMs);
    }
  }
  return most;
}

describe('RateLimit', () => {
  it('never lets more through than the rate and one burst, over any stretch of time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1000, max: 100_000_000 }),
        fc.array(fc.record({ part: fc.double({ min: 0, max: 1, noNaN: true }), pauseMs: fc.nat(3000) }), {
          maxLength: 40,
        }),
        fc.infiniteStream(fc.double({ min: -0.5, max: 50, noNaN: true })),
        fc.boolean(),
        async (bytesPerSecond, wishes, delays, isAtOnce) => {
          const clock = clockThatIs(() => delays.next().value ?? 0);
          const stop = new AbortController().signal;
          const limit = new RateLimit(bytesPerSecond, stop, clock);
          const writes: Write[] = [];
          const write = async (part: number): Promise<void> => {
            const bytes = Math.ceil(part * limit.burstBytes);
            await limit.take(bytes);
            writes.push({ at: clock.now(), bytes });
          };
          if (isAtOnce) await Promise.all(wishes.map(async ({ part }) => await write(part)));
          else {
            for (const { part, pauseMs } of wishes) {
              await clock.sleep(pauseMs, stop);
              await write(part);
            }
          }
          expect(writes).toHaveLength(wishes.length);
          // One byte for rounding.
          expect(mostAhead(writes, bytesPerSecond / 1000)).toBeLessThanOrEqual(limit.burstBytes + 1);
        },
      ),
    );
  });

  it('reaches the rate: it holds nobody back for longer than that takes', async () => {
    const clock = clockThatIs(() => 0);
    const limit = new RateLimit(1_000_000, new AbortController().signal, clock);
    for (let i = 0; i < 100; i++) await limit.take(50_000);
    // 5 MB at 1 MB/s, the first burst of 50 kB at once.
    expect(clock.now()).toBeCloseTo(4950, -1);
  });

  it('serves writers in the order in which they came', async () => {
    let now = 0;
    const clock: Clock = {
      now: () => now,
      // Short sleepers wake up first.
      sleep: async (ms) => {
        for (let i = 0; i < ms; i += 1000) await setImmediate();
        now += ms;
      },
    };
    const limit = new RateLimit(1000, new AbortController().signal, clock);
    const served: number[] = [];
    const take = async (i: number, bytes: number): Promise<void> => {
      await limit.take(bytes);
      served.push(i);
    };
    await Promise.all([take(0, 4096), take(1, 4096), take(2, 1), take(3, 4000)]);
    expect(served).toEqual([0, 1, 2, 3]);
  });

  it('lets all go on once it is stopped, those who wait included', async () => {
    const stop = new AbortController();
    // By the clock of the machine it would be two hours.
    const limit = new RateLimit(1, stop.signal);
    await limit.take(4096);
    const waiting = Promise.all([limit.take(4096), limit.take(4096)]);
    await setImmediate();
    stop.abort();
    await waiting;
    await limit.take(4096);
  });
});
