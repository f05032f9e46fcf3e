import { describe, expect, it } from 'vitest';
import { Holdings } from '../../series/holdings.ts';
import type { At, IndexEntry } from '../../series/index/index-line.ts';
import { FILE_ENTRY } from '../../tree/entry.lab.ts';
import { EntryTable } from '../../tree/entry-table.ts';
import { Stored } from './stored.ts';

const HASH = new Uint8Array(32).fill(7);

function itemAt(at: At, hash = HASH): IndexEntry {
  return { entry: FILE_ENTRY, user: undefined, group: undefined, hash, at, changed: false };
}

/** One file, and the same content at several places of two archives. */
function storedWith(isShared: boolean): Stored {
  const entries = new EntryTable();
  entries.push(itemAt([0, 0, 0, 0]).entry);
  const holdings = new Holdings();
  const places: readonly At[] = [
    [1, 0, 100, 0],
    [1, 100, 100, 0],
    [2, 0, 100, 0],
    [2, 0, 100, 5],
    [2, 0, 100, 5],
  ];
  for (const at of places) holdings.addLine(itemAt(at));
  return new Stored(entries, holdings, false, { isThere: (n) => n !== 9, isShared: () => isShared });
}

describe.each([true, false])('a file that stays as it was, in archives that are shared: %s', (isShared) => {
  it.each<[At, number]>([
    [[1, 100, 100, 0], 1],
    [[2, 0, 100, 0], 2],
  ])('keeps its place, %j', (at, slot) => {
    const stored = storedWith(isShared);
    expect(stored.keep(0, itemAt(at), 'then')).toBe(true);
    expect([stored.slot(0), stored.isKept(0), stored.marks(0).kept]).toEqual([slot, true, 'then']);
  });

  it('stays that of the snapshot in which it was read last, however often it is kept', () => {
    const stored = storedWith(isShared);
    expect(stored.keep(0, { ...itemAt([1, 100, 100, 0]), kept: 'long ago' }, 'then')).toBe(true);
    expect(stored.marks(0).kept).toBe('long ago');
  });

  it('has the place that several lines tell of once', () => {
    const stored = storedWith(isShared);
    expect(stored.keep(0, itemAt([2, 0, 100, 5]), 'then')).toBe(true);
    expect(stored.slot(0)).toBe(3);
  });

  it.each([
    ['its archive is gone', itemAt([9, 0, 100, 0])],
    ['nothing lies there', itemAt([1, 50, 100, 0])],
    ['other content lies there', itemAt([1, 0, 100, 0], new Uint8Array(32).fill(8))],
  ])('is not kept when %s', (_, item) => {
    const stored = storedWith(isShared);
    expect(stored.keep(0, item, 'then')).toBe(false);
    expect([stored.slot(0), stored.isKept(0)]).toEqual([undefined, false]);
  });
});
