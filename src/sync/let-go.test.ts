import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { SnapshotError } from '../base/errors.ts';
import { fromText } from '../tree/path.ts';
import { letGoVersions } from './let-go.ts';
import { makeVersion } from './make-version.ts';
import { openPair, withCalls } from './pair.lab.ts';
import { SideError } from './side.ts';

const DAY_MS = 86_400_000;
const NOW = new Date('2026-11-28T12:00:00Z');
const VERSIONS = '.snapshot-data/versions';

it('removes what is too old, with its folders, and goes on after what cannot be removed', async () => {
  const { here, sides } = await openPair();
  const make = (path: string): void => {
    mkdirSync(dirname(join(here, VERSIONS, path)), { recursive: true });
    writeFileSync(join(here, VERSIONS, path), path);
  };
  const [old, young] = ['20261001T000000Z', '20261128T000000Z'];
  for (const name of ['a', 'b', 'sub/inner/c']) make(`${name}~${old}`);
  make(`a~${young}`);
  const side = withCalls(sides.here, {
    async remove(path) {
      if (path === `${VERSIONS}/a~${old}`) throw new SideError('permission denied');
      await sides.here.remove(path);
    },
  });
  expect(await letGoVersions(side, { within: 30 * DAY_MS }, NOW)).toBe(2);
  expect(readdirSync(join(here, VERSIONS)).toSorted()).toEqual([`a~${old}`, `a~${young}`]);
});

it.each([
  ['a', /^a~20261128T000000Z$/],
  // With a date in it, it would be longer than a name may be.
  ['a'.repeat(250), /^[0-9a-f]{16}~20261128T000000Z$/],
])('gives each of several versions of one second a name of its own: of %s', async (name, called) => {
  const { here, sides } = await openPair();
  const versions: string[] = [];
  for (const how of ['moved', 'kept', 'moved'] as const) {
    if (!existsSync(join(here, name))) writeFileSync(join(here, name), how);
    versions.push(await makeVersion(sides.here, fromText(name), '20261128T000000Z', how));
  }
  const [first = '', ...others] = versions.map((path) => path.slice(VERSIONS.length + 1));
  expect(first).toMatch(called);
  expect(others).toEqual([`${first}-2`, `${first}-3`]);
});

it('ends where nothing more can be done', async () => {
  const { here, sides } = await openPair();
  mkdirSync(join(here, VERSIONS), { recursive: true });
  writeFileSync(join(here, VERSIONS, 'a~20261001T000000Z'), '');
  const side = withCalls(sides.here, {
    remove: async () => await Promise.reject(new SnapshotError('E_AWAY', 'the server is gone')),
  });
  await expect(letGoVersions(side, { within: DAY_MS }, NOW)).rejects.toMatchObject({ code: 'E_AWAY' });
});

it('takes the folder for versions that somebody else makes at the same moment', async () => {
  const { here, sides } = await openPair();
  writeFileSync(join(here, 'a'), 'text');
  const side = withCalls(sides.here, {
    async makeFolder(path, mode) {
      await sides.here.makeFolder(path, mode);
      throw new SideError('it exists already');
    },
  });
  const version = await makeVersion(side, fromText('a'), '20261128T000000Z', 'moved');
  expect([existsSync(join(here, version)), existsSync(join(here, 'a'))]).toEqual([true, false]);
});
