// What a drill needs on this machine: the archives of a snapshot that lie somewhere else, or are encrypted.
import { mkdir, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DamagedError } from '../../base/errors.ts';
import { decryptWithAge, hasAge } from '../../host/age.ts';
import { identityFile } from '../../series/crypt/identities.ts';
import type { Series, Snapshot } from '../../series/series.ts';
import { openStore } from '../../store/open-store.ts';
import type { ReadStore } from '../../store/store.ts';

const READ_BYTES = 8 * 1024 * 1024;

/**
 * Brings the archives of `snapshot` into the folder `room`, as they lie in a series. Encrypted ones are decrypted by `age`, as one
 * without this program would; where there is none, by this program.
 *
 * @returns The folder of the snapshot there.
 */
export async function fetchFiles(
  series: Series,
  { name, info }: Snapshot,
  room: string,
  signal: AbortSignal,
  note: (message: string) => void,
): Promise<string> {
  const here = join(room, 'series');
  const isEncrypted = info.recipients !== undefined;
  const isByAge = isEncrypted && hasAge();
  if (isEncrypted && !isByAge) note('this machine has no `age`: the drill decrypts with this program');
  // As it is stored.
  const store = isByAge ? openStore(series.store.label) : series.store;
  const suffix = isByAge ? '.age' : '';
  try {
    for (const file of info.archives) {
      const key = series.keyOf(name, file);
      const path = join(here, key.slice(series.name.length + 1));
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await fetchOne(store, key + suffix, path + suffix, signal);
      if (!isByAge) continue;
      const why = await decryptWithAge(identityFile(), path + suffix, path, signal);
      if (why !== undefined)
        throw new DamagedError(series.placeOf(name, file), `cannot be decrypted by \`age\`: ${why}`);
      await rm(path + suffix);
    }
  } finally {
    if (isByAge) await store.close();
  }
  return join(here, name);
}

async function fetchOne(store: ReadStore, key: string, path: string, signal: AbortSignal): Promise<void> {
  const item = (await store.list(dirname(key))).find(({ name }) => key.endsWith(`/${name}`));
  if (item === undefined) throw new DamagedError(key, 'is missing');
  const file = await open(path, 'wx', 0o600);
  try {
    for (let at = 0; at < item.sizeBytes; at += READ_BYTES)
      await file.appendFile(
        await store.readRange(key, at, Math.min(READ_BYTES, item.sizeBytes - at), signal),
      );
  } finally {
    await file.close();
  }
}
