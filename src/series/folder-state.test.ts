import { describe, expect, it } from 'vitest';
import type { StoreItem } from '../store/store.ts';
import { type FolderPast, isArchivesOnly, parseFolderPast, stateOf } from './folder-state.ts';

const NAME = '2026-11-19T02-00-00Z';
const OWN = `data-${NAME}.tar.zst`;
const SECOND = `data-${NAME}-2.tar.zst`;
const TREE = `data-${NAME}~tree.tar.zst`;
const OLDER = 'data-2026-11-18T02-00-00Z.tar.zst';
const SMALL = ['SHA256SUMS', 'RESTORE.txt', 'index.jsonl.zst'];

function itemsOf(names: readonly string[]): StoreItem[] {
  return names.map((name) => {
    // Markers are empty, but for those of a place far away: `UNFINISHED!`.
    const sizeBytes = name === 'UNFINISHED' ? 0 : 1;
    return { name: name.replace('!', ''), isFile: true, isFolder: false, sizeBytes, modifiedMs: 0 };
  });
}

async function state(
  names: readonly string[],
  { named = [], log = '' }: { named?: readonly string[]; log?: string } = {},
): Promise<string> {
  const folder = {
    series: ['data'],
    name: NAME,
    items: itemsOf(names),
    isNamed: (file: string) => named.includes(file),
  };
  return await stateOf(folder, async () => await Promise.resolve<FolderPast>(parseFolderPast(log)));
}

function logOf(record: object): string {
  return `half a line\n${JSON.stringify({ started: '2026-11-19T02:00:00.500Z', removed: [], ...record })}\n`;
}
const WRITTEN = logOf({ outcome: 'written', snapshot: NAME });
const REMOVED = WRITTEN + logOf({ outcome: 'written', snapshot: 'other', removed: [NAME] });

describe('stateOf()', () => {
  it.each<[string, string, string[]]>([
    ['nothing at all', 'unfinished', []],
    ['parts alone', 'unfinished', [`${OWN}.part`, 'index.jsonl.zst.part', 'UNFINISHED.part']],
    ['what is not ours alone', 'unfinished', ['thesis.doc', `other-${NAME}.zip`]],
    ['archives, while a run is at work', 'unfinished', ['UNFINISHED', OWN, TREE, OLDER]],
    ['all but info.json, which is begun', 'unfinished', ['UNFINISHED', 'info.json.part', OWN, ...SMALL]],
    [
      'all but SHA256SUMS and info.json, marked',
      'unfinished',
      ['UNFINISHED', OWN, 'RESTORE.txt', 'index.jsonl.zst'],
    ],
    ['all that was there after the commit, marked still', 'damaged', ['UNFINISHED', OWN, ...SMALL]],
    ['all but info.json, where nothing is there in part', 'unfinished', ['UNFINISHED!', OWN, ...SMALL]],
    ['whatever was let go', 'unfinished', ['LET-GO', OWN, ...SMALL, 'info.json.damaged']],
    ['an info.json begun by an earlier version', 'unfinished', ['info.json.part', OWN, ...SMALL]],
    ['an info.json begun by a repair', 'damaged', ['info.json.part', 'info.json.damaged', OWN, ...SMALL]],
    ['archives, the last in part', 'unfinished', [OWN, SECOND, `data-${NAME}-3.tar.zst.part`]],
    ['an archive in part, and an index', 'damaged', [OWN, 'index.jsonl.zst', `data-${NAME}-3.tar.zst.part`]],
    ['an archive of another series in part', 'damaged', [OWN, `other-${NAME}-3.tar.zst.part`]],
    ['all but info.json', 'damaged', [OWN, TREE, ...SMALL]],
    ['SHA256SUMS', 'damaged', ['SHA256SUMS']],
    ['index', 'damaged', ['index.jsonl.zst']],
    ['RESTORE.txt', 'damaged', ['RESTORE.txt']],
    ['archives', 'damaged', [OWN, SECOND]],
    ['folders and links', 'damaged', [TREE]],
  ])('%s: %s', async (_, expected, names) => {
    expect(await state(names)).toBe(expected);
  });

  it.each<[string, string, string[], { named?: string[]; log?: string }]>([
    [
      'archives of a run that was stopped then',
      'unfinished',
      [OWN, SECOND],
      { log: logOf({ outcome: 'stopped' }) },
    ],
    ['archives of a run that failed then', 'unfinished', [OWN], { log: logOf({ outcome: 'failed' }) }],
    [
      'more than archives of such a run',
      'damaged',
      [OWN, 'index.jsonl.zst'],
      { log: logOf({ outcome: 'failed' }) },
    ],
    ['older archives too', 'damaged', [OWN, OLDER], { log: logOf({ outcome: 'failed' }) }],
    [
      'archives of a run of another time',
      'damaged',
      [OWN],
      { log: logOf({ outcome: 'failed', started: '2026-11-20T02:00:00Z' }) },
    ],
    ['what others need of what is marked', 'kept', ['LET-GO', OWN, SECOND], { named: [OWN] }],
    ['all needed, let go', 'kept', [OWN], { named: [OWN], log: REMOVED }],
    ['all needed, no log', 'needed', [OWN], { named: [OWN] }],
    ['all needed, a snapshot once', 'damaged', [OWN], { named: [OWN], log: WRITTEN }],
    ['not all needed, let go', 'damaged', [OWN, SECOND], { named: [OWN], log: REMOVED }],
  ])('%s: %s', async (_, expected, names, more) => {
    expect(await state(names, more)).toBe(expected);
  });

  it('does not take a link or a folder for a file of ours', async () => {
    const items = itemsOf(['LET-GO', OWN]).map((item) => ({ ...item, isFile: item.name === OWN }));
    const folder = { series: ['data'], name: NAME, items, isNamed: () => false };
    expect(await stateOf(folder, async () => await Promise.resolve(parseFolderPast('')))).toBe('damaged');
  });
});

it('isArchivesOnly() passes over parts and what is not ours', () => {
  expect(
    isArchivesOnly({ series: ['data'], items: itemsOf([OWN, 'thesis.doc', 'index.jsonl.zst.part']) }),
  ).toBe(true);
  expect(isArchivesOnly({ series: ['data'], items: itemsOf([OWN, 'index.jsonl.zst']) })).toBe(false);
});
