import { expect, it } from 'vitest';
import type { Snapshot } from '../../series/series.ts';
import { olderIndex } from './older-index.ts';
import type { RowContext } from './row-context.ts';

it.each<[string, Partial<Record<'bytes' | 'changes' | 'entries', number>>, readonly string[], boolean]>([
  ['one line in eight differs', { changes: 10, entries: 80 }, ['age1a', 'age1b'], true],
  ['more than that differs', { changes: 11, entries: 80 }, ['age1a', 'age1b'], false],
  ['it is small', { bytes: 99 }, ['age1a', 'age1b'], false],
  ['it is as large as it has to be', { bytes: 100 }, ['age1b', 'age1a'], true],
  // Who may read the new snapshot could not read it, or who may not any more still could.
  ['somebody is to read the new one who cannot read that', {}, ['age1a', 'age1b', 'age1c'], false],
  ['somebody is to read the new one no more', {}, ['age1a'], false],
  ['nobody had a key, and now somebody has', {}, [], false],
])('the last index, when %s, stays: %o', async (_, given, encrypt, stays) => {
  const { bytes = 100, changes = 0, entries = 80 } = given;
  const index = { file: 'index.jsonl.zst', bytes, sha256: '' };
  const newest = { name: 'then', info: { recipients: ['age1a', 'age1b'], index } } as unknown as Snapshot;
  const series = { share: (_from: string, file: object, to: string) => ({ ...file, to }) };
  const context = { row: { encrypt }, series, options: { smallIndexBytes: 100 } } as unknown as RowContext;
  const found = await olderIndex(context, newest, 'now', { changes, entries });
  expect(found).toEqual(stays ? { ...index, to: 'now' } : undefined);
});
