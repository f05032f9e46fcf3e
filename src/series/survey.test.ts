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
  // Nobody has looked.
  ['E_AWAY', false],
  ['E_AUTH', false],
  // A bad sector.
  ['E_STORE', true],
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

it('asks for several folders at once, as each answer from afar is waited for, and tells them in order', async () => {
  let [asked, most] = [0, 0];
  class FarStore extends LocalStore {
    override async read(key: string): Promise<Buffer | undefined> {
      most = Math.max(most, ++asked);
      const bytes = await super.read(key);
      asked--;
      return bytes;
    }
  }
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-survey-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const names = Array.from({ length: 20 }, (_, i) => `2026-11-${i + 10}T02-00-00Z`);
  for (const name of names) {
    mkdirSync(join(folder, 'data', name), { recursive: true });
    writeFileSync(join(folder, 'data', name, 'info.json'), '{}');
  }
  const { damaged } = await new Series(new FarStore(folder), 'data').survey();
  expect(damaged.map(({ name }) => name)).toEqual(names);
  expect(most).toBeGreaterThan(4);
});
