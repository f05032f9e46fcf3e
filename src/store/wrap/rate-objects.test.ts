import { expect, it } from 'vitest';
import { MemoryObjects } from '../memory-objects.lab.ts';
import type { SpooledFile } from '../objects.ts';
import { RateLimit } from './rate-limit.ts';
import { RateObjects } from './rate-objects.ts';

/** One that reads a file in two pieces. */
class InTwo extends MemoryObjects {
  override async putFile(key: string, file: SpooledFile): Promise<void> {
    const half = Math.floor(file.sizeBytes / 2);
    const pieces = [await file.read(0, half), await file.read(half, file.sizeBytes - half)];
    await this.put(key, Buffer.concat(pieces));
  }
}

it.each([
  ['in one', async (objects: RateObjects, bytes: Buffer) => await objects.put('key', bytes)],
  [
    'from a file',
    async (objects: RateObjects, bytes: Buffer) =>
      await objects.putFile('key', {
        sizeBytes: bytes.length,
        read: async (from, length) => await Promise.resolve(bytes.subarray(from, from + length)),
      }),
  ],
])('sends an object no faster than it may, and whole: %s', async (_, put) => {
  let now = 0;
  const clock = { now: () => now, sleep: async (ms: number) => await Promise.resolve(void (now += ms)) };
  const inner = new InTwo();
  const objects = new RateObjects(inner, new RateLimit(10_000, new AbortController().signal, clock));
  const bytes = Buffer.alloc(54_096, 'x');
  await put(objects, bytes);
  // The first 4096 bytes at once, and none twice.
  expect(now).toBeGreaterThanOrEqual(5000);
  expect(now).toBeLessThan(5100);
  expect(inner.kept.get('key')?.bytes.equals(bytes)).toBe(true);
  await objects.get('key');
  await objects.list('');
  expect(now).toBeLessThan(5100);
});
