import { expect, it } from 'vitest';
import { crumbsOf, hashOf, pictureType, viewOf } from './listing.ts';

it('a view survives in an address, whatever its name', () => {
  for (const folder of ['', 'a/b c', '100% #1 & ö?=+'])
    expect(viewOf(hashOf({ folder, search: '' }))).toEqual({ folder, search: '' });
  expect(viewOf(hashOf({ folder: 'a', search: 'x & y' }))).toEqual({ folder: '', search: 'x & y' });
  expect(viewOf('')).toEqual({ folder: '', search: '' });
});

it('the way to a folder begins at the top', () => {
  expect(crumbsOf('')).toEqual([{ name: 'Everything', path: '' }]);
  expect(crumbsOf('a/b').map(({ path }) => path)).toEqual(['', 'a', 'a/b']);
});

it('a picture is what a browser shows and a phone can fetch; never what may have scripts', () => {
  expect(pictureType({ name: 'a.JPG', size: 1 })).toBe('image/jpeg');
  for (const name of ['a.svg', 'a.html', 'jpg.txt', 'none'])
    expect(pictureType({ name, size: 1 })).toBeUndefined();
  expect(pictureType({ name: 'a.jpg', size: 25_000_001 })).toBeUndefined();
  expect(pictureType({ name: 'a.jpg', size: 0 })).toBeUndefined();
});
