import { expect, it } from 'vitest';
import { orderOf } from './repair-facts.ts';

it('archives are extracted by date, then by number, and that of folders and links last', () => {
  const [first, second] = ['2026-01-01T00-00-00Z', '2026-01-02T00-00-00Z'];
  const names = [
    `data-${first}.tar.zst`,
    `data-${first}-2.tar.zst`,
    `data-${first}-10.tar.zst`,
    `data-${second}.tar.zst`,
    `data-${first}~tree.tar.zst`,
  ];
  const sorted = names.toReversed().toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
  expect(sorted).toEqual(names);
});
