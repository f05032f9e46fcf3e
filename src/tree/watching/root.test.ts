import { expect, it } from 'vitest';
import { changeOfRoot, type Root } from './root.ts';

const there: Root = { isThere: true, device: 1n, inode: 2n, isEventless: false };
const gone: Root = { isThere: false, reason: 'it is not there' };

it.each<[string, Root, Root, RegExp | undefined]>([
  ['nothing', there, { ...there }, undefined],
  ['that it is gone', there, gone, /not there/],
  ['nothing more while it is gone', gone, { ...gone }, undefined],
  ['why else it is not there', gone, { isThere: false, reason: 'it is not a folder' }, /not a folder/],
  ['that it is back', gone, there, /again/],
  ['another file system with a folder of that number', there, { ...there, device: 3n }, /file system/],
  ['another folder', there, { ...there, inode: 3n }, /folder/],
])('tells of a root %s', (_, before, now, change) => {
  if (change === undefined) expect(changeOfRoot(before, now)).toBeUndefined();
  else expect(changeOfRoot(before, now)).toMatch(change);
});
