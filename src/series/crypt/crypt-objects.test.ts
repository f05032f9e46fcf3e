import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { newIdentity } from '../../format/age/keys.ts';
import { testStore } from '../../store/contract.lab.ts';
import { FolderObjects } from '../../store/local/folder-objects.ts';
import { MemoryObjects } from '../../store/memory-objects.lab.ts';
import { ObjectStore } from '../../store/object-store.ts';
import type { Objects } from '../../store/objects.ts';
import type { Store } from '../../store/store.ts';
import { CryptObjects } from './crypt-objects.ts';
import type { Keys } from './keys.ts';

const { identity } = newIdentity();
const keys: Keys = {
  recipients: [identity.recipient],
  identities: async () => await Promise.resolve([identity]),
};

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'snapshot-crypt-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

function encrypted(objects: Objects): Store {
  const store = new ObjectStore(
    objects.label,
    async () => await Promise.resolve(new CryptObjects(objects, keys)),
  );
  onTestFinished(async () => await store.close());
  return store;
}

testStore('folder, encrypted', async () => await Promise.resolve(encrypted(new FolderObjects(folder()))));
testStore('place far away, encrypted', async () => await Promise.resolve(encrypted(new MemoryObjects())));
