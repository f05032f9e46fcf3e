import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { HashingSource } from './hashing-source.ts';

it('has the sum of the whole file, in whatever order and however often its parts are read', async () => {
  const property = fc.asyncProperty(
    fc.uint8Array({ minLength: 1, maxLength: 64 }),
    fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 8 }),
    async (content, reads) => {
      const all = Buffer.from(content);
      const source = new HashingSource({
        sizeBytes: all.length,
        read: async (offset, length) => await Promise.resolve(all.subarray(offset, offset + length)),
      });
      for (const [from, most] of reads) {
        const offset = from % all.length;
        const length = most % (all.length - offset + 1);
        expect(await source.read(offset, length)).toEqual(all.subarray(offset, offset + length));
      }
      expect(await source.finish()).toBe(createHash('sha256').update(all).digest('hex'));
    },
  );
  await fc.assert(property);
});
