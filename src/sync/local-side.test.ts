import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { HAS_LINKS, HAS_MODES } from '../base/able.lab.ts';
import { fromText } from '../tree/path.ts';
import { matching } from '../tree/left-out.ts';
import { openPair, signal } from './pair.lab.ts';
import { SideError } from './side.ts';

it('moves nothing to a name that something has', async () => {
  const { here, sides } = await openPair();
  for (const name of ['a', 'b']) writeFileSync(join(here, name), name);
  await expect(sides.here.move(fromText('a'), fromText('b'))).rejects.toThrow(SideError);
  expect(['a', 'b'].map((name) => readFileSync(join(here, name), 'utf8'))).toEqual(['a', 'b']);
});

it.skipIf(process.platform === 'win32')(
  'knows nothing of a folder whose rules cannot be read: what they leave out is not to be touched',
  async () => {
    const { here, sides } = await openPair();
    mkdirSync(join(here, 'sub'));
    writeFileSync(join(here, 'sub/file'), '');
    spawnSync('mkfifo', [join(here, 'sub/.snapshotignore')]);
    const { problems } = await sides.here.walk(matching([]), signal);
    expect(problems.map(({ path }) => path)).toEqual(['sub']);
  },
);

it.skipIf(!HAS_LINKS || !HAS_MODES)('sets no mode through a link', async () => {
  const { here, there, sides } = await openPair();
  const outside = join(there, 'outside');
  writeFileSync(outside, '');
  chmodSync(outside, 0o600);
  symlinkSync(outside, join(here, 'link'));
  await sides.here.setMode(fromText('link'), 0o666);
  expect(statSync(outside).mode & 0o777).toBe(0o600);
});
