import { expect, it } from 'vitest';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { rebuildInfo } from './repair-info.ts';

it.each([
  [['old.zip', 'new.tar.zst'], 'tar.zst'],
  [['old.tar.zst', 'new.zip'], 'zip'],
])('a snapshot of which only %j are left has the format of the newest: %s', async (files, format) => {
  const facts = {
    info: undefined,
    isInfoProven: false,
    sums: undefined,
    steps: undefined,
    archives: files,
    isListed: false,
    lines: undefined,
    dead: undefined,
  };
  const archives = files.map((file) => ({ file, bytes: 1, sha256: '', members: [] }));
  const numbers = new Map(files.map((file, i) => [file, i]));
  const parts = { facts, archives, numbers, items: [], lost: [], notes: [] };
  const series = new Series(new LocalStore('/none'), 'data');
  expect(await rebuildInfo(series, '2026-01-31T01-02-03Z', parts)).toMatchObject({
    format,
    time: { started: '2026-01-31T01:02:03.000Z' },
  });
});
