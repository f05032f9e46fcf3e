// Before the tests of a room below Stryker. That a property fails is enough, nobody looks at its smallest case; and as
// each mutant has to hold every property, none is tried thousands of times.
import type * as FastCheck from 'fast-check';
import { vi } from 'vitest';

const MOST_RUNS = 100;

vi.mock('fast-check', async (original) => {
  const fc = await original<typeof FastCheck>();
  function assert<T>(property: FastCheck.IRawProperty<T>, options: FastCheck.Parameters<T> = {}): unknown {
    const numRuns = Math.min(options.numRuns ?? MOST_RUNS, MOST_RUNS);
    return fc.assert(property, { ...options, numRuns, endOnFailure: true });
  }
  return { ...fc, assert };
});
