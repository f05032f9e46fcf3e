// `npm run campaign -- fuzz` has many more inputs.
import { describe, expect, it } from 'vitest';
import { feed } from './feed.ts';
import { allReaders } from './readers.ts';
import { chosenSeed } from '../support/seed.ts';
import { seedFiles } from './seeds.ts';

const INPUTS = 1500;

const seed = chosenSeed();
const readers = await allReaders(await seedFiles());

describe('whatever it is given, the reader of', () => {
  it.each(readers)('$name takes it, or refuses it with an error for the user', async (reader) => {
    for (const valid of reader.valid) await reader.read(valid, valid);
    const refused = new Set<boolean>();
    for (let i = 0; i < INPUTS; i++) {
      const { fault, isRefused } = await feed(reader, seed, i);
      expect(fault).toBeUndefined();
      refused.add(isRefused);
    }
    // A reader that refuses all, or nothing, was not tried.
    if (reader.isTolerant !== true) expect(refused.size).toBe(2);
  });
});
