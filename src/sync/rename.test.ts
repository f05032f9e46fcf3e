import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fromText } from '../tree/path.ts';
import { openPair } from './pair.lab.ts';
import { rename } from './rename.ts';

it('gives a name in another case, but not where another file has it', async (context) => {
  const { here, sides } = await openPair();
  const [lower, upper] = [fromText('a'), fromText('A')];
  writeFileSync(join(here, 'a'), 'one');
  await rename(sides.here, lower, upper);
  expect(readdirSync(here)).toEqual(['A']);
  writeFileSync(join(here, 'a'), 'two');
  // Where both are one name, there is no other file.
  if (readdirSync(here).length === 1) context.skip();
  await expect(rename(sides.here, lower, upper)).rejects.toThrow('something is there already');
  expect(['A', 'a'].map((name) => readFileSync(join(here, name), 'utf8'))).toEqual(['one', 'two']);
});
