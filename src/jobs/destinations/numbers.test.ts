import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { highest } from './numbers.ts';

it('gives no number twice: of each kind the highest counts by itself', () => {
  const numbers = fc.record({ sequence: fc.nat(9), archive: fc.integer({ min: -1, max: 9 }) });
  fc.assert(
    fc.property(numbers, numbers, (a, b) => {
      expect(highest(a, b)).toEqual({
        sequence: a.sequence > b.sequence ? a.sequence : b.sequence,
        archive: a.archive > b.archive ? a.archive : b.archive,
      });
    }),
  );
});
