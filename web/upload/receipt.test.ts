import { expect, it } from 'vitest';
import type { Item } from './queue.ts';
import { receiptOf, sentenceOf } from './receipt.ts';

const item = (more: Partial<Item>): Item => ({
  id: 0,
  path: 'a.jpg',
  size: 1,
  modified: 0,
  state: 'stored',
  blake3: 'aa',
  sent: 1,
  ...more,
});

it('the sentence says how many are there, and how many are not', () => {
  expect(sentenceOf([item({})], 1)).toBe('1 file is here, verified');
  expect(sentenceOf(Array(1312).fill(item({})) as Item[], 1312)).toBe('1,312 files are here, verified');
  expect(sentenceOf([item({}), item({})], 5)).toBe('2 files are here, verified; 3 of 5 are not');
});

it('the receipt has each file by its hash, and what the library calls it', () => {
  const files = [item({}), item({ path: 'b', state: 'known' }), item({ path: 'c', storedAs: 'c (2)' })];
  expect(receiptOf(files, 'anna', new Date(0)).split('\n')).toEqual([
    '# 3 files, verified in the library of anna at 1970-01-01T00:00:00.000Z. BLAKE3 and name:',
    'aa  a.jpg',
    '# known already, not sent:',
    'aa  b',
    '# in the library as c (2):',
    'aa  c',
    '',
  ]);
});
