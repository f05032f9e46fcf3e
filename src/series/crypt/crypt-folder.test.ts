// Encrypted snapshots in a folder of this machine, as they lie there.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { newIdentity } from '../../format/age/keys.ts';
import { FolderObjects } from '../../store/local/folder-objects.ts';
import { ObjectStore } from '../../store/object-store.ts';
import type { Store } from '../../store/store.ts';
import { parseSums } from '../sums.ts';
import { CryptObjects } from './crypt-objects.ts';
import { recipientsOf } from './stub.ts';

const identities = Array.from({ length: 30 }, () => newIdentity().identity);
const [FIRST, SECOND] = ['2026-11-19T02-00-00Z', '2026-11-20T02-00-00Z'] as const;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'snapshot-crypt-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
});

/** As another process, for so many recipients. */
function open(recipients = 1): Store {
  const keys = {
    recipients: identities.slice(0, recipients).map(({ recipient }) => recipient),
    identities: async () => await Promise.resolve(identities),
  };
  const objects = new CryptObjects(new FolderObjects(folder), keys);
  return new ObjectStore(folder, async () => await Promise.resolve(objects), folder);
}

/** Writes what makes a snapshot of what lies there, as a run does: it has looked at the folder before. */
async function finish(store: Store, day: string, files: readonly string[]): Promise<void> {
  await store.list(`s/${day}`);
  const text = [...files, 'info.json'].map((file) => `${'0'.repeat(64)}  ${file}\n`).join('');
  await store.put(`s/${day}/SHA256SUMS`, Buffer.from(text));
  await store.put(`s/${day}/info.json`, Buffer.from(`{"of":"${day}"}`));
}

/** That SHA256SUMS for all to see is of these files, as they are stored. */
function expectSums(day: string, files: readonly string[]): void {
  const sums = parseSums(readFileSync(join(folder, 's', day, 'SHA256SUMS'), 'utf8'), 'SHA256SUMS');
  expect([...sums.keys()]).toEqual([...files, 'SHA256SUMS', 'info.json'].map((file) => `${file}.age`));
  for (const [file, sum] of sums) {
    const bytes = readFileSync(join(folder, 's', day, file));
    expect(createHash('sha256').update(bytes).digest('hex'), file).toBe(sum);
  }
  expect(recipientsOf(readFileSync(join(folder, 's', day, 'info.json')))).toHaveLength(1);
}

it('has check sums of what is stored, also when all of it is written once more', async () => {
  const store = open();
  await store.put(`s/${FIRST}/a`, Buffer.from('content'));
  await finish(store, FIRST, ['a']);
  expectSums(FIRST, ['a']);
  await finish(store, FIRST, ['a']);
  expectSums(FIRST, ['a']);
  expect(String(await store.read(`s/${FIRST}/info.json`))).toBe(`{"of":"${FIRST}"}`);
});

it('has check sums of what another one stands for by now', async () => {
  const writing = open();
  for (const day of [FIRST, SECOND]) {
    await writing.put(`s/${day}/a`, Buffer.from('content'));
    await finish(writing, day, ['a']);
  }
  // As a mending does it: of the same content, and encrypted otherwise.
  const store = open();
  await store.remove(`s/${FIRST}/a`);
  expect(await store.link(`s/${SECOND}/a`, `s/${FIRST}/a`)).toBe(true);
  await finish(store, FIRST, ['a']);
  expectSums(FIRST, ['a']);
});

it('has check sums where a file is called like a snapshot', async () => {
  const writing = open();
  await writing.put(`s/${FIRST}/a`, Buffer.from('content'));
  writeFileSync(join(folder, 's', SECOND), 'of somebody else');
  await finish(open(), FIRST, ['a']);
  expectSums(FIRST, ['a']);
});

it('gives what lies there in the clear no other name', async () => {
  await new FolderObjects(folder).put('s/clear', Buffer.from('clear'));
  const store = open();
  await store.list('s');
  expect(await store.link('s/clear', 's/other')).toBe(false);
  expect((await store.list('s')).map(({ name }) => name)).toEqual(['clear']);
});

it('is read in parts also where it is for many', async () => {
  await open(identities.length).put('s/large', Buffer.from('the content of a file for many'));
  const [item] = await open().list('s');
  expect(item).toMatchObject({ name: 'large', sizeBytes: 30 });
  expect(String(await open().readRange('s/large', 4, 7))).toBe('content');
});
