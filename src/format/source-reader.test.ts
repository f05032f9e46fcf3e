import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ArchiveSource } from './found-member.ts';
import { SourceReader } from './source-reader.ts';

const BYTES = randomBytes(20 * 1024 * 1024);

const SOURCES: Readonly<Record<string, ArchiveSource['read']>> = {
  'gives memory of its own': async (at, length) =>
    await Promise.resolve(Buffer.from(BYTES.subarray(at, at + length))),
  'takes the memory it is given': async (at, length, into = Buffer.alloc(length)) => {
    BYTES.copy(into, 0, at, at + length);
    return await Promise.resolve(into);
  },
};

const steps = fc.array(
  fc.record({
    isTaken: fc.boolean(),
    length: fc.oneof(fc.nat({ max: 1000 }), fc.integer({ min: 1, max: 6 * 1024 * 1024 })),
  }),
  { minLength: 1, maxLength: 20 },
);

describe.each(Object.entries(SOURCES))('a SourceReader of a source that %s', (_, read) => {
  it.each([true, false])('gives every byte in its place; what it gave is kept: %s', async (isKept) => {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat({ max: 5000 }), async (all, start) => {
        const reader = new SourceReader({ sizeBytes: BYTES.length, read }, start, BYTES.length, isKept);
        const given: { readonly at: number; readonly bytes: Buffer }[] = [];
        for (const { isTaken, length } of all) {
          const { at, leftBytes } = reader;
          const most = Math.min(length, leftBytes);
          const bytes = isTaken ? await reader.take(most) : await reader.peek(length);
          expect(bytes.length).toBeGreaterThanOrEqual(most);
          expect(bytes.equals(BYTES.subarray(at, at + bytes.length))).toBe(true);
          expect(reader.at).toBe(at + (isTaken ? most : 0));
          given.push({ at, bytes });
        }
        if (!isKept) return;
        for (const { at, bytes } of given)
          expect(bytes.equals(BYTES.subarray(at, at + bytes.length))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });
});

it('small sources whose answers lie in the memory of others are read right', async () => {
  // Node takes small buffers from one piece of memory.
  const read: ArchiveSource['read'] = async (at, length) =>
    await Promise.resolve(Buffer.from(BYTES.subarray(at, at + length)));
  const reader = new SourceReader({ sizeBytes: 100, read }, 0, 100);
  expect((await reader.take(100)).equals(BYTES.subarray(0, 100))).toBe(true);
});
