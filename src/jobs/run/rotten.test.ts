import { expect, it } from 'vitest';
import { Holdings } from '../../series/holdings.ts';
import type { Entry } from '../../tree/entry.ts';
import { EntryTable } from '../../tree/entry-table.ts';
import type { BytePath } from '../../tree/path.ts';
import { Healing } from './healing.ts';

type Previous = ConstructorParameters<typeof Healing>[0];

const [BEFORE, NOW] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];

it.each<[string, Uint8Array | undefined, bigint, number, number]>([
  ['its content, and nothing wrote to it', NOW, 5n, 1, 1],
  // That it has other content than the one that is lost is no wonder.
  ['its content, as somebody wrote to it', NOW, 6n, 1, 0],
  ['nothing', BEFORE, 5n, 1, 0],
  ['something that nobody could read', undefined, 5n, 1, 0],
  ['its content, and its archive is whole', NOW, 5n, 2, 0],
])('a file in a damaged archive has changed %s', (_, hash, ctimeNs, archive, rotten) => {
  const file: Entry = {
    path: 'file' as BytePath,
    type: 'file',
    size: 5,
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtimeNs: 1n,
    ctimeNs: 5n,
    inode: 3n,
    target: undefined,
    hardlink: undefined,
  };
  const entries = new EntryTable();
  entries.push(file);
  const holdings = new Holdings();
  holdings.has(0, holdings.contents.add(BEFORE, 5, { archive, offset: 0, length: 9, skip: 0 }));
  const previous = { newest: {}, damage: { archivesOf: () => new Set([1]) }, holdings };
  const healing = new Healing(previous as unknown as Previous, entries);
  entries.update(0, { ...file, ctimeNs });
  if (hash !== undefined) entries.setHash(0, hash);
  expect(healing.rotten()).toHaveLength(rotten);
});
