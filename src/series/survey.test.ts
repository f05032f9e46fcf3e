import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { SnapshotError } from '../base/errors.ts';
import { LocalStore } from '../store/local/local-store.ts';
import { Series } from './series.ts';

it.each([
  ['E_DAMAGED', true],
  // What only lacks its key is whole: nobody is to repair it, or to begin anew.
  ['E_KEY', false],
] as const)('a snapshot whose info.json cannot be read by %s is damaged: %o', async (code, isDamaged) => {
  class FailingStore extends LocalStore {
    override async read(): Promise<Buffer | undefined> {
      return await Promise.reject(new SnapshotError(code, 'why'));
    }
  }
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-survey-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const name = '2026-11-20T02-00-00Z';
  mkdirSync(join(folder, 'data', name), { recursive: true });
  writeFileSync(join(folder, 'data', name, 'info.json'), '{}');
  const survey = new Series(new FailingStore(folder), 'data').survey();
  if (isDamaged) expect((await survey).damaged).toMatchObject([{ name, error: { code } }]);
  else await expect(survey).rejects.toMatchObject({ code });
});
