import { describe, expect, it } from 'vitest';
import { statusOfRestore } from './restore-events.ts';

describe('statusOfRestore()', () => {
  const NONE = { files: 0, same: 0, problems: 0, refused: 0 };

  it.each<[string, Partial<typeof NONE>, boolean, number]>([
    ['all of it', { files: 2 }, true, 0],
    ['nothing, where there was none', {}, false, 0],
    ['all, but for a mode', { files: 2, problems: 1 }, true, 3],
    ['one of two', { files: 1, problems: 1 }, true, 3],
    ['none, but what was there already', { same: 1, problems: 1 }, true, 3],
    ['no file of some', { problems: 1 }, true, 1],
    ['folders only, where there were no files', { problems: 1 }, false, 3],
    ['what may not make way', { files: 1, refused: 1 }, true, 2],
    ['what may not make way, and no file', { problems: 1, refused: 1 }, true, 2],
  ])('of %s', (_, count, hadFiles, status) => {
    expect(statusOfRestore({ ...NONE, ...count }, hadFiles)).toBe(status);
  });
});
