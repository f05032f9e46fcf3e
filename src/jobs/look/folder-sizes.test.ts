import { expect, it } from 'vitest';
import { fromText } from '../../tree/path.ts';
import { folderSizes } from './folder-sizes.ts';

type Lines = Awaited<ReturnType<Parameters<typeof folderSizes>[0]>>;
type File = readonly [
  path: string,
  size: number,
  at?: readonly [number, number, number, number],
  link?: number,
];

function sizes(files: readonly File[], depth: number): Promise<readonly unknown[]> {
  const entries = files.map(([path, size, at, hardlink]) => {
    const type = path.endsWith('/') ? 'folder' : 'file';
    return { entry: { path: fromText(path.replace(/\/$/, '')), type, size, hardlink }, at };
  });
  const lines = { entries: () => entries } as unknown as Lines;
  return folderSizes(async () => await Promise.resolve(lines), depth).then((all) =>
    all.map(({ path, files: count, bytes, diskBytes }) => [path, count, bytes, diskBytes]),
  );
}

// Two small files are compressed together into 100 bytes; `twin` has the content of `a/one`.
const FILES: readonly File[] = [
  ['a/', 0],
  ['a/b/', 0],
  ['a/b/c/', 0],
  ['a/b/c/deep', 30, [0, 0, 100, 1]],
  ['a/one', 10, [0, 0, 100, 0]],
  ['a/twin', 10, [0, 0, 100, 0]],
  ['z', 50, [0, 100, 20, 0]],
  ['z-link', 50, [0, 100, 20, 0], 1],
];

it.each([
  [0, [['', 5, 100, 120]]],
  [
    1,
    [
      ['', 5, 100, 120],
      ['a', 3, 50, 100],
    ],
  ],
  [
    2,
    [
      ['', 5, 100, 120],
      ['a', 3, 50, 100],
      ['a/b', 1, 30, 75],
    ],
  ],
])(
  'tells folders down to %i levels, what is compressed together by its sizes and each content once',
  async (depth, expected) => {
    expect(await sizes(FILES, depth)).toEqual(expected);
  },
);
