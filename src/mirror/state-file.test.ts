import { expect, it } from 'vitest';
import { type BytePath, fromText } from '../tree/path.ts';
import type { Held } from './held.ts';
import { formatEntries, formatHead, type MirrorState, parseState } from './state-file.ts';

function held(path: string, change: Partial<Held> = {}): Held {
  return {
    path: path as BytePath,
    type: 'file',
    size: 3,
    mode: 0o640,
    uid: 1,
    gid: 2,
    mtimeNs: 1_764_000_000_123_456_789n,
    ctimeNs: 1_764_000_001_000_000_001n,
    inode: 18_446_744_073_709_551_615n,
    target: undefined,
    hash: 'ab'.repeat(32),
    keptNs: 1_764_000_000_123_456_789n,
    sinceMs: 1_764_000_002_345,
    ...change,
  };
}

async function readBack(state: MirrorState): Promise<MirrorState> {
  const bytes = Buffer.concat([await formatHead(state), await formatEntries(state.held)]);
  const { entries, ...back } = await parseState(bytes, 'state');
  expect(entries.equals(await formatEntries(state.held))).toBe(true);
  return back;
}

const none = { size: 0, hash: undefined };

it.each<[string, Held[], Partial<MirrorState>]>([
  ['nothing, which was never whole', [], { scanned: undefined, mounts: [] }],
  ['a time that the mirror keeps in seconds', [held('a', { keptNs: 1_764_000_000_000_000_000n })], {}],
  ['a time before 1970', [held('a', { mtimeNs: -5n, keptNs: -5n })], {}],
  ['a name that is no text', [held('\xff'), held('\xe4/b')], {}],
  [
    'folders and links',
    [
      held('a', { ...none, type: 'folder' }),
      held('b', { ...none, type: 'link', target: fromText('../../ä') }),
      held('c', { ...none, type: 'link', target: '\xff' as BytePath }),
    ],
    {},
  ],
])('says again what it was told: %s', async (_, items, change) => {
  const state: MirrorState = {
    scanned: new Date('2026-11-29T03:04:05.678Z'),
    root: { device: 66_306n, inode: 2n ** 63n },
    mounts: [
      { path: fromText('m'), id: 'UUID' },
      { path: '\xfe' as BytePath, id: undefined },
    ],
    held: new Map(items.map((item) => [item.path, item])),
    ...change,
  };
  expect(await readBack(state)).toEqual(state);
});

it('has each of so many entries that they are written in pieces', async () => {
  const names = Array.from({ length: 40_001 }, (_, i) => String(i).padStart(6, '0'));
  const items = new Map(names.map((name) => [name as BytePath, held(name)]));
  const root = { device: 0n, inode: 0n };
  const back = await readBack({ scanned: undefined, root, mounts: [], held: items });
  expect([...back.held.keys()]).toEqual(names);
});
