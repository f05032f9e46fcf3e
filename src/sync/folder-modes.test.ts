import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type BytePath, fromText } from '../tree/path.ts';
import { closeFolders } from './folder-modes.ts';
import { openPair, withCalls } from './pair.lab.ts';
import { SideError } from './side.ts';

it.skipIf(process.platform === 'win32')(
  'a folder that nobody may enter is closed after those in it',
  async () => {
    const { there, sides } = await openPair();
    const folders = ['outer', 'outer/inner'].map((path) => {
      mkdirSync(join(there, path));
      return { side: 'there' as const, path: fromText(path), mode: 0o400 };
    });
    const modeOf = (path: string): number => statSync(join(there, path)).mode & 0o777;
    // As an ordinary user would be told, also where root runs this.
    const strict = withCalls(sides.there, {
      look: async (path: BytePath) => {
        if (path.includes('/') && (modeOf('outer') & 0o100) === 0) throw new SideError('permission denied');
        return await sides.there.look(path);
      },
    });
    for (const { path } of folders) chmodSync(join(there, path), 0o700);
    expect(await closeFolders(folders, { ...sides, there: strict })).toEqual([]);
    expect(folders.map(({ path }) => modeOf(path))).toEqual([0o400, 0o400]);
  },
);
