import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ordered } from './ordered.ts';

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const result of results) all.push(result);
  return all;
}

/** Counts up, and tells whether it was told that no more is wanted. */
function counting(end: number): { items: Generator<number>; state: { given: number; closed: boolean } } {
  const state = { given: 0, closed: false };
  function* items(): Generator<number> {
    try {
      for (let i = 0; i < end; i++) {
        state.given++;
        yield i;
      }
    } finally {
      state.closed = true;
    }
  }
  return { items: items(), state };
}

/** Lets everything that can go on go on. */
async function settle(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}

describe('ordered()', () => {
  it('gives every result once, in the order of the items, whichever is done first', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.nat({ max: 12 }),
        fc.integer({ min: 1, max: 5 }),
        async (s, count, window) => {
          const results = ordered(
            Array.from({ length: count }, (_, i) => i),
            window,
            async (i) => {
              await s.schedule(Promise.resolve());
              return i * 10;
            },
          );
          const all = await s.waitFor(collect(results));
          expect(all).toEqual(Array.from({ length: count }, (_, i) => i * 10));
        },
      ),
    );
  });

  it('starts no more than its window, and reads no further ahead', async () => {
    const { items, state } = counting(20);
    let running = 0;
    let most = 0;
    const results = ordered(items, 3, async (i) => {
      most = Math.max(most, ++running);
      await settle();
      running--;
      return i;
    });
    expect(state.given).toBe(0);
    let taken = 0;
    for await (const _ of results) {
      taken++;
      await settle();
      expect(state.given).toBeLessThanOrEqual(taken + 2);
    }
    expect([most, taken]).toEqual([3, 20]);
  });

  it('fails with what an item fails with, after the results before it, and asks for no more items', async () => {
    const { items, state } = counting(20);
    const failure = new Error('item 4');
    const results = ordered(items, 3, async (i) => {
      if (i === 4) throw failure;
      await settle();
      return i;
    });
    const got: number[] = [];
    await expect(
      (async () => {
        for await (const result of results) got.push(result);
      })(),
    ).rejects.toBe(failure);
    expect(got).toEqual([0, 1, 2, 3]);
    expect(state).toEqual({ given: 7, closed: true });
  });

  it('leaves no failure unhandled when several items fail', async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', onUnhandled);
    try {
      const results = ordered([0, 1, 2, 3], 4, async (i) => await Promise.reject(new Error(`item ${i}`)));
      await expect(collect(results)).rejects.toThrow('item 0');
      await settle();
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', onUnhandled);
    }
  });

  it('fails with what the source of items fails with', async () => {
    const failure = new Error('source');
    async function* items(): AsyncGenerator<number> {
      yield await Promise.resolve(1);
      throw failure;
    }
    await expect(collect(ordered(items(), 1, async (i) => await Promise.resolve(i)))).rejects.toBe(failure);
  });

  it('tells the source when its results are not wanted any more', async () => {
    const { items, state } = counting(20);
    for await (const result of ordered(items, 2, async (i) => await Promise.resolve(i))) {
      if (result === 3) break;
    }
    expect(state.closed).toBe(true);
    expect(state.given).toBeLessThan(8);
  });
});
