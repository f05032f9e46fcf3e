import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { KilledLibrary } from './support/killed-library.ts';
import { Place } from './support/place.ts';
import { chosenSeed } from './support/seed.ts';

const ROUNDS = 10;

it('a server that is killed under uploads has each file whole or not at all, and knows which', async () => {
  const place = Place.open();
  const root = place.path('library');
  mkdirSync(root);
  const seed = chosenSeed();
  const library = new KilledLibrary(
    fileURLToPath(new URL('../dist/bin/main.js', import.meta.url)),
    root,
    seed,
  );
  await library.begin();
  try {
    for (let round = 0; round < ROUNDS; round++) await library.round();
    await library.end();
  } catch (error) {
    throw new Error(`seed ${seed}`, { cause: error });
  }
  // Else nothing was under way when it was killed.
  expect(library.count.stored).toBeGreaterThan(ROUNDS);
  expect(library.count.parts).toBeGreaterThan(0);
});
