import { chmodSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { HAS_LINKS, HAS_MODES } from '../base/able.lab.ts';
import { fromText } from '../tree/path.ts';
import { openPair } from './pair.lab.ts';
import { SideError } from './side.ts';

it('moves nothing to a name that something has', async () => {
  const { here, sides } = await openPair();
  for (const name of ['a', 'b']) writeFileSync(join(here, name), name);
  await expect(sides.here.move(fromText('a'), fromText('b'))).rejects.toThrow(SideError);
  expect(['a', 'b'].map((name) => readFileSync(join(here, name), 'utf8'))).toEqual(['a', 'b']);
});

it.skipIf(!HAS_LINKS || !HAS_MODES)('sets no mode through a link', async () => {
  const { here, there, sides } = await openPair();
  const outside = join(there, 'outside');
  writeFileSync(outside, '');
  chmodSync(outside, 0o600);
  symlinkSync(outside, join(here, 'link'));
  await sides.here.setMode(fromText('link'), 0o666);
  expect(statSync(outside).mode & 0o777).toBe(0o600);
});
