import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { fromText } from '../../tree/path.ts';
import { VersionsHere } from './versions-here.ts';

it('loses no version to a clock that is far ahead once', async () => {
  const root = mkdtempSync(join(tmpdir(), 'snapshot-versions-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  let now = new Date('2026-11-28T12:00:00Z');
  const versions = new VersionsHere(root, 'anna', () => now);
  const kept = (): readonly string[] => readdirSync(join(root, '.snapshot-data/versions/files/anna'));
  const letGo = async (at: string): Promise<void> => {
    now = new Date(at);
    await versions.letGo();
  };
  await versions.letGo();
  mkdirSync(join(root, 'files/anna'), { recursive: true });
  writeFileSync(join(root, 'files/anna/a.jpg'), 'one');
  await versions.keep(fromText('a.jpg'));
  for (const at of ['2027-11-28', '2026-11-28', '2027-11-28', '2026-11-29', '2026-12-28']) {
    await letGo(`${at}T13:00:00Z`);
    expect(kept()).toEqual(['a~20261128T120000Z.jpg']);
  }
  await letGo('2026-12-29T14:00:00Z');
  // The folders go with their last version.
  expect(readdirSync(join(root, '.snapshot-data/versions'))).toEqual([]);
});
