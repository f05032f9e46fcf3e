import { expect, it } from 'vitest';
import { itemsOf } from './listing.ts';

const NAMES = {
  file: 'Contents',
  key: 'Key',
  size: 'Size',
  tag: 'ETag',
  modified: 'LastModified',
  folder: 'CommonPrefixes',
  prefix: 'Prefix',
};

function file(key: string, size: number): string {
  return `<Contents><Key>${key}</Key><Size>${size}</Size><LastModified>2026-11-29T02:00:00.000Z</LastModified></Contents>`;
}

function folder(prefix: string): string {
  return `<CommonPrefixes><Prefix>${prefix}</Prefix></CommonPrefixes>`;
}

it('has the names below a prefix, folders without their slash, and not the folder itself', () => {
  const xml = `<R><Prefix>a/</Prefix>${file('a/', 0)}${file('a/b&amp;c', 7)}${folder('a/d/')}${folder('a/e f/')}</R>`;
  const modifiedMs = Date.UTC(2026, 10, 29, 2);
  expect(itemsOf(xml, 'a/', NAMES)).toEqual([
    { name: 'b&c', isFolder: false, isFile: true, sizeBytes: 7, modifiedMs },
    { name: 'd', isFolder: true, isFile: false, sizeBytes: 0, modifiedMs: 0 },
    { name: 'e f', isFolder: true, isFile: false, sizeBytes: 0, modifiedMs: 0 },
  ]);
});
