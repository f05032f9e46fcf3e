import { expect, it } from 'vitest';
import { Shelf } from './shelf.ts';

type Previous = Parameters<typeof Shelf.of>[0];

it('numbers archives after all that the series has, also those that new snapshots cannot share', () => {
  const snapshots = [
    { name: 'a', info: { archives: [{ number: 4, file: 'x.tar.zst', entries: 1 }] } },
    {
      name: 'b',
      info: { recipients: ['age1old'], archives: [{ number: 7, file: 'y.tar.zst', entries: 1 }] },
    },
    { name: 'c', info: { archives: [{ number: 9, file: 'tree.tar.zst', entries: 0 }] } },
  ];
  const damage = { isWhole: () => true, flawOf: () => undefined };
  const shelf = (encrypt: readonly string[]): Shelf =>
    Shelf.of({ survey: { snapshots }, damage } as unknown as Previous, encrypt);
  expect([4, 7, 9].map((number) => shelf([]).get(number)?.snapshot)).toEqual(['a', undefined, undefined]);
  expect([4, 7, 9].map((number) => shelf(['age1old']).get(number)?.snapshot)).toEqual([
    undefined,
    'b',
    undefined,
  ]);
  expect([[], ['age1old'], ['age1new']].map((encrypt) => shelf(encrypt).nextNumber)).toEqual([10, 10, 10]);
});
