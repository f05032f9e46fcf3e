import { expect, it } from 'vitest';
import { Breath } from './breath.ts';

it('long work ends at its next breath once it is stopped, and lets a timer have its turn before', async () => {
  const stop = new AbortController();
  const breath = new Breath(stop.signal);
  setImmediate(() => stop.abort(new Error('stopped')));
  await breath.after(64 * 1024 * 1024 - 1);
  expect(stop.signal.aborted).toBe(false);
  await expect(breath.after(1)).rejects.toThrow('stopped');
});
