// Whose fault it is that a file cannot be read.
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Series } from '../../series/series.ts';
import { LocalStore } from '../../store/local/local-store.ts';
import { copyFile } from './copy-file.ts';

it.each([
  ['is whole', undefined],
  ['is another one', 'E_DAMAGED'],
  ['is shorter', 'E_DAMAGED'],
  ['is gone', 'E_DAMAGED'],
  ['is gone with all of the series, as its disk is', 'E_STORE'],
])('a file that %s', async (what, code) => {
  const root = mkdtempSync(join(tmpdir(), 'copy-file-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const series = new Series(new LocalStore(join(root, 'from')), 'data');
  const to = new LocalStore(join(root, 'to'));
  const bytes = Buffer.alloc(5_000_000, 'x');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const [key, other] = [series.key('snapshot', 'file'), series.key('snapshot', 'other')];
  await series.store.put(other, bytes);
  if (what === 'is another one') bytes[4_500_000] = 0;
  if (!what.startsWith('is gone')) await series.store.put(key, bytes.subarray(what === 'is shorter' ? 1 : 0));
  if (what.includes('all of the series')) rmSync(join(root, 'from/data'), { recursive: true });
  let written = 0;
  const copied = copyFile({ series, key, bytes: bytes.length, sha256 }, to, 'a/file', {
    signal: new AbortController().signal,
    progress: (count) => (written += count),
  });
  if (code === undefined) await copied;
  else await expect(copied).rejects.toMatchObject({ code });
  // What counts for nothing is not counted, and does not stay.
  expect(written).toBe(code === undefined ? bytes.length : 0);
  expect(readdirSync(join(root, 'to/a'))).toEqual(code === undefined ? ['file'] : []);
});
