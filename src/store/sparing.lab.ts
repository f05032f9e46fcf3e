// For tests: places far away as the program opens them, with what this machine remembers of them.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AddressKind } from '../base/address.ts';
import { ObjectStore } from './object-store.ts';
import type { Objects } from './objects.ts';
import { sparing } from './open-store.ts';

/** The state folder of a machine that knows nothing. */
export function stateFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'snapshot-remembered-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

/** @returns What opens the store, each time as another run on one machine does. */
export function sparingStore(
  kind: AddressKind,
  address: string,
  open: () => Promise<Objects>,
): () => ObjectStore {
  const folder = stateFolder();
  return () => new ObjectStore(address, async () => sparing(kind, await open(), folder));
}
