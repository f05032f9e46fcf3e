import { expect, it } from 'vitest';
import type { BytePath } from '../../tree/path.ts';
import type { Deed, Failure, Task } from '../../unpack/tasks.ts';
import { type DeedOptions, doDeeds, makeFolders } from './deeds.ts';

/** Threads that cannot do what is about one of `paths`. */
function failing(...paths: readonly string[]): DeedOptions {
  const run = async (task: Task): Promise<readonly Failure[]> => {
    const deeds = task.kind === 'deeds' ? task.deeds : [];
    return await Promise.resolve(
      deeds.flatMap((deed, n) =>
        'path' in deed && paths.includes(deed.path)
          ? [{ n, kind: 'failed', reason: `no ${deed.path}`, code: undefined } as const]
          : [],
      ),
    );
  };
  return {
    root: '/target',
    pool: { run } as unknown as DeedOptions['pool'],
    signal: new AbortController().signal,
  };
}

function folder(path: string): Extract<Deed, { do: 'folder' }> {
  return { do: 'folder', path: path as BytePath, exists: false, clears: false };
}

it('what failed has its own number, however many deeds there are', async () => {
  const deeds = Array.from({ length: 1100 }, (_, n) => folder(String(n)));
  const failed = await doDeeds(deeds, failing('0', '511', '512', '1099'));
  expect([...failed].map(([n, { reason }]) => [n, reason])).toEqual(
    [0, 511, 512, 1099].map((n) => [n, `no ${n}`]),
  );
});

it('the reason why a folder is not there is told once, and not of those in it', async () => {
  // The last one is made in another go than those it lies in.
  const many = Array.from({ length: 600 }, (_, n) => `m/${n}`);
  const folders = ['a', 'a/b', 'a/b/c', 'm', ...many, 'm/0/x', 'z'].map(folder);
  const missing = await makeFolders(folders, failing('a', 'a/b', 'a/b/c', 'm/0', 'z'));
  expect([...missing].map(([path, why]) => [path, why?.reason])).toEqual([
    ['a', 'no a'],
    ['a/b', undefined],
    ['a/b/c', undefined],
    ['m/0', 'no m/0'],
    ['m/0/x', undefined],
    ['z', 'no z'],
  ]);
});
