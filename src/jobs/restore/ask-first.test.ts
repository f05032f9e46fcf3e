import { describe, expect, it } from 'vitest';
import { fromText } from '../../tree/path.ts';
import { deletionToAsk, isFarMore } from './ask-first.ts';
import type { Step } from './target-plan.ts';

describe('isFarMore()', () => {
  it.each([
    ['ten of none', 10, 0, 0, 0, false],
    ['eleven of none', 11, 0, 0, 0, true],
    ['as many as there are', 11, 0, 11, 0, false],
    ['one more than there are', 12, 0, 11, 0, true],
    ['a gigabyte of none', 1, 1e9, 0, 0, false],
    ['more than a gigabyte of none', 1, 1e9 + 1, 0, 0, true],
    ['as many bytes as there are', 1, 2e9, 5, 2e9, false],
    ['more bytes than there are', 1, 2e9 + 1, 5, 2e9, true],
  ])('of %s', (_, files, bytes, wantedFiles, wantedBytes, is) => {
    expect(isFarMore({ files, bytes }, { files: wantedFiles, bytes: wantedBytes })).toBe(is);
  });
});

function deleted(path: string, type: Step['type']): Step {
  return { do: 'delete', path: fromText(path), type, i: undefined, reason: undefined };
}

describe('deletionToAsk()', () => {
  it('counts files and links, and gives examples from the top', () => {
    const files = Array.from({ length: 11 }, (_, n) => deleted(`folder/${n}`, n === 0 ? 'link' : 'file'));
    const steps = [...files, deleted('folder', 'folder'), deleted('b', 'file'), deleted('a', 'file')];
    const same: Step = { do: 'same', path: fromText('same'), type: 'file', i: 0, reason: undefined };
    expect(deletionToAsk('/x', [same, ...steps], () => 2, { files: 12, bytes: 5 })).toEqual({
      folder: '/x',
      files: 13,
      bytes: 26,
      examples: ['folder/10', 'b', 'a'],
      wantedFiles: 12,
      wantedBytes: 5,
    });
    expect(deletionToAsk('/x', steps, () => 2, { files: 13, bytes: 5 })).toBeUndefined();
  });
});
