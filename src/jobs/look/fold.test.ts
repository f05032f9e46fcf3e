import { describe, expect, it } from 'vitest';
import { fromText } from '../../tree/path.ts';
import { toBackUp, countDifferences, type Difference } from './difference.ts';
import { foldDifferences } from './fold.ts';

/** `+folder/` is a new folder, `-a` a file of 3 bytes that is gone, `~b` one that changed, `=c` a further name of a file. */
function differences(...texts: readonly string[]): readonly Difference[] {
  return texts.map((text) => {
    const kind = ({ '+': 'added', '-': 'removed', '~': 'modified', '=': 'added' } as const)[text[0] ?? ''];
    const isFolder = text.endsWith('/');
    const path = fromText(text.slice(1, isFolder ? -1 : undefined));
    const hardlink = text.startsWith('=') ? 1 : undefined;
    const side = { entry: { path, type: isFolder ? 'folder' : 'file', size: isFolder ? 0 : 3, hardlink } };
    const reasons = kind === 'modified' ? ['content'] : [];
    const [before, after] = kind === 'removed' ? [side, undefined] : [undefined, side];
    return { kind, path, reasons, before, after } as unknown as Difference;
  });
}

function told(...texts: readonly string[]): readonly string[] {
  return foldDifferences(differences(...texts)).map((one) =>
    one.kind === 'folded' ? `${one.change.path}: ${one.paths}, ${one.bytes} B` : one.path,
  );
}

describe('foldDifferences()', () => {
  it.each([
    [
      ['+a/', '+a/b', '+a/c', '+d'],
      ['a: 2, 6 B', 'd'],
    ],
    [
      ['-a/', '-a/b/', '-a/b/c', '-d/', '-d/e'],
      ['a: 2, 3 B', 'd: 1, 3 B'],
    ],
    [
      ['+a/', '+b'],
      ['a', 'b'],
    ],
    // What has a name that begins alike is not in it.
    [
      ['+a/', '+a/b', '+a-', '+ab'],
      ['a: 1, 3 B', 'a-', 'ab'],
    ],
    [
      ['+a/', '+a/b/', '+a/b/c', '~a/d'],
      ['a', 'a/b: 1, 3 B', 'a/d'],
    ],
    [[], []],
  ])('%j: %j', (given, expected) => {
    expect(told(...given)).toEqual(expected);
  });
});

it('counts a further name of a file as a difference, and not as content to be written', () => {
  const some = differences('+a', '=b', '~c', '-d', '+e/');
  expect(countDifferences(some)).toEqual({ added: 3, modified: 1, removed: 1, moved: 0 });
  expect(toBackUp(some)).toEqual({ files: 2, bytes: 6 });
});
